// References between the objects of the output: what is named must exist, and what exists must be used.
import {
  at,
  containers,
  type Fields,
  fields,
  idOf,
  items,
  type Manifest,
  namespaceOf,
  type PodTemplate,
  podTemplates,
  records,
  selects,
  text,
} from './manifests';

export interface ReferenceOptions {
  /** Objects that exist elsewhere, like 'Secret/milvus-test-s3'. */
  readonly external: readonly string[];
}

export function referenceProblems(manifests: readonly Manifest[], { external }: ReferenceOptions): string[] {
  const references = [
    ...podTemplates(manifests).flatMap(podReferences),
    ...manifests.flatMap(objectReferences),
  ];
  const find = (from: Manifest, kind: string, name: string): Manifest | undefined =>
    manifests.find((one) => provides(one, kind, name) && namespaceOf(one) === namespaceOf(from));
  const missing = references.flatMap(({ from, kind, name, keys = [] }) => {
    if ([...external, ...inEveryNamespace].includes(`${kind}/${name}`)) return [];
    const target = find(from, kind, name);
    if (!target) return [`${idOf(from)}: refers to ${kind}/${name}, which does not exist`];
    const known = keysOf(target);
    return keys
      .filter((key) => known && !known.includes(key))
      .map((key) => `${idOf(from)}: refers to the key ${key}, which ${kind}/${name} does not have`);
  });
  const used = new Set(references.map(({ from, kind, name }) => find(from, kind, name)));
  const unused = manifests
    .filter(({ kind }) => ['ConfigMap', 'PersistentVolumeClaim', 'Secret', 'ServiceAccount'].includes(kind))
    .filter((one) => !used.has(one) && !external.includes(idOf(one)))
    .map((one) => `${idOf(one)}: nothing refers to it`);
  return [...new Set([...missing, ...unused, ...selectorProblems(manifests)])];
}

const inEveryNamespace = ['ConfigMap/kube-root-ca.crt', 'ServiceAccount/default'];

interface Reference {
  readonly from: Manifest;
  readonly kind: string;
  readonly name: string;
  readonly keys?: readonly string[];
}

/** Whether the object is the one that is named, or makes it: an ExternalSecret makes a Secret. */
function provides(one: Manifest, kind: string, name: string): boolean {
  if (one.kind === kind) return one.metadata.name === name;
  const made = text(at(one, 'spec', 'target', 'name')) || one.metadata.name;
  return kind === 'Secret' && one.kind === 'ExternalSecret' && made === name;
}

/** The keys of a ConfigMap or Secret; undefined when only its maker knows them. */
function keysOf(one: Manifest): string[] | undefined {
  if (one.kind !== 'ExternalSecret') {
    return ['data', 'binaryData', 'stringData'].flatMap((part) => Object.keys(fields(one[part])));
  }
  if (at(one, 'spec', 'dataFrom') !== undefined) return undefined;
  const template = at(one, 'spec', 'target', 'template', 'data');
  return template
    ? Object.keys(fields(template))
    : records(at(one, 'spec', 'data')).map((entry) => text(entry['secretKey']));
}

// --- pods -----------------------------------------------------------------------------------------------------

function podReferences({ owner, spec }: PodTemplate): Reference[] {
  const found: Reference[] = [];
  const refer = (kind: string, source: unknown, name: unknown, keys: readonly string[] = []): void => {
    if (source !== undefined && at(source, 'optional') !== true)
      found.push({ from: owner, kind, name: text(name), keys });
  };
  for (const container of containers(spec)) {
    for (const { valueFrom } of records(container['env'])) {
      for (const [kind, field] of [
        ['ConfigMap', 'configMapKeyRef'],
        ['Secret', 'secretKeyRef'],
      ] as const) {
        const source = at(valueFrom, field);
        refer(kind, source, at(source, 'name'), [text(at(source, 'key'))]);
      }
    }
    for (const source of records(container['envFrom'])) {
      refer('ConfigMap', source['configMapRef'], at(source, 'configMapRef', 'name'));
      refer('Secret', source['secretRef'], at(source, 'secretRef', 'name'));
    }
  }
  for (const volume of records(spec['volumes'])) {
    const mounted = subPaths(spec, text(volume['name']));
    const sources = records(at(volume, 'projected', 'sources'));
    const keys = (source: unknown): string[] => {
      const listed = records(at(source, 'items'));
      if (sources.length > 0) return listed.map((item) => text(item['key']));
      // A file that is mounted alone must be a key, or a path that `items` gives to one.
      const made = (path: string) => listed.some((item) => `${item['path']}/`.startsWith(`${path}/`));
      const alone = mounted
        .filter((path) => !made(path))
        .map((path) => (listed.length > 0 ? `subPath ${path}` : path));
      return [...listed.map((item) => text(item['key'])), ...alone];
    };
    for (const [index, source] of [volume, ...sources].entries()) {
      const nameField = index === 0 ? 'secretName' : 'name';
      refer('ConfigMap', source['configMap'], at(source, 'configMap', 'name'), keys(source['configMap']));
      refer('Secret', source['secret'], at(source, 'secret', nameField), keys(source['secret']));
    }
    refer(
      'PersistentVolumeClaim',
      volume['persistentVolumeClaim'],
      at(volume, 'persistentVolumeClaim', 'claimName'),
    );
  }
  for (const secret of records(spec['imagePullSecrets'])) refer('Secret', secret, secret['name']);
  refer('ServiceAccount', {}, spec['serviceAccountName'] ?? 'default');
  return found;
}

