// What an API server (1.22 to 1.32) or the kubelet rejects, or warns about, although the schema allows it.
import { BlockList, isIP } from 'node:net';
import {
  at,
  duplicates,
  type Fields,
  fields,
  groupOf,
  idOf,
  isBuiltIn,
  items,
  type Manifest,
  namespaceOf,
  podTemplates,
  records,
  selects,
  text,
} from './manifests';
import {
  isConfigKey,
  isLabel,
  isLabelValue,
  isPathSegment,
  isPort,
  isPortName,
  isQualifiedName,
  isServiceName,
  isSubdomain,
} from './names';
import { podProblems } from './pod-rules';
import { nanosOf } from './quantity';

export const apiServerProblems = (manifests: readonly Manifest[]): string[] => [
  ...duplicates(
    manifests.map((one) => `${groupOf(one)}/${one.kind} ${namespaceOf(one)}/${one.metadata.name}`),
  ).map((name) => `${name}: defined more than once`),
  ...manifests.flatMap((one) => [...objectProblems(one)].map((problem) => `${idOf(one)}: ${problem}`)),
  ...podTemplates(manifests).flatMap(({ owner, metadata, spec }) =>
    [...metadataProblems(metadata), ...podProblems(spec, fields(metadata['labels']), claimNames(owner))].map(
      (problem) => `${idOf(owner)}: ${problem}`,
    ),
  ),
  ...selectorOverlaps(manifests),
];

type Problems = Generator<string>;

const claimNames = (owner: Manifest): string[] =>
  records(at(owner, 'spec', 'volumeClaimTemplates')).map((claim) => text(at(claim, 'metadata', 'name')));

function* objectProblems(manifest: Manifest): Problems {
  const { apiVersion, kind, metadata } = manifest;
  const [fits, rule] = nameRules[kind] ?? [isSubdomain, 'a DNS subdomain'];
  if (!fits(metadata.name)) yield `metadata.name is not ${rule}`;
  if (metadata['namespace'] !== undefined && !isLabel(namespaceOf(manifest)))
    yield 'metadata.namespace is not a DNS label';
  if (metadata['generateName'] !== undefined) yield 'kubectl apply cannot use generateName';
  if (isBuiltIn(manifest) && /\/v\d+(alpha|beta)/.test(`/${apiVersion}`))
    yield `${apiVersion} is deprecated or off by default`;
  yield* metadataProblems(metadata);
  // kubectl apply keeps the whole object in an annotation of its own.
  const annotations = JSON.stringify(metadata['annotations'] ?? {});
  if (Buffer.byteLength(JSON.stringify(manifest)) + Buffer.byteLength(annotations) > 256 * 1024) {
    yield 'too big for kubectl apply: the last-applied annotation ends at 256 KiB';
  }
  if (isBuiltIn(manifest)) yield* kindRules[kind]?.(fields(manifest['spec']), manifest) ?? [];
}

type NameRule = readonly [(name: string) => boolean, string];
const podOwner: NameRule = [isLabel, 'a DNS label (it becomes part of pod names)'];
const shortPodOwner: NameRule = [
  (name) => isLabel(name) && name.length <= 52,
  'a DNS label of at most 52 characters',
];
const rbac: NameRule = [isPathSegment, 'a path segment'];
const nameRules: Readonly<Record<string, NameRule>> = {
  ClusterRole: rbac,
  ClusterRoleBinding: rbac,
  CronJob: shortPodOwner,
  DaemonSet: podOwner,
  Deployment: podOwner,
  Job: podOwner,
  Namespace: [isLabel, 'a DNS label'],
  Role: rbac,
  RoleBinding: rbac,
  Service: [isServiceName, 'a DNS label that starts with a letter'],
  // The pods' label controller-revision-hash is the name and a hash of ten characters.
  StatefulSet: shortPodOwner,
};

const deprecatedAnnotations =
  /^(seccomp\.security\.alpha|container\.seccomp\.security\.alpha|container\.apparmor\.security\.beta|scheduler\.alpha|security\.alpha|volume\.beta|volume\.alpha)\.kubernetes\.io\/|^kubernetes\.io\/ingress\.class$|tolerate-unready-endpoints$|topology-aware-hints$/;

