import * as z from 'zod';
import { annotations, cidr, ipv4, labels, nodePort, port, rule } from '../rules';

/** How a Service is reached. */
const serviceShape = z
  .strictObject({
    port: port().optional().describe('Port of the Service.\n\n@default - as the section says'),
    type: rule(
      z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
      'one of ClusterIP, NodePort, LoadBalancer',
      'Clients outside of Kubernetes need LoadBalancer or NodePort. An Ingress is none of these.',
    )
      .default('ClusterIP')
      .describe(
        'Type of the Service, as in Kubernetes: ClusterIP is for clients inside the cluster, LoadBalancer and NodePort also for those outside.',
      ),
    nodePort: nodePort()
      .optional()
      .describe('Port on the nodes, with NodePort or LoadBalancer.\n\n@default - chosen by Kubernetes'),
    clusterIP: ipv4()
      .optional()
      .describe('Fixed address inside the cluster.\n\n@default - chosen by Kubernetes'),
    loadBalancerIP: ipv4()
      .optional()
      .describe('Address asked from the load balancer.\n\n@default - chosen by it'),
    loadBalancerSourceRanges: z
      .array(cidr())
      .default([])
      .describe('Addresses that may use the load balancer.\n\n@default - all that reach it'),
    externalIPs: z.array(ipv4()).default([]).describe('Additional addresses that reach the Service.'),
    annotations: annotations().default({}).describe('Annotations of this Service.'),
    labels: labels().default({}).describe('Additional labels of this Service.'),
  })
  .meta({ id: 'Service', description: 'How a Service is reached.' });

/** @param fallback its port, where none is given */
export const service = (what: string, fallback: number) =>
  serviceShape
    .prefault({})
    .transform((given) => ({ ...given, port: given.port ?? fallback }))
    .describe(`${what}\n\n@default - port ${fallback}, of type ClusterIP`);
