import { fromHelmValues } from '../../lib';
import { clusterSchema } from '../../lib/config/schema';
import { CHART_VALUES, translateHelmValues } from '../../lib/helm';
import { setValues } from '../../lib/helm/set-values';

/** What chart 1.1.6 documents, section by section, as somebody who read it wrote it down. */
const DOCUMENTED = `
version primaryPath timeZone nameOverride fullnameOverride cluster.enabled
logs.level logs.path logs.maxLogFileSize logs.logRotateNum logs.logToStdOut logs.logToFile
readonly.logs.level readonly.logs.path readonly.logs.maxLogFileSize readonly.logs.logRotateNum
cache.cacheSize cache.insertBufferSize readonly.cache.cacheSize readonly.cache.insertBufferSize network.httpPort
storage.autoFlushInterval storage.s3.enabled storage.s3.address storage.s3.port storage.s3.access_key
storage.s3.secret_key storage.s3.bucket wal.enabled wal.recoveryErrorIgnore wal.bufferSize wal.path
gpu.enabled gpu.cacheSize gpu.gpuSearchThreshold gpu.searchDevices gpu.buildIndexDevices
readonly.gpu.enabled readonly.gpu.cacheSize readonly.gpu.gpuSearchThreshold readonly.gpu.searchDevices
readonly.gpu.buildIndexDevices metrics.enabled metrics.address metrics.port
initContainerImage extraInitContainers restartPolicy terminationGracePeriodSeconds extraContainers extraEnv extraVolumes
extraVolumeMounts extraConfigFiles podLabels podAnnotations nodeSelector tolerations affinity
livenessProbe.initialDelaySeconds livenessProbe.periodSeconds livenessProbe.timeoutSeconds livenessProbe.failureThreshold
readinessProbe.initialDelaySeconds readinessProbe.periodSeconds readinessProbe.timeoutSeconds
readinessProbe.failureThreshold
service.type service.port service.annotations service.labels service.externalIPs service.loadBalancerSourceRanges
service.loadBalancerIP service.clusterIP service.nodePort service.webNodePort
persistence.mountPath persistence.enabled persistence.annotations persistence.persistentVolumeClaim.existingClaim
persistence.persistentVolumeClaim.storageClass persistence.persistentVolumeClaim.accessModes
persistence.persistentVolumeClaim.size persistence.persistentVolumeClaim.subPath
logsPersistence.mountPath logsPersistence.enabled logsPersistence.annotations
logsPersistence.persistentVolumeClaim.existingClaim logsPersistence.persistentVolumeClaim.storageClass
logsPersistence.persistentVolumeClaim.accessModes logsPersistence.persistentVolumeClaim.size
logsPersistence.persistentVolumeClaim.subPath
image.repository image.tag image.pullPolicy image.pullSecrets image.resources replicas readonly.replicas
readonly.resources serviceAccounts.mishards.create serviceAccounts.mishards.name
mishards.image.repository mishards.image.tag mishards.image.pullPolicy mishards.replicas mishards.resources
mishards.debug mishards.maxWorkers mishards.discoveryClassName mishards.trace.enabled mishards.trace.tracerClassName
mishards.trace.tracingReportingHost mishards.trace.tracingReportingPort
admin.enabled admin.image.repository admin.image.tag admin.image.pullPolicy admin.replicas admin.resources
admin.service.type admin.service.port admin.service.annotations admin.service.labels admin.service.externalIPs
admin.service.loadBalancerSourceRanges admin.service.loadBalancerIP admin.service.clusterIP admin.service.nodePort
externalMysql.enabled externalMysql.ip externalMysql.port externalMysql.user externalMysql.password
externalMysql.database
mysql.enabled mysql.image mysql.imageTag mysql.imagePullPolicy mysql.strategy mysql.busybox.image mysql.busybox.tag
mysql.testFramework mysql.mysqlRootPassword mysql.mysqlUser mysql.mysqlPassword mysql.mysqlDatabase
mysql.mysqlAllowEmptyPassword mysql.allowEmptyRootPassword mysql.existingSecret mysql.args mysql.extraVolumes
mysql.extraVolumeMounts mysql.extraInitContainers mysql.imagePullSecrets mysql.nodeSelector mysql.affinity
mysql.tolerations mysql.schedulerName mysql.priorityClassName mysql.livenessProbe.initialDelaySeconds
mysql.livenessProbe.periodSeconds mysql.livenessProbe.timeoutSeconds mysql.livenessProbe.successThreshold
mysql.livenessProbe.failureThreshold mysql.readinessProbe.initialDelaySeconds mysql.readinessProbe.periodSeconds
mysql.readinessProbe.timeoutSeconds mysql.readinessProbe.successThreshold mysql.readinessProbe.failureThreshold
mysql.persistence.enabled mysql.persistence.existingClaim mysql.persistence.subPath mysql.persistence.storageClass
mysql.persistence.accessMode mysql.persistence.size mysql.persistence.annotations mysql.securityContext.enabled
mysql.securityContext.runAsUser mysql.securityContext.fsGroup mysql.resources mysql.configurationFiles
mysql.configurationFilesPath mysql.initializationFiles mysql.metrics.enabled mysql.metrics.image
mysql.metrics.imageTag mysql.metrics.annotations mysql.metrics.serviceMonitor.enabled mysql.service.type
mysql.service.port mysql.service.nodePort mysql.service.annotations mysql.serviceAccount.create
mysql.serviceAccount.name mysql.ssl.enabled mysql.ssl.secret mysql.ssl.certificates mysql.timezone
mysql.deploymentAnnotations mysql.podAnnotations mysql.podLabels mysql.initContainer.resources
`
  .trim()
  .split(/\s+/);