function* metadataProblems(metadata: Fields): Problems {
  yield* labelProblems('metadata.labels', metadata['labels']);
  for (const [key, value] of Object.entries(fields(metadata['annotations']))) {
    if (!isQualifiedName(key.toLowerCase())) yield `annotation ${key} is not a qualified name`;
    if (deprecatedAnnotations.test(key)) yield `annotation ${key} is deprecated`;
    if (typeof value !== 'string') yield `annotation ${key} is not text`;
  }
}

function* labelProblems(where: string, labels: unknown): Problems {
  for (const [key, value] of Object.entries(fields(labels))) {
    if (!isQualifiedName(key)) yield `${where}: ${key} is not a qualified name`;
    if (typeof value !== 'string' || !isLabelValue(value))
      yield `${where}: ${key} has the invalid value ${JSON.stringify(value)}`;
  }
}

function* selectorProblems(where: string, selector: unknown): Problems {
  yield* labelProblems(`${where}.matchLabels`, at(selector, 'matchLabels'));
  for (const expression of records(at(selector, 'matchExpressions'))) {
    const takesValues = ['In', 'NotIn'].includes(text(expression['operator']));
    if (!takesValues && !['Exists', 'DoesNotExist'].includes(text(expression['operator']))) {
      yield `${where}: unknown operator ${expression['operator']}`;
    }
    if (takesValues !== items(expression['values']).length > 0)
      yield `${where}: values do not go with ${expression['operator']}`;
  }
}

// --- kinds ----------------------------------------------------------------------------------------------------

