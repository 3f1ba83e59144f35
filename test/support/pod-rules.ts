// What an API server or the kubelet rejects, or warns about, in a pod.
import { at, containers, duplicates, type Fields, fields, items, records, selects, text } from './manifests';
import { isEnvName, isImage, isLabel, isPort, isPortName, isRelativePath, isSubdomain } from './names';
import { nanosOf } from './quantity';

type Problems = Generator<string>;

/** Problems of a pod spec; `claims` of a StatefulSet become volumes too. */
export function* podProblems(spec: Fields, labels: Fields = {}, claims: readonly string[] = []): Problems {
  const all = containers(spec);
  if (records(spec['containers']).length === 0) yield 'a pod without containers';
  for (const name of duplicates(all.map((one) => text(one['name']))))
    yield `container ${name} is defined twice`;
  yield* portProblems(all);
  yield* volumeProblems(spec, all, claims);
  yield* schedulingProblems(spec, labels);
  if (spec['serviceAccount'] !== undefined) yield 'spec.serviceAccount is deprecated';
  if (spec['serviceAccountName'] !== undefined && !isSubdomain(text(spec['serviceAccountName']))) {
    yield 'serviceAccountName is not a DNS subdomain';
  }
  if (Number(spec['terminationGracePeriodSeconds'] ?? 0) < 0)
    yield 'terminationGracePeriodSeconds is negative';
  const pullSecrets = records(spec['imagePullSecrets']).map((one) => text(one['name']));
  if (pullSecrets.includes('')) yield 'imagePullSecrets: an empty name';
  for (const name of duplicates(pullSecrets)) yield `imagePullSecrets: ${name} twice`;
  for (const container of all) {
    const isInit = records(spec['initContainers']).includes(container);
    for (const problem of containerProblems(
      container,
      spec,
      isInit && container['restartPolicy'] !== 'Always',
    )) {
      yield `container ${container['name']}: ${problem}`;
    }
  }
}

// --- containers -----------------------------------------------------------------------------------------------

const probeKinds = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

function* containerProblems(container: Fields, spec: Fields, runsToCompletion: boolean): Problems {
  if (!isLabel(text(container['name']))) yield 'the name is not a DNS label';
  if (!isImage(text(container['image'])))
    yield `image ${JSON.stringify(container['image'])} is not a reference`;
  yield* envProblems(container);
  yield* resourceProblems(container);
  yield* securityProblems(container, spec);
  for (const kind of probeKinds) {
    if (container[kind] === undefined) continue;
    if (runsToCompletion) yield `${kind} on an init container`;
    for (const problem of probeProblems(kind, fields(container[kind]), container))
      yield `${kind}: ${problem}`;
  }
  const lifecycle = fields(container['lifecycle']);
  if (runsToCompletion && container['lifecycle'] !== undefined) yield 'lifecycle on an init container';
  for (const [hook, handler] of Object.entries(lifecycle)) {
    for (const problem of handlerProblems(fields(handler), container)) yield `${hook}: ${problem}`;
  }
}

function* envProblems(container: Fields): Problems {
  const env = records(container['env']);
  for (const name of duplicates(env.map((one) => text(one['name'])))) yield `env ${name} is defined twice`;
  for (const { name, value, valueFrom } of env) {
    if (!isEnvName(text(name))) yield `env ${JSON.stringify(name)} is not a C identifier`;
    if (value !== undefined && typeof value !== 'string') yield `env ${name}: the value must be text`;
    if (value !== undefined && valueFrom !== undefined) yield `env ${name} has both value and valueFrom`;
    if (valueFrom !== undefined && Object.keys(fields(valueFrom)).length !== 1)
      yield `env ${name}: valueFrom needs one source`;
  }
  for (const source of records(container['envFrom'])) {
    if (['configMapRef', 'secretRef'].filter((kind) => kind in source).length !== 1)
      yield 'envFrom needs one source';
  }
}

function* resourceProblems(container: Fields): Problems {
  const limits = fields(at(container, 'resources', 'limits'));
  const requests = fields(at(container, 'resources', 'requests'));
  for (const [name, amount] of [...Object.entries(requests), ...Object.entries(limits)]) {
    const nanos = nanosOf(String(amount));
    if (nanos === undefined || nanos < 0n) yield `resources: ${name} ${amount} is not an amount`;
    else if (name !== 'cpu' && nanos % 1_000_000_000n !== 0n)
      yield `resources: ${name} ${amount} is a fraction`;
    else if (name === 'cpu' && nanos % 1_000_000n !== 0n) yield `resources: cpu ${amount} is finer than 1m`;
  }
  for (const [name, amount] of Object.entries(requests)) {
    const [asked, most] = [nanosOf(String(amount)), nanosOf(String(limits[name]))];
    if (asked !== undefined && most !== undefined && asked > most) {
      yield `resources: the ${name} request ${amount} exceeds the limit ${limits[name]}`;
    }
  }
}