const rows = new Map(CHART_VALUES.map((row) => [row.path, row]));

test('every documented value has a row, once, and every row says what becomes of it', () => {
  expect(DOCUMENTED.filter((path) => !rows.has(path))).toEqual([]);
  expect(rows.size).toBe(CHART_VALUES.length);
  for (const { path, becomes, to, why } of CHART_VALUES) {
    const explained = becomes === 'mapped' ? to.length > 0 : (why ?? '').length > 10;
    expect({ path, explained }).toEqual({ path, explained: true });
  }
});

/** Whether the schema has an option of that path. */
function isOption(path: string): boolean {
  let schema: unknown = clusterSchema;
  const def = (
    value: unknown,
  ): { type?: string; shape?: Record<string, unknown>; innerType?: unknown; in?: unknown } =>
    (value as { _zod: { def: object } })._zod.def;
  for (const step of path.split('.')) {
    while ((def(schema).innerType ?? def(schema).in) !== undefined)
      schema = def(schema).innerType ?? def(schema).in;
    schema = def(schema).shape?.[step];
    if (schema === undefined) return false;
  }
  return true;
}

test('what a value becomes is an option that exists', () => {
  const targets = CHART_VALUES.flatMap(({ to }) => to);
  expect(targets.filter((target) => !isOption(target))).toEqual([]);
});

const CLUSTER = {
  cluster: { enabled: true },
  storage: { s3: { enabled: true, address: '10.1.1.1', port: 80, bucket: 'vectors' } },
};
const base = (): Record<string, unknown> => structuredClone(CLUSTER);

