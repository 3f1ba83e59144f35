import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseAllDocuments, parse as parseYaml, stringify } from 'yaml';
import { fromHelmValues } from '../../lib';
import { chartDifferences } from '../support/chart-parity';
import { seeded } from '../support/fuzz';
import { at, type Fields, fields, type Manifest } from '../support/manifests';
import { find } from '../support/requires';

/**
 * Any values of the chart, put through Helm itself. The chart is no part of the project: MILVUS_CHART is the directory of milvus
 * 1.1.6, with its subchart in it. Without it there are the renderings of parity.test.ts.
 */
const CHART = process.env['MILVUS_CHART'] ?? '';
const able = CHART !== '' && find('helm') !== undefined;
if (!able)
  console.info('MILVUS_CHART is not set, or there is no helm: values are compared in parity.test.ts only.');

/** Values by their paths, of which some are taken each time. Later ones come over earlier ones. */
const CHOICES = parseYaml(`
cluster: [{ enabled: true }, { enabled: true }, { enabled: true }, { enabled: false }]
storage.s3:
  - { enabled: true, address: 192.168.18.13, port: 80, access_key: AK, secret_key: SK, bucket: milvus-test }
  - { enabled: true, address: rgw.example.com, access_key: AK, secret_key: SK }
  - { enabled: false, address: rgw.example.com }
persistence:
  - { enabled: true }
  - { enabled: true, persistentVolumeClaim: { size: 7Gi, storageClass: nfs, accessModes: ReadWriteMany } }
  - { enabled: true, persistentVolumeClaim: { existingClaim: mine, subPath: a/b } }
  - { enabled: true, annotations: { helm.sh/resource-policy: keep }, persistentVolumeClaim: { accessModes: ReadWriteMany } }
externalMysql: [{ enabled: true, ip: 10.7.7.7, port: 3307, user: u, password: p@w/d, database: meta }]
timeZone: [UTC+0, UTC-5]
primaryPath: [/data/milvus]
logs: [{ level: info }, { level: error, maxLogFileSize: 512MB, logRotateNum: 5 }, { logToStdOut: 'true', logToFile: 'false' }]
readonly.logs: [{ level: info }, { level: warning, maxLogFileSize: 1024MB }]
cache: [{ cacheSize: 8GB }, { cacheSize: 2GB, insertBufferSize: 512MB }]
readonly.cache: [{ cacheSize: 8GB }, { cacheSize: 6GB, insertBufferSize: 3GB }]
network: [{ httpPort: 19122 }]
storage.autoFlushInterval: [5, 3600]
wal: [{ bufferSize: 512MB }, { recoveryErrorIgnore: false }, { path: /var/lib/milvus/wal2 }]
gpu: [{ enabled: true }, { enabled: true, cacheSize: 2GB, gpuSearchThreshold: 500, searchDevices: [gpu0, gpu1] }]
readonly.gpu: [{ enabled: true }, { enabled: true, buildIndexDevices: [gpu1] }]
metrics: [{ enabled: true }, { enabled: true, address: pushgateway.monitoring, port: 9092 }]
terminationGracePeriodSeconds: [30, 600]
service: &service
  - { type: NodePort, nodePort: 31000 }
  - { type: LoadBalancer, loadBalancerIP: 10.9.8.7, loadBalancerSourceRanges: [10.0.0.0/8] }
  - { annotations: { a/b: c }, labels: { team: search }, externalIPs: [10.1.1.1] }
  - { clusterIP: 10.96.5.5 }
logsPersistence:
  - { enabled: true }
  - { enabled: true, persistentVolumeClaim: { existingClaim: logs } }
extraInitContainers: [[{ name: pre, image: 'busybox:1.36', command: [sh, -c, echo hi] }]]
extraContainers: ["- name: filebeat\\n  image: elastic/filebeat:7.0.1\\n  args: ['-e']\\n"]
extraEnv: [[{ name: FOO, value: bar }, { name: NODE, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }]]
extraVolumes: [[{ name: extras, emptyDir: {} }], [{ name: extras, configMap: { name: x } }]]
image: [{ repository: registry.example.com:5000/milvusdb/milvus }, { tag: 1.1.1-cpu-x, pullPolicy: Always }]
image.pullSecrets: [[regcred], [a, b]]
image.resources: &resources
  - { limits: { memory: 20Gi, cpu: 4 } }
  - { requests: { memory: 18Gi, cpu: 500m } }
  - { limits: { memory: 24Gi, ephemeral-storage: 10Gi }, requests: { memory: 20Gi } }
readonly.resources: *resources
readonly.replicas: [2, 4]
livenessProbe: &probe [{ initialDelaySeconds: 60 }, { periodSeconds: 30, failureThreshold: 9 }]
readinessProbe: *probe
nodeSelector: [{ disk: ssd }]
tolerations: [[{ key: milvus, operator: Exists }]]
affinity: &affinity
  - nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms: [{ matchExpressions: [{ key: disk, operator: In, values: [ssd] }] }]
podLabels: [{ team: search }]
podAnnotations: [{ sidecar.istio.io/inject: 'false' }]
serviceAccounts.mishards: [{ create: true }, { name: existing }]
mishards.image: [{ repository: registry.example.com:5000/milvusdb/mishards }, { tag: 1.1.1-x, pullPolicy: Always }]
mishards.replicas: [2, 3]
mishards.resources: [{ limits: { memory: 2Gi, cpu: 1 } }, { requests: { memory: 512Mi } }]
mishards.maxWorkers: [10]
mishards.discoveryClassName: [kubernetes, static]
mishards.trace: [{ enabled: true, tracingReportingHost: jaeger.tracing, tracingReportingPort: 5776 }]
admin: [{ enabled: true }, { enabled: true, replicas: 2, image: { tag: v0.4.2 } }]
nameOverride: [vectors]
fullnameOverride: [vec]
mysql.nameOverride: [db]
mysql.fullnameOverride: [mydb]
mysql.image: [registry.example.com/mysql]
mysql.imageTag: [5.7.38]
mysql.mysqlDatabase: [meta]
mysql.mysqlUser: [mil]
mysql.mysqlPassword: [pw1]
mysql.configurationFiles: [{ extra.cnf: "[mysqld]\\nmax_connections=2000\\n" }]
mysql.persistence:
  - { enabled: false }
  - { size: 20Gi, storageClass: csi-rbd-sc }
  - { storageClass: '-', accessMode: ReadWriteMany, annotations: { helm.sh/resource-policy: keep } }
mysql.resources: [{ limits: { memory: 2Gi, cpu: 1 } }, { requests: { memory: 1Gi, cpu: 200m } }]
mysql.nodeSelector: [{ disk: ssd }]
mysql.tolerations: [[{ key: db, operator: Exists }]]
mysql.affinity: *affinity
mysql.service: [{ type: NodePort, nodePort: 32306 }, { port: 3307, annotations: { a/b: c } }]
mysql.podLabels: [{ team: db }]
mysql.podAnnotations: [{ x/y: z }]
mysql.securityContext: [{ enabled: true, runAsUser: 1001, fsGroup: 1001 }]
mysql.timezone: [Europe/Berlin]
mysql.priorityClassName: [high]
mysql.schedulerName: [stork]
mysql.imagePullSecrets: [[{ name: regcred }]]
mysql.metrics: [{ enabled: true }, { enabled: true, imageTag: v0.12.1 }]
`) as Readonly<Record<string, readonly unknown[]>>;

