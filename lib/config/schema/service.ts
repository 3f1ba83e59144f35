import { z } from 'zod';
import { annotations, cidr, ipv4, labels, port, rule } from '../rules';

/** How a Service is reached. */
export const exposure = (mind: string) => ({
  type: z
    .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
    .default('ClusterIP')
    .describe(`Type of the Service. ${mind}`),
  nodePort: rule(z.int().min(1).max(65535), 'a port number, usually from 30000 to 32767')
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
});

export const service = z
  .strictObject({
    port: port().default(19530).describe('Port that clients connect to.'),
    ...exposure('Milvus 1.1.1 knows no passwords.'),
  })
  .prefault({})
  .describe(
    'The Service `<name>` that clients connect to. Who reaches it can read every credential (`get_config`): keep it inside.',
  );
