// What makes a second, unchanged `kubectl apply` (client side) send a patch: it compares the manifest with what the
// server made of it. Fields that the server drops or spells otherwise differ for ever.
import {
  at,
  duplicates,
  type Fields,
  fields,
  idOf,
  isBuiltIn,
  isFields,
  type Manifest,
  podTemplates,
  records,
  text,
} from './manifests';
import { canonicalQuantity } from './quantity';

/** Not for custom resources: the server keeps those as they are. */
export const appliesTwiceProblems = (manifests: readonly Manifest[]): string[] => {
  const builtIn = manifests.filter(isBuiltIn);
  return [
    ...builtIn.flatMap((one) =>
      [...droppedFields(one, ''), ...kindProblems(one), ...serverFields(one)].map(
        (problem) => `${idOf(one)}: ${problem}`,
      ),
    ),
    ...podTemplates(builtIn).flatMap(({ owner, spec }) =>
      [...podProblems(spec, 'spec')].map((problem) => `${idOf(owner)}: ${problem}`),
    ),
    ...autoscaledReplicas(builtIn),
  ];
};

type Problems = Generator<string>;

// --- empty values, quantities, merge keys: anywhere -----------------------------------------------------------

/** Pointers in the API's Go types: false and 0 are values of their own there. */
const pointers = new Set(
  `activeDeadlineSeconds allocateLoadBalancerNodePorts allowPrivilegeEscalation automountServiceAccountToken
   averageUtilization backoffLimit completions defaultMode enableServiceLinks expirationSeconds
   failedJobsHistoryLimit fsGroup hostUsers immutable maxSurge maxUnavailable minAvailable minReplicas mode optional
   parallelism partition privileged progressDeadlineSeconds readOnlyRootFilesystem replicas revisionHistoryLimit
   runAsGroup runAsNonRoot runAsUser setHostnameAsFQDN shareProcessNamespace stabilizationWindowSeconds
   startingDeadlineSeconds storageClassName successfulJobsHistoryLimit suspend terminationGracePeriodSeconds
   tolerationSeconds ttlSecondsAfterFinished`.split(/\s+/),
);

/** Objects that the server keeps although they are empty. */
const keptWhenEmpty = new Set([
  'affinity',
  'emptyDir',
  'namespaceSelector',
  'podSelector',
  'resources',
  'securityContext',
]);

/** Maps from any key to text. A Service's selector is one too, and never holds what would be dropped. */
const maps = new Set([
  'annotations',
  'binaryData',
  'data',
  'labels',
  'matchLabels',
  'nodeSelector',
  'stringData',
]);

const quantities = new Set(['averageValue', 'divisor', 'sizeLimit', 'storage']);

const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  env: ['name'],
  hostAliases: ['ip'],
  imagePullSecrets: ['name'],
  initContainers: ['name'],
  ports: ['containerPort', 'port'],
  topologySpreadConstraints: ['topologyKey'],
  volumeDevices: ['devicePath'],
  volumeMounts: ['mountPath'],
  volumes: ['name'],
};

function* droppedFields(value: Fields, path: string): Problems {
  for (const [key, inner] of Object.entries(value)) {
    const where = path === '' ? key : `${path}.${key}`;
    if (isStoredAsNull(where)) {
      // The one null that is there, since Go's time has no other word for none.
    } else if (isDropped(key, inner) && where !== 'rules') {
      yield `${where}: the server drops ${JSON.stringify(inner)}`;
    } else if (key === 'limits' || key === 'requests') {
      for (const [name, amount] of Object.entries(fields(inner)))
        yield* quantityProblems(`${where}.${name}`, amount);
    } else if (quantities.has(key)) {
      yield* quantityProblems(where, inner);
    } else if (maps.has(key)) {
      // Whatever its values are, the server keeps them.
    } else if (Array.isArray(inner)) {
      if (!/^spec\.(in|e)gress/.test(path)) yield* mergeKeyProblems(where, key, inner);
      for (const [index, element] of inner.entries()) {
        if (isFields(element)) yield* droppedFields(element, `${where}[${index}]`);
      }
    } else if (isFields(inner)) yield* droppedFields(inner, where);
  }
}

const isStoredAsNull = (where: string) =>
  /^spec\.volumeClaimTemplates\[\d+\]\.metadata\.creationTimestamp$/.test(where);

