import { z } from 'zod';
import { cidr, flag, labels, port, rule } from '../rules';

/** Who may talk to whom. */

const rawMapping = () => z.record(z.string(), z.unknown());

const labelSelector = z
  .strictObject({
    matchLabels: labels().optional().describe('Labels that all have to be there.\n\n@default - none'),
    matchExpressions: z
      .array(rawMapping())
      .optional()
      .describe('Requirements on labels, as in a NetworkPolicy.\n\n@default - none'),
  })
  .meta({ id: 'LabelSelector', description: 'A label selector; an empty one selects everything.' });

const peer = z
  .strictObject({
    podSelector: labelSelector
      .optional()
      .describe(
        'Pods, in the namespaces of namespaceSelector; without it in that of the cluster.\n\n@default - none',
      ),
    namespaceSelector: labelSelector.optional().describe('Namespaces.\n\n@default - none'),
    ipBlock: z
      .strictObject({
        cidr: cidr().describe('Range of addresses.'),
        except: z.array(cidr()).optional().describe('Ranges within it that are left out.\n\n@default - none'),
      })
      .optional()
      .describe('Addresses outside Kubernetes.\n\n@default - none'),
  })
  .meta({ id: 'NetworkPolicyPeer', description: 'One end of a connection, as in a NetworkPolicy.' });

const peers = (what: string, defaults: string) =>
  z.array(peer).optional().describe(`${what}\n\n@default - ${defaults}`);

const destinationShape = z
  .strictObject({
    peers: peers('Who it is.', 'as the section says'),
    ports: z
      .array(port())
      .min(1)
      .optional()
      .describe(
        'Ports of the pods or hosts there; behind a Service those of its pods.\n\n@default - as the section says',
      ),
  })
  .meta({ id: 'Destination', description: 'What the pods of the cluster connect to.' });

const destination = (what: string, peersFrom: string, portsFrom: string) =>
  destinationShape.prefault({}).describe(`${what}.\n\n@default - peers: ${peersFrom}; ports: ${portsFrom}`);

const extraRules = (direction: string, end: string) =>
  z
    .array(rule(z.looseObject({}), `a rule of a NetworkPolicy: ${end} and ports`))
    .default([])
    .describe(`Additional ${direction} rules of all pods of the cluster, as in a NetworkPolicy.`);

const FROM_ADDRESS =
  'an IPv4 address itself; for the name of a Service its namespace; for any other name every address';

export const networkPolicy = z
  .strictObject({
    enabled: flag()
      .default(true)
      .describe(
        'Deny everything to and from the pods of the cluster, then allow what it needs. Takes a network plugin that enforces NetworkPolicies.',
      ),
    clients: z
      .strictObject({
        peers: peers(
          'Who may connect to Milvus.',
          'the pods of the same namespace; with a Service of type NodePort or LoadBalancer, or externalIPs, every address as well',
        ),
      })
      .prefault({})
      .describe('Who may connect to Milvus: whoever does can read its credentials.'),
    s3: destination('The S3 storage', FROM_ADDRESS, 's3.port; for a Service in another namespace all'),
    mysql: destination(
      'The external MySQL',
      FROM_ADDRESS,
      'externalMysql.port; for a Service in another namespace all',
    ),
    prometheus: z
      .strictObject({
        peers: peers(
          'Prometheus.',
          'pods with the label app.kubernetes.io/name: prometheus, in any namespace',
        ),
      })
      .prefault({})
      .describe('Who may scrape the push gateways and the MySQL exporter, where there are any.'),
    apiServer: destination('The API server', 'every address, since it is no pod', '443 and 6443').describe(
      'The API server, for mishards.discovery kubernetes.',
    ),
    dns: destination(
      'The DNS server',
      'pods with the label k8s-app: kube-dns in any namespace, and the node-local cache at 169.254.20.10',
      '53',
    ),
    extraIngress: extraRules('ingress', 'from'),
    extraEgress: extraRules('egress', 'to'),
  })
  .prefault({})
  .describe('NetworkPolicies of the cluster.');
