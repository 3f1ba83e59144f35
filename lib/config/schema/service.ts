import * as z from 'zod';
import { annotations, cidr, ipv4, labels, nodePort, port, rule } from '../rules';

/** How a Service is reached. */
const serviceShape = z
  .strictObject({
    port: port()
      .optional()
      .describe('Port on which the Service is reached.\n\n@default - as the section says'),
    type: rule(
      z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
      'one of ClusterIP, NodePort, LoadBalancer',
      'Clients outside of Kubernetes need LoadBalancer or NodePort. An Ingress is none of these.',
    )
      .default('ClusterIP')
      .describe(
        'Type of the Service. ClusterIP is for clients inside Kubernetes, LoadBalancer and NodePort also for clients outside.',
      ),
    nodePort: nodePort()
      .optional()
      .describe('Port on the nodes, with NodePort or LoadBalancer.\n\n@default - chosen by Kubernetes'),
    clusterIP: ipv4()
      .optional()
      .describe('Fixed address inside the cluster.\n\n@default - chosen by Kubernetes'),
    loadBalancerIP: ipv4()
      .optional()
      .describe('Address to request for the load balancer.\n\n@default - chosen by the load balancer'),
    loadBalancerSourceRanges: z
      .array(cidr())
      .default([])
      .describe(
        'Ranges of addresses that may use the load balancer, such as 192.0.2.0/24.\n\n@default - all addresses',
      ),
    externalIPs: z
      .array(ipv4())
      .default([])
      .describe('Additional addresses on which the nodes accept traffic for the Service.'),
    annotations: annotations()
      .default({})
      .describe('Additional annotations of this Service, such as those for a load balancer.'),
    labels: labels().default({}).describe('Additional labels of this Service.'),
  })
  .meta({ id: 'Service', description: 'How a Service is reached.' });

/** @param fallback its port, where none is given */
export const service = (what: string, fallback: number) =>
  serviceShape
    .prefault({})
    .transform((given) => ({ ...given, port: given.port ?? fallback }))
    .describe(`${what}\n\n@default - port ${fallback}, of type ClusterIP`);
