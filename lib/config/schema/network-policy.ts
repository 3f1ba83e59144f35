import * as z from 'zod';
import { cidr, flag, labelKey, labels, labelText, port, rule } from '../rules';

/** Who may talk to whom. */

/** A requirement of a selector, as the API server takes it. */
const requirement = rule(
  z
    .strictObject({
      key: labelKey().describe('Key of the label.'),
      operator: z
        .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
        .describe('How the label is compared with the values.'),
      values: z
        .array(labelText())
        .optional()
        .describe('Values, with In and NotIn.\n\n@default - none, with Exists and DoesNotExist'),
    })
    .refine(({ operator, values = [] }) => /In$/.test(operator) === values.length > 0),
  'a key, an operator, and values with In and NotIn alone',
).meta({ id: 'LabelSelectorRequirement', description: 'A requirement on a label.' });

const labelSelector = z
  .strictObject({
    matchLabels: labels().optional().describe('Labels that must all match.\n\n@default - none'),
    matchExpressions: z
      .array(requirement)
      .optional()
      .describe('Requirements on labels, as in a NetworkPolicy.\n\n@default - none'),
  })
  .meta({ id: 'LabelSelector', description: 'A label selector; an empty one selects everything.' });

const peer = z
  .strictObject({
    podSelector: labelSelector
      .optional()
      .describe(
        'Which pods. They are in the namespaces of namespaceSelector, or without it in the namespace of the cluster.\n\n@default - none',
      ),
    namespaceSelector: labelSelector
      .optional()
      .describe('Which namespaces. Without podSelector, all of their pods.\n\n@default - none'),
    ipBlock: z
      .strictObject({
        cidr: cidr().describe('Range of addresses, such as 192.0.2.0/24.'),
        except: z
          .array(cidr())
          .optional()
          .describe('Ranges within cidr that are left out.\n\n@default - none'),
      })
      .optional()
      .describe('Addresses outside Kubernetes.\n\n@default - none'),
  })
  .meta({ id: 'NetworkPolicyPeer', description: 'One end of a connection, as in a NetworkPolicy.' });

const peers = (what: string, defaults: string) =>
  z.array(peer).optional().describe(`${what}\n\n@default - ${defaults}`);

const destinationShape = z
  .strictObject({
    peers: peers('The pods, namespaces or addresses.', 'as the section says'),
    ports: z
      .array(port())
      .min(1)
      .optional()
      .describe('The ports. For a Service, those of its pods.\n\n@default - as the section says'),
  })
  .meta({ id: 'Destination', description: 'A destination that the pods of the cluster connect to.' });

const destination = (what: string, peersFrom: string, portsFrom: string) =>
  destinationShape.prefault({}).describe(`${what}.\n\n@default - peers: ${peersFrom}; ports: ${portsFrom}`);

/** As of Kubernetes 1.25; a port has a number, or the name that a container gives it. */
const policyPort = rule(
  z
    .strictObject({
      port: rule(
        z.union([port(), z.string().regex(/^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/)]),
        'a port number from 1 to 65535, or the name of a port, of at most 15 lower-case letters, digits and hyphens',
      )
        .optional()
        .describe('Number of the port, or its name in the pods.\n\n@default - all'),
      endPort: port().optional().describe('Last port of a range that begins with port.\n\n@default - none'),
      protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional().describe('Protocol of the port.\n\n@default - TCP'),
    })
    .refine(
      (given) =>
        given.endPort === undefined || (typeof given.port === 'number' && given.endPort >= given.port),
    ),
  'a port of a NetworkPolicy: its number from 1 to 65535 or its name, with a number an endPort that is not smaller, and a protocol',
).meta({ id: 'NetworkPolicyPort', description: 'A port, as in a NetworkPolicy.' });

const extraRules = <End extends 'from' | 'to'>(direction: string, end: End) =>
  z
    .array(
      rule(
        z.strictObject({
          [end]: z
            .array(peer)
            .optional()
            .describe('The pods, namespaces or addresses at the other end.\n\n@default - all'),
          ports: z
            .array(policyPort)
            .optional()
            .describe('Ports to which the rule is limited.\n\n@default - all'),
        } as { [K in End]: z.ZodOptional<z.ZodArray<typeof peer>> } & {
          ports: z.ZodOptional<z.ZodArray<typeof policyPort>>;
        }),
        `a rule of a NetworkPolicy: ${end} and ports`,
      ),
    )
    .default([])
    .describe(`Additional ${direction} rules of all pods of the cluster, as in a NetworkPolicy.`);

const FROM_ADDRESS =
  'an IPv4 address itself, the namespace of a Service for its name, otherwise every address';

export const networkPolicy = z
  .strictObject({
    enabled: flag()
      .default(true)
      .describe(
        'Deny all connections to and from the pods of the cluster, except those that it needs. Your network plugin must enforce NetworkPolicies.',
      ),
    clients: z
      .strictObject({
        peers: peers(
          'Who may connect to Milvus.',
          'the pods of the same namespace; with a Service of type NodePort or LoadBalancer, or externalIPs, every address as well',
        ),
      })
      .prefault({})
      .describe('Who may connect to Milvus. Milvus 1.1.1 has no logins, so this is the only access control.'),
    s3: destination('The S3 storage', FROM_ADDRESS, 's3.port, or all for a Service in another namespace'),
    mysql: destination(
      'The external MySQL',
      FROM_ADDRESS,
      'externalMysql.port, or all for a Service in another namespace',
    ),
    prometheus: z
      .strictObject({
        peers: peers(
          'Prometheus.',
          'pods with the label app.kubernetes.io/name: prometheus, in any namespace',
        ),
      })
      .prefault({})
      .describe('Who may scrape the push gateways and the MySQL exporter, if there are any.'),
    apiServer: destination('The API server', 'every address, since it is not a pod', '443 and 6443').describe(
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
  .describe('Who may connect to the pods of the cluster, and what they may connect to.');