const kindRules: Readonly<Record<string, (spec: Fields, manifest: Manifest) => Problems>> = {
  *ConfigMap(_spec, manifest) {
    yield* dataProblems(manifest, ['data', 'binaryData']);
  },
  *Secret(_spec, manifest) {
    yield* dataProblems(manifest, ['data', 'stringData']);
    for (const [key, value] of Object.entries(fields(manifest['data']))) {
      const base64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
      if (!base64.test(text(value))) yield `data.${key} is not base64`;
    }
  },
  *Service(spec) {
    yield* labelProblems('spec.selector', spec['selector']);
    const ports = records(spec['ports']);
    const headless = spec['clusterIP'] === 'None';
    const type = text(spec['type'] ?? 'ClusterIP');
    if (!['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'].includes(type))
      yield `spec.type ${type} is unknown`;
    if (headless && type !== 'ClusterIP') yield `a headless Service cannot be a ${type}`;
    if (ports.length === 0 && !headless && type !== 'ExternalName') yield 'spec.ports is empty';
    if (type === 'ExternalName' && !isSubdomain(text(spec['externalName'])))
      yield 'spec.externalName is not a DNS name';
    for (const port of ports) {
      const name = text(port['name']);
      if (ports.length > 1 && name === '') yield `port ${port['port']} needs a name beside others`;
      if (name !== '' && !isLabel(name)) yield `port name ${name} is not a DNS label`;
      if (!isPort(port['port'])) yield `port ${port['port']} is out of range`;
      const target = port['targetPort'] ?? port['port'];
      if (typeof target === 'string' ? !isPortName(target) : !isPort(target))
        yield `targetPort ${target} is invalid`;
      if (headless && target !== port['port'] && typeof target === 'number') {
        yield `targetPort ${target} of a headless Service is never used: clients reach port ${target}, not ${port['port']}`;
      }
      const node = port['nodePort'];
      if (node !== undefined && type === 'ClusterIP')
        yield `nodePort ${node} does not go with a ClusterIP Service`;
      if (node !== undefined && !(Number(node) >= 30000 && Number(node) <= 32767))
        yield `nodePort ${node} is out of range`;
    }
    for (const name of duplicates(ports.map((port) => text(port['name'])).filter(Boolean)))
      yield `port name ${name} is used twice`;
    for (const port of duplicates(ports.map(portAndProtocol))) yield `port ${port} is used twice`;
  },
  *Deployment(spec) {
    yield* workloadProblems(spec, ['Always']);
    const strategy = fields(spec['strategy']);
    const rolling = fields(strategy['rollingUpdate']);
    if (strategy['type'] === 'Recreate' && strategy['rollingUpdate'] !== undefined)
      yield 'strategy Recreate has rollingUpdate';
    if ([rolling['maxSurge'], rolling['maxUnavailable']].every((share) => share === 0 || share === '0%')) {
      yield 'maxSurge and maxUnavailable are both 0';
    }
    if (Number(spec['progressDeadlineSeconds'] ?? 600) <= Number(spec['minReadySeconds'] ?? 0)) {
      yield 'progressDeadlineSeconds must exceed minReadySeconds';
    }
  },
  *DaemonSet(spec) {
    yield* workloadProblems(spec, ['Always']);
  },
  *StatefulSet(spec) {
    yield* workloadProblems(spec, ['Always']);
    if (!isServiceName(text(spec['serviceName']))) yield 'spec.serviceName is not the name of a Service';
    const names = records(spec['volumeClaimTemplates']).map((claim) => text(at(claim, 'metadata', 'name')));
    for (const name of duplicates(names)) yield `volumeClaimTemplate ${name} is defined twice`;
    for (const claim of records(spec['volumeClaimTemplates'])) yield* claimProblems(fields(claim['spec']));
    const policy = fields(spec['persistentVolumeClaimRetentionPolicy']);
    for (const when of Object.values(policy)) {
      if (!['Retain', 'Delete'].includes(text(when)))
        yield `persistentVolumeClaimRetentionPolicy: unknown ${when}`;
    }
  },
  *Job(spec) {
    yield* jobProblems(spec);
  },
  *CronJob(spec) {
    yield* jobProblems(fields(at(spec, 'jobTemplate', 'spec')));
    const schedule = text(spec['schedule']);
    if (/TZ=/.test(schedule)) yield 'spec.schedule has a time zone: use spec.timeZone';
    else if (
      !/^@(hourly|daily|midnight|weekly|monthly|yearly|annually|every \S+)$/.test(schedule) &&
      !/^([\d*/,A-Za-z?-]+( |$)){5}$/.test(schedule)
    ) {
      yield `spec.schedule ${schedule} is not a cron line`;
    }
    if (!['Allow', 'Forbid', 'Replace'].includes(text(spec['concurrencyPolicy'] ?? 'Allow')))
      yield 'spec.concurrencyPolicy is unknown';
  },
  *PersistentVolumeClaim(spec) {
    yield* claimProblems(spec);
  },
  *PodDisruptionBudget(spec) {
    yield* selectorProblems('spec.selector', spec['selector']);
    if ((spec['minAvailable'] === undefined) === (spec['maxUnavailable'] === undefined)) {
      yield 'needs one of minAvailable and maxUnavailable';
    }
  },
  *HorizontalPodAutoscaler(spec) {
    if (Number(spec['minReplicas'] ?? 1) > Number(spec['maxReplicas']))
      yield 'minReplicas exceeds maxReplicas';
    if (Number(spec['minReplicas'] ?? 1) < 1) yield 'minReplicas is below 1';
  },
  *NetworkPolicy(spec) {
    yield* selectorProblems('spec.podSelector', spec['podSelector']);
    for (const type of items(spec['policyTypes'])) {
      if (!['Ingress', 'Egress'].includes(text(type))) yield `policyTypes: unknown ${type}`;
    }
    for (const direction of ['ingress', 'egress'] as const) {
      const listed = items(spec['policyTypes']).map((type) => text(type).toLowerCase());
      if (spec[direction] !== undefined && listed.length > 0 && !listed.includes(direction)) {
        yield `${direction} rules without the policy type count for nothing`;
      }
      for (const rule of records(spec[direction])) {
        yield* policyPortProblems(rule);
        for (const peer of records(rule[direction === 'ingress' ? 'from' : 'to'])) yield* peerProblems(peer);
      }
    }
  },
};

const portAndProtocol = (port: Fields): string => `${port['port']}/${port['protocol'] ?? 'TCP'}`;

function* dataProblems(manifest: Manifest, parts: readonly string[]): Problems {
  const entries = parts.flatMap((part) => Object.entries(fields(manifest[part])));
  for (const [key, value] of entries) {
    if (!isConfigKey(key)) yield `key ${key} is not a file name`;
    if (typeof value !== 'string') yield `${key} is not text`;
  }
  if (manifest.kind === 'ConfigMap') {
    for (const key of duplicates(entries.map(([key]) => key))) yield `${key} is in both data and binaryData`;
  }
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + text(value)), 0);
  if (size > 1024 * 1024) yield `holds ${size} bytes, more than 1 MiB`;
}