const subPaths = (spec: Fields, volume: string): string[] =>
  containers(spec)
    .flatMap((one) => records(one['volumeMounts']))
    .filter((mount) => mount['name'] === volume && mount['subPath'] !== undefined)
    .map((mount) => text(mount['subPath']));

// --- other objects --------------------------------------------------------------------------------------------

function objectReferences(from: Manifest): Reference[] {
  const spec = fields(from['spec']);
  const to = (kind: unknown, name: unknown): Reference => ({ from, kind: text(kind), name: text(name) });
  switch (from.kind) {
    case 'StatefulSet':
      return [to('Service', spec['serviceName'])];
    case 'HorizontalPodAutoscaler':
      return [to(at(spec, 'scaleTargetRef', 'kind'), at(spec, 'scaleTargetRef', 'name'))];
    case 'ClusterRoleBinding':
    case 'RoleBinding':
      return [
        to(at(from, 'roleRef', 'kind'), at(from, 'roleRef', 'name')),
        ...records(from['subjects'])
          .filter(({ kind }) => kind === 'ServiceAccount')
          .map(({ name }) => to('ServiceAccount', name)),
      ];
    case 'Ingress':
      return [
        at(spec, 'defaultBackend'),
        ...records(spec['rules']).flatMap((rule) =>
          records(at(rule, 'http', 'paths')).map((path) => path['backend']),
        ),
      ].flatMap((backend) => {
        const service = at(backend, 'service', 'name');
        return service === undefined ? [] : [to('Service', service)];
      });
    case 'ServiceAccount':
      return records(from['imagePullSecrets']).map(({ name }) => to('Secret', name));
    default:
      return [];
  }
}

// --- selectors and ports --------------------------------------------------------------------------------------

function selectorProblems(manifests: readonly Manifest[]): string[] {
  const templates = podTemplates(manifests);
  const selected = (from: Manifest, selector: unknown): PodTemplate[] =>
    templates.filter(
      ({ owner, metadata }) =>
        namespaceOf(owner) === namespaceOf(from) && selects(selector, fields(metadata['labels'])),
    );
  return manifests.flatMap((one) => {
    const spec = fields(one['spec']);
    const problem = (message: string): string => `${idOf(one)}: ${message}`;
    switch (one.kind) {
      case 'Service': {
        if (spec['selector'] === undefined) return [];
        const pods = selected(one, { matchLabels: spec['selector'] });
        if (pods.length === 0) return [problem('spec.selector matches no pod')];
        return records(spec['ports']).flatMap((port) => {
          const target = port['targetPort'] ?? port['port'];
          return pods
            .filter((pod) => !hasPort(pod, target, port['protocol']))
            .map((pod) => problem(`targetPort ${target} is no port of ${idOf(pod.owner)}`));
        });
      }
      case 'StatefulSet': {
        const service = manifests.find((other) => provides(other, 'Service', text(spec['serviceName'])));
        if (!service) return [];
        const headless = at(service, 'spec', 'clusterIP') === 'None';
        const labels = fields(at(spec, 'template', 'metadata', 'labels'));
        return [
          ...(headless ? [] : [problem(`serviceName ${service.metadata.name} is not headless`)]),
          ...(selects({ matchLabels: at(service, 'spec', 'selector') }, labels)
            ? []
            : [problem(`serviceName ${service.metadata.name} does not select its pods`)]),
        ];
      }
      case 'PodDisruptionBudget':
      case 'PodMonitor':
        return selected(one, spec['selector']).length > 0
          ? monitoredPorts(one, selected(one, spec['selector']))
          : [problem('spec.selector matches no pod')];
      case 'NetworkPolicy': {
        const pods = selected(one, spec['podSelector']);
        if (pods.length === 0) return [problem('spec.podSelector matches no pod')];
        const inward = records(spec['ingress']).map((rule) => ({ rule, pods }));
        const outward = records(spec['egress']).flatMap((rule) =>
          records(rule['to'])
            .filter((peer) => peer['podSelector'] !== undefined && peer['namespaceSelector'] === undefined)
            .map((peer) => ({ rule, pods: selected(one, peer['podSelector']) })),
        );
        return [...inward, ...outward].flatMap(({ rule, pods: targets }) => {
          if (targets.length === 0) return [problem(`egress to no pod: ${JSON.stringify(rule['to'])}`)];
          return records(rule['ports'])
            .filter(({ port, endPort }) => port !== undefined && endPort === undefined)
            .filter(({ port, protocol }) => !targets.some((pod) => hasPort(pod, port, protocol)))
            .map(({ port }) =>
              problem(`port ${port} is no port of ${targets.map(({ owner }) => idOf(owner)).join(', ')}`),
            );
        });
      }
      default:
        return [];
    }
  });
}

const monitoredPorts = (monitor: Manifest, pods: readonly PodTemplate[]): string[] =>
  items(at(monitor, 'spec', 'podMetricsEndpoints')).flatMap((endpoint) => {
    const port = at(endpoint, 'port');
    return port === undefined || pods.some((pod) => hasPort(pod, port, 'TCP'))
      ? []
      : [`${idOf(monitor)}: port ${port} is no port of the pods that it selects`];
  });

const hasPort = ({ spec }: PodTemplate, wanted: unknown, protocol: unknown = 'TCP'): boolean =>
  containers(spec)
    .flatMap((one) => records(one['ports']))
    .some(
      ({ name, containerPort, protocol: own = 'TCP' }) =>
        own === protocol && (name === wanted || containerPort === wanted),
    );
