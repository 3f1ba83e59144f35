import { type Cause, oneLine } from './causes';

/** What words mean; the first that fit. */
export type Meanings<T> = readonly (readonly [RegExp, T])[];

export const meaningOf = <T>(table: Meanings<T>, text: string): T | undefined =>
  table.find(([words]) => words.test(text))?.[1];

/**
 * Words of Kubernetes 1.22 to 1.34, of container runtimes and of registries, each with what mends it. KUBECTL stands for how commands begin.
 */
type Cures = Meanings<string>;

const ADD_A_NODE = 'or add a node';
const PULL_SECRET = 'name a Secret for the registry in podTemplate.spec.imagePullSecrets';
const AMD64 = 'it is for another architecture than the node: mirror it for linux/amd64';

/**
 * The cure that a table has for a message.
 * @param kubectl how commands begin that are to be pasted
 */
export const cureFor = (table: Cures, message: string, kubectl: string): string | undefined =>
  meaningOf(table, message)?.replace('KUBECTL', kubectl);

/** What to do where the API server takes no pod. */
export const refusalCure = (message: string, kubectl: string): string =>
  cureFor(REFUSALS, message, kubectl) ?? 'change the field in the message, or what the namespace enforces';

/** What the API server said when it took no pods of a workload or a Job. */
export const refused = (object: string, message: string, kubectl: string): Cause => ({
  kind: /(exceeded|failed) quota/.test(message) ? 'the-quota-is-used-up' : 'the-pods-are-refused',
  object,
  what: `no pods of ${object.slice(object.indexOf('/') + 1)}: ${oneLine(message)}`,
  cure: refusalCure(message, kubectl),
});

const REFUSALS: Cures = [
  [/exceeded quota/, 'raise the ResourceQuota, or choose smaller resources'],
  [
    /failed quota/,
    'set in resources what the message names, or give the namespace a LimitRange with defaults',
  ],
  [
    /fail(?:ed|ing)? (?:to call|calling) webhook/,
    'what answers it has to run: KUBECTL get validatingwebhookconfigurations,mutatingwebhookconfigurations',
  ],
  [
    /(?:min|max)imum \S+ usage per|limit to request ratio per/,
    'choose resources that its LimitRange allows: KUBECTL get limitrange -o yaml',
  ],
  [/serviceaccount ".*" not found/, 'create the ServiceAccount, or take it out of podTemplate'],
  [/no PriorityClass with name/, 'create the PriorityClass, or take it out of podTemplate'],
  [/RuntimeClass ".*" not found/, 'create the RuntimeClass, or take it out of podTemplate'],
];

/** Why the scheduler finds no node, where it is not for want of room. */
export const PLACES: Cures = [
  [/node\.kubernetes\.io\/(?:disk|memory|pid)-pressure/, `make room on the node, ${ADD_A_NODE}`],
  [/node\.kubernetes\.io\/(?:not-ready|unreachable|network-unavailable)/, `repair the node, ${ADD_A_NODE}`],
  [
    /were unschedulable|node\.kubernetes\.io\/unschedulable/,
    `uncordon the node (KUBECTL get nodes), ${ADD_A_NODE}`,
  ],
  [
    /volume node affinity conflict|PersistentVolume's node affinity|no available volume zone/,
    'make room where its volume is: KUBECTL get pv -o yaml',
  ],
  [/max volume count/, 'add a node'],
  [/anti-affinity/, `lower replicas, ${ADD_A_NODE}`],
  [/topology spread/, `change podTemplate.spec.topologySpreadConstraints, ${ADD_A_NODE}`],
  [
    /node affinity|node selector/,
    `it wants amd64 and what podTemplate.spec.nodeSelector and affinity say: KUBECTL get nodes --show-labels`,
  ],
  [/taint/, 'tolerate the taint in podTemplate.spec.tolerations, or take it from a node'],
  [/free ports/, 'add a node'],
];

/** Why an image does not come. */
export const IMAGES: Cures = [
  [/ErrImageNeverPull|pull policy of Never/, 'load the image on the node, or change imagePullPolicy'],
  [/no match for platform|no matching manifest for|exec format error/, AMD64],
  [/no space left/, 'make room on the disk of the node'],
  [/toomanyrequests|\b429\b|rate limit/i, `mirror it, or log in: ${PULL_SECRET}`],
  [/x509|certificate/, 'let the nodes trust the CA of the registry, or mirror it'],
  [
    /no such host|timeout|timed out|deadline exceeded|connection re(?:fused|set)|no route|unreachable|EOF/i,
    'let the nodes reach the registry, or mirror it',
  ],
  [/unauthorized|\b40[13]\b|denied|authoriz|authentication/i, `${PULL_SECRET}, or correct the image`],
  [/not found|unknown/i, 'correct the image, or mirror it'],
  [/couldn't parse|invalid reference/i, 'correct the image'],
];

/** Why a container does not begin. */
export const STARTS: Cures = [
  [/exec format error/, AMD64],
  [
    /runAsNonRoot|non-numeric user/,
    'set runAsUser in the securityContext of podTemplate to a number other than 0',
  ],
  [/no space left/, 'make room on the disk of the node'],
  [
    /no runtime for|RuntimeHandler|runtime handler/,
    'the node has no such runtimeClassName: choose another, or other nodes',
  ],
];