function* workloadProblems(spec: Fields, restartPolicies: readonly string[]): Problems {
  const labels = fields(at(spec, 'template', 'metadata', 'labels'));
  yield* selectorProblems('spec.selector', spec['selector']);
  if (Object.keys(fields(spec['selector'])).length === 0) yield 'spec.selector is empty';
  else if (!selects(spec['selector'], labels))
    yield 'spec.selector does not match the labels of the template';
  if (!restartPolicies.includes(text(at(spec, 'template', 'spec', 'restartPolicy') ?? 'Always'))) {
    yield `restartPolicy must be ${restartPolicies.join(' or ')}`;
  }
  if (Number(spec['replicas'] ?? 1) < 0) yield 'spec.replicas is negative';
}

function* jobProblems(spec: Fields): Problems {
  if (!['OnFailure', 'Never'].includes(text(at(spec, 'template', 'spec', 'restartPolicy')))) {
    yield 'restartPolicy must be OnFailure or Never';
  }
  if (spec['selector'] !== undefined) yield "spec.selector of a Job is the controller's own";
  for (const name of [
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'activeDeadlineSeconds',
    'parallelism',
    'completions',
  ]) {
    if (Number(spec[name] ?? 0) < 0) yield `${name} is negative`;
  }
}

const accessModes = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'];

function* claimProblems(spec: Fields): Problems {
  const modes = items(spec['accessModes']);
  if (modes.length === 0) yield 'a claim without accessModes';
  for (const mode of modes) if (!accessModes.includes(text(mode))) yield `unknown access mode ${mode}`;
  const storage = nanosOf(text(at(spec, 'resources', 'requests', 'storage')));
  if (storage === undefined || storage <= 0n) yield 'a claim without a storage request';
  else if (storage % 1_000_000_000n !== 0n) yield 'a claim of a fraction of a byte';
  const name = spec['storageClassName'];
  if (name !== undefined && name !== '' && !isSubdomain(text(name)))
    yield `storageClassName ${name} is not a DNS subdomain`;
}

function* policyPortProblems(rule: Fields): Problems {
  for (const { port, endPort, protocol } of records(rule['ports'])) {
    if (port !== undefined && (typeof port === 'string' ? !isPortName(port) : !isPort(port)))
      yield `policy port ${port} is invalid`;
    if (endPort !== undefined && (typeof port !== 'number' || !isPort(endPort) || Number(endPort) < port))
      yield `endPort ${endPort} is invalid`;
    if (!['TCP', 'UDP', 'SCTP'].includes(text(protocol ?? 'TCP'))) yield `unknown protocol ${protocol}`;
  }
}

function* peerProblems(peer: Fields): Problems {
  const { ipBlock, podSelector, namespaceSelector } = peer;
  if (ipBlock !== undefined && (podSelector ?? namespaceSelector) !== undefined)
    yield 'a peer with both ipBlock and a selector';
  if ((ipBlock ?? podSelector ?? namespaceSelector) === undefined) yield 'a peer without ipBlock or selector';
  yield* selectorProblems('peer', podSelector);
  yield* selectorProblems('peer', namespaceSelector);
  if (ipBlock === undefined) return;
  const outer = subnet(text(at(ipBlock, 'cidr')));
  if (!outer) yield `${at(ipBlock, 'cidr')} is not a CIDR`;
  for (const except of items(at(ipBlock, 'except'))) {
    const inner = subnet(text(except));
    const inside = outer && inner && inner.bits > outer.bits && outer.list.check(inner.address, inner.family);
    if (!inside) yield `except ${except} is not inside ${at(ipBlock, 'cidr')}`;
  }
}

function subnet(cidr: string) {
  const [address = '', prefix = ''] = cidr.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const bits = Number(prefix);
  if (isIP(address) === 0 || !/^\d+$/.test(prefix) || bits > (family === 'ipv6' ? 128 : 32)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, bits, family);
  return { address, bits, family, list } as const;
}

/** Two controllers whose selectors match each other's pods fight for them. */
function selectorOverlaps(manifests: readonly Manifest[]): string[] {
  const templates = podTemplates(manifests);
  return manifests
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind))
    .flatMap((one) =>
      templates
        .filter(({ owner }) => owner !== one && namespaceOf(owner) === namespaceOf(one))
        .filter(({ metadata }) => selects(at(one, 'spec', 'selector'), fields(metadata['labels'])))
        .map(({ owner }) => `${idOf(one)}: spec.selector also matches the pods of ${idOf(owner)}`),
    );
}