/** A value of the chart that is not its default, and what it needs beside it. */
const EXAMPLES: Readonly<Record<string, readonly [value: string, beside?: string]>> = {
  primaryPath: ['/data'],
  timeZone: ['UTC+3'],
  nameOverride: ['vectors'],
  fullnameOverride: ['vectors'],
  'cluster.enabled': ['false'],
  'logs.level': ['error'],
  'logs.path': ['/logs'],
  'logs.maxLogFileSize': ['600MB'],
  'logs.logRotateNum': ['9'],
  'logs.logToStdOut': ['false'],
  'logs.logToFile': ['true'],
  'readonly.logs.level': ['error'],
  'readonly.logs.path': ['/logs'],
  'readonly.logs.maxLogFileSize': ['600MB'],
  'readonly.logs.logRotateNum': ['9'],
  'readonly.logs.logToStdOut': ['false'],
  'readonly.logs.logToFile': ['true'],
  'cache.cacheSize': ['3GB'],
  'cache.insertBufferSize': ['2GB'],
  'readonly.cache.cacheSize': ['3GB'],
  'readonly.cache.insertBufferSize': ['2GB'],
  'storage.autoFlushInterval': ['7'],
  'storage.fileCleanupTimeout': ['99'],
  'storage.s3.enabled': ['false', 'persistence.enabled=true'],
  'storage.s3.address': ['10.2.2.2'],
  'storage.s3.port': ['7480'],
  'storage.s3.bucket': ['other'],
  'wal.enabled': ['false'],
  'wal.recoveryErrorIgnore': ['false'],
  'wal.bufferSize': ['512MB'],
  'wal.path': ['/wal'],
  'gpu.enabled': ['true'],
  'gpu.cacheSize': ['3GB', 'gpu.enabled=true'],
  'gpu.gpuSearchThreshold': ['5', 'gpu.enabled=true'],
  'gpu.searchDevices': ['{gpu1}', 'gpu.enabled=true'],
  'gpu.buildIndexDevices': ['{gpu1}', 'gpu.enabled=true'],
  'readonly.gpu.enabled': ['true'],
  'readonly.gpu.cacheSize': ['3GB', 'readonly.gpu.enabled=true'],
  'readonly.gpu.gpuSearchThreshold': ['5', 'readonly.gpu.enabled=true'],
  'readonly.gpu.searchDevices': ['{gpu1}', 'readonly.gpu.enabled=true'],
  'readonly.gpu.buildIndexDevices': ['{gpu1}', 'readonly.gpu.enabled=true'],
  'metrics.enabled': ['true'],
  'metrics.address': ['pushgateway'],
  'metrics.port': ['9099'],
  extraInitContainers: ['[{"name": "a", "image": "b:1"}]'],
  terminationGracePeriodSeconds: ['77'],
  extraContainers: ['"- {name: a, image: \'b:1\'}"'],
  extraEnv: ['[{"name": "A", "value": 1}]'],
  extraVolumes: ['[{"name": "a", "emptyDir": {}}]'],
  extraVolumeMounts: ['[{"name": "logs", "mountPath": "/more"}]'],
  extraConfigFiles: ['{"a.txt": "b"}'],
  podLabels: ['{"a": 1}'],
  podAnnotations: ['{"a": true}'],
  nodeSelector: ['{"a": "b"}'],
  tolerations: ['[{"operator": "Exists"}]'],
  affinity: ['{"nodeAffinity": {}}'],
  'service.type': ['NodePort'],
  'service.port': ['19999'],
  'service.annotations': ['{"a": "b"}'],
  'service.labels': ['{"a": "b"}'],
  'service.externalIPs': ['{192.0.2.1}'],
  'service.loadBalancerSourceRanges': ['{192.0.2.0/24}', 'service.type=LoadBalancer'],
  'service.loadBalancerIP': ['192.0.2.1', 'service.type=LoadBalancer'],
  'service.clusterIP': ['192.0.2.1'],
  'service.nodePort': ['31000', 'service.type=NodePort'],
  'image.repository': ['registry.example.com/milvus'],
  'image.tag': ['1.1.1-cpu-d061621-other'],
  'image.pullPolicy': ['Always'],
  'image.pullSecrets': ['{login}'],
  'image.resources': ['{"limits": {"cpu": 3}}'],
  'readonly.replicas': ['3'],
  'readonly.resources': ['{"limits": {"cpu": 3}}'],
  'serviceAccounts.mishards.name': ['account', 'mishards.discoveryClassName=kubernetes'],
  'mishards.image.repository': ['registry.example.com/mishards'],
  'mishards.image.tag': ['1.1.1-other'],
  'mishards.image.pullPolicy': ['Always'],
  'mishards.replicas': ['3'],
  'mishards.resources': ['{"limits": {"cpu": 3}}'],
  'mishards.debug': ['false'],
  'mishards.maxWorkers': ['9'],
  'mishards.discoveryClassName': ['static'],
  'mishards.trace.enabled': ['true'],
  'mishards.trace.tracerClassName': ['other'],
  'mishards.trace.tracingReportingHost': ['agent'],
  'mishards.trace.tracingReportingPort': ['6831'],
  'admin.enabled': ['true'],
  'admin.image.repository': ['registry.example.com/em'],
  'admin.image.tag': ['v0.4.2'],
  'admin.image.pullPolicy': ['Always', 'admin.enabled=true'],
  'admin.replicas': ['2', 'admin.enabled=true'],
  'admin.resources': ['{"limits": {"cpu": 3}}', 'admin.enabled=true'],
  'admin.service.type': ['NodePort', 'admin.enabled=true'],
  'admin.service.port': ['3999', 'admin.enabled=true'],
  'admin.service.annotations': ['{"a": "b"}', 'admin.enabled=true'],
  'admin.service.labels': ['{"a": "b"}', 'admin.enabled=true'],
  'admin.service.externalIPs': ['{192.0.2.1}', 'admin.enabled=true'],
  'admin.service.loadBalancerSourceRanges': [
    '{192.0.2.0/24}',
    'admin.enabled=true,admin.service.type=LoadBalancer',
  ],
  'admin.service.loadBalancerIP': ['192.0.2.1', 'admin.enabled=true,admin.service.type=LoadBalancer'],
  'admin.service.clusterIP': ['192.0.2.1', 'admin.enabled=true'],
  'admin.service.nodePort': ['31000', 'admin.enabled=true,admin.service.type=NodePort'],
  'mysql.nameOverride': ['metadata'],
  'mysql.fullnameOverride': ['metadata'],
  'mysql.image': ['registry.example.com/mysql'],
  'mysql.imageTag': ['5.7.40'],
  'mysql.imagePullPolicy': ['Always'],
  'mysql.mysqlUser': ['other'],
  'mysql.mysqlDatabase': ['other'],
  'mysql.existingSecret': ['other'],
  'mysql.args': ['{--a}'],
  'mysql.extraVolumes': ['"- {name: a, emptyDir: {}}"'],
  'mysql.extraVolumeMounts': ['"- {name: data, mountPath: /more}"'],
  'mysql.extraInitContainers': ['"- {name: a, image: \'b:1\'}"'],
  'mysql.imagePullSecrets': ['[{"name": "login"}]'],
  'mysql.nodeSelector': ['{"a": "b"}'],
  'mysql.affinity': ['{"nodeAffinity": {}}'],
  'mysql.tolerations': ['[{"operator": "Exists"}]'],
  'mysql.schedulerName': ['other'],
  'mysql.priorityClassName': ['high'],
  'mysql.persistence.enabled': ['false'],
  'mysql.persistence.existingClaim': ['claim'],
  'mysql.persistence.subPath': ['a/b'],
  'mysql.persistence.storageClass': ['-'],
  'mysql.persistence.accessMode': ['ReadWriteMany'],
  'mysql.persistence.size': ['9Gi'],
  'mysql.persistence.annotations': ['{"a": "b"}'],
  'mysql.securityContext.runAsUser': ['1001'],
  'mysql.securityContext.fsGroup': ['1001'],
  'mysql.resources': ['{"limits": {"cpu": 3}}'],
  'mysql.configurationFiles': ['{"a.cnf": "[mysqld]\\nx=1"}'],
  'mysql.initializationFiles': ['{"a.sql": "SELECT 1;"}'],
  'mysql.metrics.enabled': ['true'],
  'mysql.metrics.image': ['registry.example.com/exporter'],
  'mysql.metrics.imageTag': ['v0.15.0'],
  'mysql.metrics.resources': ['{"limits": {"cpu": 1}}'],
  'mysql.metrics.annotations': ['{"a": "b"}', 'mysql.metrics.enabled=true'],
  'mysql.metrics.flags': ['{--a}'],
  'mysql.metrics.serviceMonitor.enabled': ['true', 'mysql.metrics.enabled=true'],
  'mysql.metrics.serviceMonitor.additionalLabels': ['{"a": "b"}'],
  'mysql.service.type': ['NodePort'],
  'mysql.service.port': ['3307'],
  'mysql.service.annotations': ['{"a": "b"}'],
  'mysql.service.labels': ['{"a": "b"}'],
  'mysql.service.externalIPs': ['{192.0.2.1}'],
  'mysql.service.loadBalancerSourceRanges': ['{192.0.2.0/24}', 'mysql.service.type=LoadBalancer'],
  'mysql.service.loadBalancerIP': ['192.0.2.1', 'mysql.service.type=LoadBalancer'],
  'mysql.service.clusterIP': ['192.0.2.1'],
  'mysql.service.nodePort': ['31000', 'mysql.service.type=NodePort'],
  'mysql.serviceAccount.name': ['account'],
  'mysql.ssl.enabled': ['true'],
  'mysql.ssl.secret': ['tls', 'mysql.ssl.enabled=true'],
  'mysql.timezone': ['Europe/Zurich'],
  'mysql.deploymentAnnotations': ['{"a": "b"}'],
  'mysql.podAnnotations': ['{"a": "b"}'],
  'mysql.podLabels': ['{"a": "b"}'],
};