function* securityProblems(container: Fields, spec: Fields): Problems {
  const context: Fields = { ...fields(spec['securityContext']), ...fields(container['securityContext']) };
  const { runAsNonRoot, runAsUser, privileged, allowPrivilegeEscalation, capabilities } = context;
  if (runAsNonRoot === true && runAsUser === 0) yield 'runAsNonRoot with runAsUser 0';
  if (privileged === true && allowPrivilegeEscalation === false)
    yield 'privileged without allowPrivilegeEscalation';
  const added = items(at(capabilities, 'add'));
  if (added.includes('CAP_SYS_ADMIN') && allowPrivilegeEscalation === false)
    yield 'CAP_SYS_ADMIN without allowPrivilegeEscalation';
  for (const name of [...added, ...items(at(capabilities, 'drop'))]) {
    if (/^CAP_/i.test(text(name))) yield `capability ${name}: runtimes expect it without CAP_`;
  }
  const seccomp = fields(context['seccompProfile']);
  if ((seccomp['type'] === 'Localhost') !== (seccomp['localhostProfile'] !== undefined)) {
    yield 'seccompProfile: localhostProfile goes with the type Localhost only';
  }
}

function* probeProblems(kind: (typeof probeKinds)[number], probe: Fields, container: Fields): Problems {
  const { successThreshold = 1, terminationGracePeriodSeconds: grace } = probe;
  if (kind !== 'readinessProbe' && successThreshold !== 1) yield 'successThreshold must be 1';
  for (const name of ['successThreshold', 'failureThreshold', 'periodSeconds', 'timeoutSeconds']) {
    if (Number(probe[name] ?? 1) < 1) yield `${name} is below 1`;
  }
  if (Number(probe['initialDelaySeconds'] ?? 0) < 0) yield 'initialDelaySeconds is negative';
  if (grace !== undefined && (kind === 'readinessProbe' || Number(grace) < 1))
    yield 'terminationGracePeriodSeconds is not allowed';
  yield* handlerProblems(probe, container);
}

function* handlerProblems(handler: Fields, container: Fields): Problems {
  const kinds = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'].filter(
    (kind) => handler[kind] !== undefined,
  );
  if (kinds.length !== 1) yield `needs one handler, has ${kinds.join(', ') || 'none'}`;
  if (handler['exec'] !== undefined && items(at(handler, 'exec', 'command')).length === 0)
    yield 'exec without a command';
  for (const kind of ['httpGet', 'tcpSocket', 'grpc']) {
    if (handler[kind] === undefined) continue;
    const port = at(handler, kind, 'port');
    const declared = records(container['ports']);
    if (typeof port === 'number' && !isPort(port)) yield `port ${port} is out of range`;
    if (typeof port === 'string' && !declared.some(({ name }) => name === port))
      yield `no port of this container is named ${port}`;
    if (typeof port === 'number' && !declared.some(({ containerPort }) => containerPort === port)) {
      yield `port ${port} is not a declared port of this container`;
    }
  }
}

function* portProblems(all: readonly Fields[]): Problems {
  const ports = all.flatMap((one) => records(one['ports']));
  for (const { name, containerPort, hostPort } of ports) {
    if (!isPort(containerPort)) yield `containerPort ${containerPort} is out of range`;
    if (hostPort !== undefined && !isPort(hostPort)) yield `hostPort ${hostPort} is out of range`;
    if (name !== undefined && !isPortName(text(name)))
      yield `port name ${name} is not an IANA service name of at most 15 characters`;
  }
  for (const name of duplicates(ports.map((one) => text(one['name'])).filter(Boolean)))
    yield `port name ${name} is used twice`;
  for (const port of duplicates(ports.map((one) => `${one['containerPort']}/${one['protocol'] ?? 'TCP'}`))) {
    yield `containerPort ${port} is used twice`;
  }
}

// --- volumes --------------------------------------------------------------------------------------------------

const deprecatedVolumes = [
  'gitRepo',
  'glusterfs',
  'rbd',
  'cephfs',
  'flocker',
  'quobyte',
  'storageos',
  'scaleIO',
];

function* volumeProblems(spec: Fields, all: readonly Fields[], claims: readonly string[]): Problems {
  const volumes = records(spec['volumes']);
  const names = volumes.map((one) => text(one['name']));
  for (const name of duplicates(names)) yield `volume ${name} is defined twice`;
  for (const volume of volumes) {
    for (const problem of sourceProblems(volume)) yield `volume ${volume['name']}: ${problem}`;
  }
  const available = new Set([...names, ...claims]);
  const used = new Set<string>();
  for (const container of all) {
    const mounts = records(container['volumeMounts']);
    const prefix = `container ${container['name']}`;
    for (const path of duplicates(mounts.map((one) => text(one['mountPath']))))
      yield `${prefix}: mountPath ${path} is used twice`;
    for (const { name, mountPath, subPath, subPathExpr } of mounts) {
      used.add(text(name));
      if (!available.has(text(name))) yield `${prefix}: mounts ${name}, which is no volume of the pod`;
      if (!/^\/[^:]*$/.test(text(mountPath)))
        yield `${prefix}: mountPath ${mountPath} is not an absolute path without ':'`;
      if (subPath !== undefined && !isRelativePath(text(subPath)))
        yield `${prefix}: subPath ${JSON.stringify(subPath)} leaves the volume`;
      if (subPath !== undefined && subPathExpr !== undefined) yield `${prefix}: subPath with subPathExpr`;
    }
    for (const device of records(container['volumeDevices'])) used.add(text(device['name']));
  }
  for (const name of available) if (!used.has(name)) yield `volume ${name} is mounted nowhere`;
}