function isDropped(key: string, value: unknown): boolean {
  if (value === null) return true;
  if (value === '' || value === false || value === 0) return !pointers.has(key);
  if (Array.isArray(value)) return value.length === 0;
  return isFields(value) && Object.keys(value).length === 0 && !keptWhenEmpty.has(key);
}

function* quantityProblems(where: string, amount: unknown): Problems {
  const canonical = canonicalQuantity(String(amount));
  if (canonical !== undefined && canonical !== amount) {
    yield `${where}: the server writes ${JSON.stringify(amount)} as "${canonical}"`;
  }
}

function* mergeKeyProblems(where: string, key: string, list: readonly unknown[]): Problems {
  for (const mergeKey of mergeKeys[key] ?? []) {
    const values = records(list).flatMap((one) =>
      one[mergeKey] === undefined ? [] : [String(one[mergeKey])],
    );
    for (const value of duplicates(values)) {
      yield `${where}: two entries with ${mergeKey} ${value}, which kubectl merges by`;
    }
  }
}

// --- lists without a merge key: compared as a whole, so each default must be written out ---------------------------

function* kindProblems(manifest: Manifest): Problems {
  const spec = fields(manifest['spec']);
  for (const [index, claim] of records(spec['volumeClaimTemplates']).entries()) {
    for (const path of [
      ['apiVersion'],
      ['kind'],
      ['metadata', 'creationTimestamp'],
      ['spec', 'volumeMode'],
      ['status', 'phase'],
    ]) {
      if (at(claim, ...path) === undefined)
        yield `spec.volumeClaimTemplates[${index}]: the server adds ${path.join('.')}`;
    }
  }
  if (manifest.kind === 'NetworkPolicy') {
    for (const direction of ['ingress', 'egress']) {
      for (const port of records(spec[direction]).flatMap((rule) => records(rule['ports']))) {
        if (port['protocol'] === undefined)
          yield `spec.${direction}: the server adds protocol to port ${port['port']}`;
      }
    }
  }
  if (manifest.kind.endsWith('RoleBinding')) {
    for (const { kind, name, apiGroup } of records(manifest['subjects'])) {
      if (kind !== 'ServiceAccount' && apiGroup === undefined)
        yield `subjects: the server adds apiGroup to ${kind} ${name}`;
    }
  }
}

/** What the server fills in where it takes a mapping, or the list around it, as a whole. */
const filledIn: Readonly<Record<string, string>> = {
  fieldRef: 'apiVersion',
  resourceFieldRef: 'divisor',
  serviceAccountToken: 'expirationSeconds',
};

function* podProblems(value: unknown, path: string): Problems {
  for (const [key, inner] of Object.entries(isFields(value) || Array.isArray(value) ? value : {})) {
    const missing = Object.hasOwn(filledIn, key) ? filledIn[key] : undefined;
    if (missing !== undefined && at(inner, missing) === undefined) {
      yield `${path}.${key}: the server adds ${missing} to ${Object.values(fields(inner)).join()}`;
    } else yield* podProblems(inner, `${path}.${key}`);
  }
}

// --- what others own ------------------------------------------------------------------------------------------

function* serverFields(manifest: Manifest): Problems {
  if (manifest['status'] !== undefined) yield 'status belongs to the controllers';
  if (manifest['stringData'] !== undefined) yield 'stringData: the server moves it to data';
  for (const name of [
    'creationTimestamp',
    'generation',
    'managedFields',
    'resourceVersion',
    'selfLink',
    'uid',
  ]) {
    if (manifest.metadata[name] !== undefined) yield `metadata.${name} belongs to the server`;
  }
}

const autoscaledReplicas = (manifests: readonly Manifest[]): string[] =>
  manifests
    .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
    .flatMap((autoscaler) => {
      const target = fields(at(autoscaler, 'spec', 'scaleTargetRef'));
      return (
        manifests
          .filter((one) => one.kind === target['kind'] && one.metadata.name === text(target['name']))
          // One that finds none is switched off.
          .filter((one) => (at(one, 'spec', 'replicas') ?? 0) !== 0)
          .map((one) => `${idOf(one)}: spec.replicas fights with ${idOf(autoscaler)}`)
      );
    });