/** These are tried in their own tests below. */
const ELSEWHERE =
  /^(storage\.s3\.(access|secret)_key|externalMysql|persistence|logsPersistence|mysql\.(enabled|mysql(Root)?Password)|serviceAccounts\.mishards\.create|(mysql\.)?(liveness|readiness)Probe)/;

test('every value that becomes an option has an example here, or a test below', () => {
  const without = CHART_VALUES.filter(({ becomes }) => becomes === 'mapped')
    .map(({ path }) => path)
    .filter((path) => EXAMPLES[path] === undefined && !ELSEWHERE.test(path));
  expect(without).toEqual([]);
});

test.each(Object.entries(EXAMPLES))('%s takes effect where the table says', (path, [value, beside]) => {
  const before = base();
  if (beside !== undefined) setValues(before, beside, 'typed', String);
  const after = structuredClone(before);
  const json = /^[[{"]/.test(value) && !/^\{[^"]/.test(value);
  setValues(after, `${path}=${value}`, json ? 'json' : 'typed', String);
  const row = rows.get(path);
  const options = { release: 'milvus-test' };
  const was = fromHelmValues(
    // Without S3 the chart needs its volume: nothing to compare with.
    path === 'storage.s3.enabled' ? base() : before,
    options,
  );
  const is = fromHelmValues(after, options);
  const changed = (row?.to ?? []).filter(
    (target) => JSON.stringify(at(is, target)) !== JSON.stringify(at(was, target)),
  );
  expect({ path, changed: changed.length > 0 }).toEqual({ path, changed: true });
});

const at = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((tree, step) => (tree as Record<string, unknown> | undefined)?.[step], value);

test.each(CHART_VALUES.filter(({ becomes }) => becomes === 'dropped' || becomes === 'replaced'))(
  '$path is reported as $becomes',
  ({ path, becomes }) => {
    const values = base();
    setValues(values, `${path}=1`, 'typed', String);
    const { notes } = translateHelmValues(values, { release: 'milvus-test' });
    expect(notes.map((note) => [note.path, note.kind])).toContainEqual([path, becomes]);
  },
);

test.each<[path: string, value: string, words: string]>([
  ['version', '0.4', 'version: given a value that can not be taken over; expected 0.5'],
  ['replicas', '2', 'replicas: given a value that can not be taken over; expected 1'],
  ['restartPolicy', 'Never', 'restartPolicy: given a value that can not be taken over; expected Always'],
  ['livenessProbe.successThreshold', '2', 'livenessProbe.successThreshold'],
  ['mysql.livenessProbe.successThreshold', '2', 'mysql.livenessProbe.successThreshold'],
  ['mysql.mysqlAllowEmptyPassword', 'true', 'mysql.mysqlAllowEmptyPassword'],
  ['mysql.allowEmptyRootPassword', 'true', 'mysql.allowEmptyRootPassword'],
  ['mysql.ssl.certificates', '{CANARY}', 'mysql.ssl.certificates: given a value'],
])('%s: %s is refused', (path, value, words) => {
  const values = base();
  setValues(values, `${path}=${value}`, 'typed', String);
  const attempt = () => fromHelmValues(values, { release: 'milvus-test' });
  expect(attempt).toThrow(words);
  expect(attempt).not.toThrow('CANARY');
  expect(rows.get(path)?.becomes).toBe('refused');
});

test('what is refused otherwise is taken where it asks for what we do anyway', () => {
  const values = base();
  setValues(
    values,
    'replicas=1,restartPolicy=Always,mysql.mysqlAllowEmptyPassword=false,mysql.livenessProbe.successThreshold=1',
    'typed',
    String,
  );
  setValues(values, 'version=0.5', 'string', String);
  expect(fromHelmValues(values, { release: 'milvus-test' })).toEqual(
    fromHelmValues(base(), { release: 'milvus-test' }),
  );
});

test.each<[values: object, words: string]>([
  [
    { readOnly: { replicas: 2 } },
    'readOnly: given a value that chart 1.1.6 does not have; expected a value of the chart; did you mean "readonly"?',
  ],
  [{ storage: { s3: { adress: 'x' } } }, 'did you mean "address"?'],
  [{ mysql: { mysqlPasword: 'CANARY' } }, 'did you mean "mysqlPassword"?'],
  [{ s3: { enabled: true } }, 's3: given a value that chart 1.1.6 does not have'],
  [{ service: 'NodePort' }, 'service: given a value; expected a mapping with type, port'],
  [
    { readonly: { replicas: 'two' } },
    'readonly.replicas: given a value of another kind; expected a whole number',
  ],
  [
    { extraContainers: '- name: {{ .Release.Name }}' },
    'extraContainers: given a value of another kind; expected a list without template expressions',
  ],
  [{ mysql: { extraVolumes: 'a: b' } }, 'mysql.extraVolumes: given a value of another kind; expected a list'],
])('an unknown or malformed value is refused: %j', (values, words) => {
  const attempt = () => fromHelmValues({ ...base(), ...values }, { release: 'milvus-test' });
  expect(attempt).toThrow(words);
  expect(attempt).not.toThrow('CANARY');
});

test('every value that is wrong is in one report', () => {
  expect.assertions(1);
  try {
    fromHelmValues({ a: 1, replicas: 2, version: '1', mysql: { b: 1 } }, { release: 'milvus-test' });
  } catch (error) {
    expect(String(error).match(/^ {2}- /gm)).toHaveLength(4);
  }
});

test('null takes a value away, as with Helm', () => {
  const values = { ...base(), mysql: { imageTag: null, persistence: null }, readonly: null, podLabels: null };
  expect(fromHelmValues(values, { release: 'milvus-test' })).toEqual(
    fromHelmValues(base(), { release: 'milvus-test' }),
  );
});

test('timings of probes are for all that the chart gives them to', () => {
  const values = {
    ...base(),
    livenessProbe: { periodSeconds: 33, failureThreshold: 9, initialDelaySeconds: 1, timeoutSeconds: 2 },
    readinessProbe: { periodSeconds: 44, successThreshold: 2 },
    mysql: { livenessProbe: { timeoutSeconds: 7 }, readinessProbe: { failureThreshold: 8 } },
  };
  const container = (
    name: string,
    { livenessProbe, readinessProbe }: Record<'livenessProbe' | 'readinessProbe', object>,
  ) => ({
    podTemplate: { spec: { containers: [{ name, livenessProbe, readinessProbe }] } },
  });
  expect(fromHelmValues(values, { release: 'milvus-test' })).toMatchObject({
    writable: container('milvus', values),
    readonly: container('milvus', values),
    mishards: container('mishards', values),
    mysql: container('mysql', values.mysql),
  });
});