const anyValues = fc
  .subarray(Object.keys(CHOICES).slice(2), { minLength: 1, maxLength: 9 })
  .chain((paths) =>
    fc.tuple(
      ...['cluster', 'storage.s3', ...paths].map((path) =>
        fc.constantFrom(...(CHOICES[path] ?? [])).map((value) => [path, value] as const),
      ),
    ),
  )
  .map((chosen) => {
    const values = chosen.reduce<Fields>((all, [path, value]) => withValue(all, path.split('.'), value), {});
    const shared =
      at(values, 'cluster', 'enabled') === true && at(values, 'storage', 's3', 'enabled') !== true;
    // The chart gives each server an emptyDir of its own then, and neither of us makes that work.
    const stored = shared ? withValue(values, ['persistence', 'enabled'], true) : values;
    return 'externalMysql' in values ? withValue(stored, ['mysql'], { enabled: false }) : stored;
  });

function withValue(values: Fields, [step = '', ...rest]: readonly string[], value: unknown): Fields {
  const before = fields(values[step]);
  if (rest.length > 0) return { ...values, [step]: withValue(before, rest, value) };
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return { ...values, [step]: isMapping ? { ...before, ...value } : value };
}

const CONFIGURATION = ['server_config.yaml', 'readonly_server_config.yaml'];

/** As the renderings of parity.test.ts are: without hooks, and with the configurations parsed. */
function rendered(file: string): Manifest[] {
  const args = ['template', 'milvus-test', CHART, '-n', 'milvus', '-f', file];
  const output = execFileSync(find('helm') ?? '', args, { encoding: 'utf8', stdio: 'pipe' });
  return parseAllDocuments(output, { version: '1.1' })
    .map((document) => document.toJS() as Manifest | null)
    .filter((object): object is Manifest => object !== null)
    .filter((object) => at(object, 'metadata', 'annotations', 'helm.sh/hook') === undefined)
    .map((object) =>
      object.kind === 'ConfigMap' ? { ...object, data: parsed(fields(object['data'])) } : object,
    );
}

function parsed(data: Fields): Fields {
  return Object.fromEntries(
    Object.entries(data).map(([file, content]) => {
      const text = String(content);
      if (CONFIGURATION.includes(file)) return [file, { parsed: parseYaml(text) as unknown }];
      if (file !== 'mishards_config.yaml') return [file, text];
      return [
        file,
        {
          parsed: Object.fromEntries(
            [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]),
          ),
        },
      ];
    }),
  );
}

(able ? test : test.skip)(
  'a cluster from any values is the one that Helm makes of them',
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'any-values-'));
    const file = join(directory, 'values.yaml');
    try {
      fc.assert(
        fc.property(anyValues, (values) => {
          writeFileSync(file, stringify(values, { aliasDuplicateObjects: false }));
          const config = fromHelmValues(values, { release: 'milvus-test', namespace: 'milvus' });
          expect(chartDifferences(values, rendered(file), config)).toEqual([]);
        }),
        seeded(100),
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
  600_000,
);