function* sourceProblems(volume: Fields): Problems {
  if (!isLabel(text(volume['name']))) yield 'the name is not a DNS label';
  const kinds = Object.keys(volume).filter((key) => key !== 'name');
  if (kinds.length !== 1) yield `needs one source, has ${kinds.join(', ') || 'none'}`;
  for (const kind of kinds) if (deprecatedVolumes.includes(kind)) yield `${kind} is deprecated`;
  const { medium, sizeLimit } = fields(volume['emptyDir']);
  if (medium !== undefined && !/^(|Memory|HugePages.*)$/.test(text(medium))) yield `unknown medium ${medium}`;
  if (sizeLimit !== undefined && (nanosOf(text(sizeLimit)) ?? -1n) < 0n)
    yield `sizeLimit ${sizeLimit} is not an amount`;
  const projected = records(at(volume, 'projected', 'sources'));
  const sources = [volume, ...projected].flatMap((one) =>
    ['configMap', 'secret', 'downwardAPI'].map((kind) => fields(one[kind])),
  );
  const modes = [...sources, fields(volume['projected'])].map((one) => one['defaultMode']);
  const files = sources.flatMap((one) => records(one['items']));
  for (const mode of [...modes, ...files.map((one) => one['mode'])]) {
    if (mode !== undefined && !(Number(mode) >= 0 && Number(mode) <= 0o777))
      yield `mode ${mode} is out of range`;
  }
  const paths = files.map((one) => text(one['path']));
  for (const path of paths) if (!isRelativePath(path)) yield `path ${JSON.stringify(path)} leaves the volume`;
  for (const path of duplicates(paths)) yield `path ${path} is filled twice`;
}

// --- scheduling -----------------------------------------------------------------------------------------------

const deprecatedNodeLabels =
  /^(beta\.kubernetes\.io\/(arch|os|instance-type)|failure-domain\.beta\.kubernetes\.io\/(zone|region))$/;

function* schedulingProblems(spec: Fields, labels: Fields): Problems {
  for (const key of nodeLabels(spec))
    if (deprecatedNodeLabels.test(key)) yield `node label ${key} is deprecated`;
  const tolerations = records(spec['tolerations']);
  for (const copy of duplicates(tolerations.map((one) => JSON.stringify(Object.entries(one).sort()))))
    yield `toleration ${copy} is given twice`;
  for (const { key, operator = 'Equal', value, effect, tolerationSeconds } of tolerations) {
    if (!['Equal', 'Exists'].includes(text(operator))) yield `toleration: unknown operator ${operator}`;
    if (operator === 'Exists' && value !== undefined) yield `toleration ${key}: Exists takes no value`;
    if (operator !== 'Exists' && text(key) === '') yield 'toleration: Equal needs a key';
    if (!['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(text(effect)))
      yield `toleration ${key}: unknown effect ${effect}`;
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      yield `toleration ${key}: tolerationSeconds goes with NoExecute`;
  }
  const spreads = records(spec['topologySpreadConstraints']);
  for (const copy of duplicates(spreads.map((one) => `${one['topologyKey']}, ${one['whenUnsatisfiable']}`))) {
    yield `topologySpreadConstraints: {${copy}} is given twice`;
  }
  for (const { topologyKey, maxSkew, whenUnsatisfiable, labelSelector } of spreads) {
    if (Number(maxSkew) < 1) yield `topologySpreadConstraints ${topologyKey}: maxSkew is below 1`;
    if (!['DoNotSchedule', 'ScheduleAnyway'].includes(text(whenUnsatisfiable)))
      yield `topologySpreadConstraints: unknown ${whenUnsatisfiable}`;
    if (!selects(labelSelector, labels))
      yield `topologySpreadConstraints ${topologyKey}: labelSelector does not match this pod`;
  }
}

/** Every node label that the pod names: nodeSelector, the `key` of an expression, a topologyKey. */
function nodeLabels(spec: Fields): string[] {
  const inside = (value: unknown): string[] =>
    Array.isArray(value)
      ? value.flatMap(inside)
      : Object.entries(fields(value)).flatMap(([name, inner]) =>
          ['key', 'topologyKey'].includes(name) ? [text(inner)] : inside(inner),
        );
  return [
    ...Object.keys(fields(spec['nodeSelector'])),
    ...inside(spec['affinity']),
    ...inside(spec['topologySpreadConstraints']),
  ];
}
