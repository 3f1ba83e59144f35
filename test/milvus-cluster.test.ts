import { readdirSync } from 'node:fs';
import { ApiObject, App, JsonPatch, Testing } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { ConfigurationError, MilvusCluster, type MilvusConfig, MilvusJob } from '../lib';
import {
  clusterOf,
  everyOption,
  everyOptionExternalMysql,
  manifestsOf,
  minimal,
  sourceScenario,
  yamlOf,
} from './support/clusters';
import { at, find, idOf, type Manifest, records } from './support/manifests';

const template = (manifest: Manifest) => at(manifest, 'spec', 'template');
const podSpec = (manifest: Manifest) => at(template(manifest), 'spec');
const container = (manifest: Manifest) => records(at(podSpec(manifest), 'containers'))[0];
const initNames = (manifest: Manifest) =>
  records(at(podSpec(manifest), 'initContainers')).map(({ name }) => name);
const env = (manifest: Manifest) =>
  Object.fromEntries(
    records(container(manifest)?.['env']).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
  );

describe('the minimal configuration', () => {
  const manifests = manifestsOf(minimal);

  test('makes these objects, in the order in which they are needed', () => {
    expect(manifests.map(idOf)).toEqual([
      'NetworkPolicy/milvus-test-default-deny',
      'NetworkPolicy/milvus-test-mishards',
      'NetworkPolicy/milvus-test-readonly',
      'NetworkPolicy/milvus-test-writable',
      'NetworkPolicy/milvus-test-mysql',
      'NetworkPolicy/milvus-test-smoke-test',
      'NetworkPolicy/milvus-test-export',
      'NetworkPolicy/milvus-test-import',
      'ConfigMap/milvus-test-scripts',
      'ConfigMap/milvus-test',
      'ConfigMap/milvus-test-mysql-configuration',
      'StatefulSet/milvus-test-mysql',
      'Service/milvus-test-mysql-headless',
      'Service/milvus-test-mysql',
      'PersistentVolumeClaim/milvus-test-writable-wal',
      'Deployment/milvus-test-writable',
      'Service/milvus-test-writable',
      'Deployment/milvus-test-readonly',
      'Service/milvus-test-readonly',
      'Service/milvus-test-readonly-discovery',
      'ConfigMap/milvus-test-mishards',
      'Deployment/milvus-test-mishards',
      'Service/milvus-test',
    ]);
  });

  test("selectors are the chart's, so that a running release can be adopted", () => {
    for (const component of ['writable', 'readonly', 'mishards']) {
      expect(
        at(find(manifests, 'Deployment', `milvus-test-${component}`), 'spec', 'selector', 'matchLabels'),
      ).toEqual({
        'app.kubernetes.io/name': 'milvus',
        'app.kubernetes.io/instance': 'milvus-test',
        component,
      });
    }
  });

  test('labels of version and tool stay off the pods, so that they roll nothing', () => {
    for (const component of ['writable', 'readonly', 'mishards']) {
      const deployment = find(manifests, 'Deployment', `milvus-test-${component}`);
      expect(deployment.metadata['labels']).toMatchObject({ 'app.kubernetes.io/version': '1.1.1' });
      expect(at(template(deployment), 'metadata', 'labels')).toEqual({
        'app.kubernetes.io/name': 'milvus',
        'app.kubernetes.io/instance': 'milvus-test',
        'app.kubernetes.io/component': component,
        component,
      });
    }
  });

  test('names no namespace, so that kubectl -n and kustomize decide', () => {
    expect(JSON.stringify(manifests)).not.toContain('"namespace"');
  });

  test('there is one writable, and never two at once', () => {
    const writable = find(manifests, 'Deployment', 'milvus-test-writable');
    expect(writable).toMatchObject({ spec: { replicas: 1, strategy: { type: 'Recreate' } } });
    expect(podSpec(writable)).toMatchObject({ terminationGracePeriodSeconds: 300 });
    expect(podSpec(writable)).not.toHaveProperty('topologySpreadConstraints');
  });

  test('the write-ahead log is on a claim, everything else of the servers in scratch volumes with a limit', () => {
    const wal = (name: string) => records(at(podSpec(find(manifests, 'Deployment', name)), 'volumes'));
    expect(wal('milvus-test-writable')).toContainEqual({
      name: 'wal',
      persistentVolumeClaim: { claimName: 'milvus-test-writable-wal' },
    });
    expect(wal('milvus-test-readonly').map(({ name }) => name)).not.toContain('wal');
    for (const volume of [...wal('milvus-test-writable'), ...wal('milvus-test-readonly')]) {
      if (volume['emptyDir'] !== undefined) expect(volume['emptyDir']).toHaveProperty('sizeLimit');
    }
  });

  test.each(['writable', 'readonly'])(
    'the %s starts after a login to MySQL, the S3 check and the rendering',
    (role) => {
      const deployment = find(manifests, 'Deployment', `milvus-test-${role}`);
      expect(initNames(deployment)).toEqual(['wait-for-mysql', 's3-preflight', 'render-config']);
      for (const init of records(at(podSpec(deployment), 'initContainers'))) {
        // What it says when it fails is then in `kubectl describe pod`.
        expect(init['terminationMessagePolicy']).toBe('FallbackToLogsOnError');
      }
      expect(container(deployment)).toMatchObject({
        args: ['/var/lib/milvus/bin/milvus_server', '-c', '/run/milvus/server_config.yaml'],
      });
      expect(container(deployment)).not.toHaveProperty('command');
    },
  );

  test('the rendered configuration is in memory, and read-only for the server', () => {
    const writable = find(manifests, 'Deployment', 'milvus-test-writable');
    expect(records(at(podSpec(writable), 'volumes'))).toContainEqual({
      name: 'server-config',
      emptyDir: { medium: 'Memory', sizeLimit: '1Mi' },
    });
    expect(container(writable)?.['volumeMounts']).toContainEqual({
      name: 'server-config',
      mountPath: '/run/milvus',
      readOnly: true,
    });
  });

  test('the servers are probed over HTTP, with time for a long start', () => {
    const server = container(find(manifests, 'Deployment', 'milvus-test-writable'));
    expect(server?.['startupProbe']).toMatchObject({
      httpGet: { path: '/state', port: 'web' },
      periodSeconds: 10,
      failureThreshold: 180,
    });
    expect(server?.['readinessProbe']).toMatchObject({ httpGet: { path: '/system/status', port: 'web' } });
    expect(server?.['livenessProbe']).toMatchObject({ httpGet: { path: '/state', port: 'web' } });
  });

  test('no Service shows the HTTP port, which gives the credentials away', () => {
    for (const service of manifests.filter(({ kind }) => kind === 'Service')) {
      expect(records(at(service, 'spec', 'ports')).map(({ targetPort }) => targetPort)).not.toContain('web');
    }
  });

  test('mishards reaches the writable by its stable address, and waits for it', () => {
    const mishards = find(manifests, 'Deployment', 'milvus-test-mishards');
    expect(initNames(mishards)).toEqual(['wait-for-mysql', 'wait-for-writable']);
    expect(env(mishards)).toMatchObject({
      WOSERVER: 'tcp://milvus-test-writable:19530',
      MYSQL_HOST: 'milvus-test-mysql',
      MYSQL_PASSWORD: { secretKeyRef: { name: 'milvus-test-mysql', key: 'mysql-password' } },
      SERVER_PORT: '19530',
      pool_size: '50',
      LOG_LEVEL: 'WARNING',
    });
    expect(at(find(manifests, 'Service', 'milvus-test-writable'), 'spec')).not.toHaveProperty('clusterIP');
  });

  test('readers are found through a headless Service, without any rights', () => {
    const mishards = find(manifests, 'Deployment', 'milvus-test-mishards');
    expect(env(mishards)).toMatchObject({
      DISCOVERY_CLASS_NAME: 'dns',
      DISCOVERY_DNS_HOST: 'milvus-test-readonly-discovery',
      DISCOVERY_DNS_PORT: '19530',
    });
    expect(find(manifests, 'Service', 'milvus-test-readonly-discovery')).toMatchObject({
      spec: { clusterIP: 'None', selector: { component: 'readonly' } },
    });
    // Only readers that are ready.
    expect(at(find(manifests, 'Service', 'milvus-test-readonly-discovery'), 'spec')).not.toHaveProperty(
      'publishNotReadyAddresses',
    );
    expect(manifests.map(({ kind }) => kind)).not.toContain('Role');
    expect(container(mishards)).toMatchObject({
      livenessProbe: { httpGet: { path: '/live', port: 'health' } },
      readinessProbe: { httpGet: { path: '/ready', port: 'health' } },
    });
  });

  test('mishards is started by the whole package that mends it', () => {
    const mishards = find(manifests, 'Deployment', 'milvus-test-mishards');
    const modules = readdirSync('assets/mishards/milvus_proxy').filter((file) => file.endsWith('.py'));
    expect(modules.length).toBeGreaterThan(5);
    expect(
      Object.keys(at(find(manifests, 'ConfigMap', 'milvus-test-mishards'), 'data') ?? {}).sort(),
    ).toEqual(modules.sort());
    expect(container(mishards)?.['volumeMounts']).toContainEqual({
      name: 'modules',
      mountPath: '/opt/cdk8s-milvus-mishards/milvus_proxy',
      readOnly: true,
    });
    expect(env(mishards)).toMatchObject({
      PYTHONPATH: '/opt/cdk8s-milvus-mishards',
      MISHARDS_COMMANDS: 'restricted',
    });
  });

  test('a stopping reader is out of the ring, and out of DNS, before it is told to stop', () => {
    const readonly = find(manifests, 'Deployment', 'milvus-test-readonly');
    expect(container(readonly)).toMatchObject({
      lifecycle: { preStop: { exec: { command: ['sh', '/opt/cdk8s-milvus/leave.sh', '19121', '66'] } } },
    });
    expect(at(podSpec(readonly), 'terminationGracePeriodSeconds')).toBe(96);
    expect(container(find(manifests, 'Deployment', 'milvus-test-writable'))).not.toHaveProperty('lifecycle');
  });

  test('a stopping proxy serves on until clients have left it', () => {
    const mishards = find(manifests, 'Deployment', 'milvus-test-mishards');
    expect(container(mishards)).toMatchObject({
      lifecycle: { preStop: { exec: { command: ['sleep', '10'] } } },
    });
    const { STOP_SECONDS } = env(mishards);
    expect(Number(STOP_SECONDS) + 10).toBeLessThan(
      Number(at(podSpec(mishards), 'terminationGracePeriodSeconds')),
    );
  });

  test('MySQL keeps its data in a directory of its claim, and its passwords out of the environment', () => {
    const mysql = find(manifests, 'StatefulSet', 'milvus-test-mysql');
    expect(mysql).toMatchObject({ spec: { replicas: 1, serviceName: 'milvus-test-mysql-headless' } });
    expect(container(mysql)).toMatchObject({
      command: [
        'sh',
        '-c',
        'ulimit -n 65536 2>/dev/null || :; exec sh /opt/cdk8s-milvus/mysql-start.sh "$@"',
        'mysqld',
      ],
    });
    expect(container(mysql)?.['volumeMounts']).toContainEqual({
      name: 'data',
      mountPath: '/var/lib/mysql',
      subPath: 'data',
    });
    expect(env(mysql)).toEqual({
      MYSQL_DATABASE: 'milvus',
      MYSQL_USER: 'milvus',
      MYSQL_PASSWORD_FILE: '/run/secrets/cdk8s-milvus/password',
      MYSQL_ROOT_PASSWORD_FILE: '/run/secrets/cdk8s-milvus/root-password',
      MYSQL_ROOT_HOST: 'localhost',
    });
    expect(at(find(manifests, 'ConfigMap', 'milvus-test-mysql-configuration'), 'data', 'my.cnf')).toMatch(
      /^\[mysqld\]\n(?:.+\n)*ignore-db-dir = lost\+found\n(?:.+\n)*max_connections = 1000\n/,
    );
  });

  test('MySQL is probed over TCP, which its initialisation does not answer', () => {
    const mysql = container(find(manifests, 'StatefulSet', 'milvus-test-mysql'));
    const ping = {
      exec: { command: ['mysqladmin', '--no-defaults', 'ping', '--host=127.0.0.1', '--connect-timeout=4'] },
    };
    expect(mysql?.['startupProbe']).toMatchObject({ ...ping, failureThreshold: 360 });
    expect(mysql?.['livenessProbe']).toMatchObject(ping);
    expect(mysql?.['readinessProbe']).toMatchObject({
      exec: { command: ['sh', '/opt/cdk8s-milvus/mysql-ready.sh'] },
    });
  });
});

test('the source scenario keeps its volumes on csi-rbd-sc', () => {
  const manifests = manifestsOf(sourceScenario);
  const [claim] = records(
    at(find(manifests, 'StatefulSet', 'milvus-test-mysql'), 'spec', 'volumeClaimTemplates'),
  );
  expect(claim).toMatchObject({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { storageClassName: 'csi-rbd-sc', resources: { requests: { storage: '4Gi' } } },
  });
  expect(find(manifests, 'PersistentVolumeClaim', 'milvus-test-writable-wal')).toMatchObject({
    spec: { storageClassName: 'csi-rbd-sc', accessModes: ['ReadWriteOnce'] },
  });
});

describe('every option', () => {
  const config = everyOption('existingSecret');
  const manifests = manifestsOf(config);
  const workloads = {
    writable: find(manifests, 'Deployment', 'every-writable'),
    readonly: find(manifests, 'Deployment', 'every-readonly'),
    mishards: find(manifests, 'Deployment', 'every-mishards'),
    mysql: find(manifests, 'StatefulSet', 'every-metadata'),
  };

  test('namespace, labels and annotations are on every object', () => {
    for (const { metadata } of manifests) {
      expect(metadata).toMatchObject({
        namespace: 'vectors',
        labels: { 'example.com/team': 'search', 'app.kubernetes.io/instance': 'every-release' },
        annotations: { 'example.com/note': 'every object' },
      });
    }
  });

  test.each(Object.entries(workloads))(
    'scheduling, resources and pod metadata of the %s',
    (name, workload) => {
      expect(at(template(workload), 'metadata')).toMatchObject({
        labels: { 'example.com/pod': name },
        annotations: { 'example.com/pod-note': `pods of ${name}` },
      });
      expect(podSpec(workload)).toMatchObject({
        nodeSelector: { [`example.com/${name}`]: 'yes', 'kubernetes.io/arch': 'amd64' },
        tolerations: [
          {
            key: `only-${name}`,
            operator: 'Equal',
            value: 'yes',
            effect: 'NoExecute',
            tolerationSeconds: 60,
          },
        ],
        affinity: {
          nodeAffinity: expect.anything(),
          podAffinity: expect.anything(),
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'b' } } },
            ],
          },
        },
        priorityClassName: `${name}-priority`,
        imagePullSecrets: [{ name: 'registry-login' }],
      });
      expect(container(workload)).toMatchObject({
        imagePullPolicy: 'Never',
        resources: {
          requests: { cpu: '750m', memory: '1Gi', 'ephemeral-storage': '2Gi', 'example.com/fpga': '1' },
          limits: { cpu: '3', memory: '40Gi', 'ephemeral-storage': '4Gi', 'example.com/fpga': '1' },
        },
      });
    },
  );

  test('grace periods and start-up times', () => {
    const grace = Object.values(workloads).map((workload) =>
      at(podSpec(workload), 'terminationGracePeriodSeconds'),
    );
    expect(grace).toEqual([600, 45, 60, 240]);
    const thresholds = [workloads.writable, workloads.readonly, workloads.mysql].map((workload) =>
      at(container(workload), 'startupProbe', 'failureThreshold'),
    );
    expect(thresholds).toEqual([360, 90, 120]);
  });

  test('all images come from the mirror', () => {
    const images = Object.values(workloads).flatMap((workload) => [
      ...records(at(podSpec(workload), 'initContainers')),
      ...records(at(podSpec(workload), 'containers')),
    ]);
    // What the configuration adds comes from where it says.
    const ours = images.filter(({ name }) => !String(name).startsWith('extra'));
    expect([...new Set(ours.map(({ image }) => image))].sort()).toEqual([
      'registry.example.com:5000/mirror/library/haproxy:3.0.5',
      'registry.example.com:5000/mirror/library/mysql:8.0.36',
      'registry.example.com:5000/mirror/milvusdb/milvus:1.1.1-gpu-other',
      'registry.example.com:5000/mirror/mirror/mishards:1.1.1',
      'registry.example.com:5000/mirror/prom/mysqld-exporter:v0.15.1',
      `registry.example.com:5000/mirror/rclone/rclone:1.68.2@sha256:${'0'.repeat(64)}`,
    ]);
  });

  test('existing claims are used and none is made', () => {
    expect(records(at(podSpec(workloads.writable), 'volumes'))).toContainEqual({
      name: 'wal',
      persistentVolumeClaim: { claimName: 'wal-claim' },
    });
    expect(records(at(podSpec(workloads.mysql), 'volumes'))).toContainEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'mysql-claim' },
    });
    expect(at(workloads.mysql, 'spec')).not.toHaveProperty('volumeClaimTemplates');
    expect(manifests.map(({ kind }) => kind)).not.toContain('PersistentVolumeClaim');
    expect(container(workloads.mysql)?.['volumeMounts']).toContainEqual({
      name: 'data',
      mountPath: '/var/lib/mysql',
      subPath: 'the/data',
    });
  });

  test('claims that are made carry what is configured', () => {
    const made = manifestsOf({
      ...config,
      wal: { ...config.wal, persistence: { ...config.wal?.persistence, existingClaim: undefined } },
      mysql: { ...config.mysql, persistence: { ...config.mysql?.persistence, existingClaim: undefined } },
    });
    const expected = (name: string) => ({
      metadata: { annotations: { 'example.com/claim-note': name } },
      spec: {
        storageClassName: `${name}-sc`,
        accessModes: ['ReadWriteOncePod'],
        resources: { requests: { storage: '20Gi' } },
      },
    });
    expect(find(made, 'PersistentVolumeClaim', 'every-writable-wal')).toMatchObject(expected('wal'));
    expect(
      records(at(find(made, 'StatefulSet', 'every-metadata'), 'spec', 'volumeClaimTemplates'))[0],
    ).toMatchObject(expected('mysql'));
  });

  test('the client Service', () => {
    expect(find(manifests, 'Service', 'every')).toMatchObject({
      metadata: { labels: { 'example.com/exposed': 'yes' }, annotations: { 'example.com/lb': 'clients' } },
      spec: {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.99',
        loadBalancerIP: '192.0.2.10',
        loadBalancerSourceRanges: ['192.0.2.0/24'],
        externalIPs: ['198.51.100.7'],
        ports: [{ port: 19531, nodePort: 31530, targetPort: 'mishards' }],
      },
    });
    // Those of the servers are for mishards alone.
    for (const name of ['every-writable', 'every-readonly', 'every-readonly-discovery']) {
      expect(find(manifests, 'Service', name)).toMatchObject({ spec: { type: 'ClusterIP' } });
    }
  });

  test('several readers and proxies are spread over the nodes', () => {
    const several = manifestsOf({ ...minimal, readonly: { replicas: 3 }, mishards: { replicas: 2 } });
    for (const [name, replicas] of [
      ['readonly', 3],
      ['mishards', 2],
    ] as const) {
      const workload = find(several, 'Deployment', `milvus-test-${name}`);
      const labelSelector = { matchLabels: at(workload, 'spec', 'selector', 'matchLabels') };
      const topologyKey = 'kubernetes.io/hostname';
      expect(workload).toMatchObject({ spec: { replicas } });
      expect(podSpec(workload)).toMatchObject({
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { podAffinityTerm: { topologyKey, labelSelector } },
            ],
          },
        },
        topologySpreadConstraints: [{ topologyKey, whenUnsatisfiable: 'ScheduleAnyway', labelSelector }],
      });
    }
  });

  test('mishards gets its settings, the stock discovery, and just the rights for it', () => {
    expect(env(workloads.mishards)).toMatchObject({
      MAX_WORKERS: '80',
      MAX_RETRY: '2',
      LOG_LEVEL: 'INFO',
      pool_size: '60',
      max_overflow: '5',
      pool_recycle: '100',
      pool_timeout: '10',
      DISCOVERY_CLASS_NAME: 'kubernetes',
      DISCOVERY_KUBERNETES_NAMESPACE: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
      DISCOVERY_KUBERNETES_IN_CLUSTER: 'true',
      DISCOVERY_KUBERNETES_POLL_INTERVAL: '7',
      DISCOVERY_KUBERNETES_LABEL_SELECTOR:
        'app.kubernetes.io/instance=every-release,app.kubernetes.io/name=every-app,component=readonly',
    });
    // An account that is named has its rights already.
    expect(podSpec(workloads.mishards)).toMatchObject({
      serviceAccountName: 'mishards-account',
      automountServiceAccountToken: true,
    });
    expect(manifests.map(({ kind }) => kind)).not.toContain('Role');

    const own = manifestsOf({ ...minimal, mishards: { discovery: 'kubernetes' } });
    expect(podSpec(find(own, 'Deployment', 'milvus-test-mishards'))).toMatchObject({
      serviceAccountName: 'milvus-test-mishards',
      automountServiceAccountToken: true,
    });
    expect(find(own, 'Role', 'milvus-test-mishards')['rules']).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
      { apiGroups: [''], resources: ['events'], verbs: ['list', 'watch'] },
    ]);
    expect(find(own, 'RoleBinding', 'milvus-test-mishards')).toMatchObject({
      roleRef: { kind: 'Role', name: 'milvus-test-mishards' },
      subjects: [{ kind: 'ServiceAccount', name: 'milvus-test-mishards' }],
    });
  });

  test('the interval of our own discovery', () => {
    const dns = manifestsOf({ ...config, mishards: { ...config.mishards, discovery: 'dns' } });
    expect(env(find(dns, 'Deployment', 'every-mishards'))).toMatchObject({
      DISCOVERY_DNS_POLL_INTERVAL: '7',
    });
  });

  test('the checks before the start', () => {
    const [mysqlLogin, s3] = records(at(podSpec(workloads.writable), 'initContainers'));
    const variables = (given: typeof s3) =>
      Object.fromEntries(
        records(given?.['env']).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
      );
    expect(variables(mysqlLogin)).toMatchObject({
      MYSQL_DATABASE: 'vectors',
      MYSQL_USER: 'vector_user',
      MYSQL_PWD: { secretKeyRef: { name: 'passwords-of-mysql', key: 'the-password' } },
      WAIT_SECONDS: '111',
    });
    expect(variables(s3)).toMatchObject({
      S3_ADDRESS: 'rgw.storage.example.com',
      S3_PORT: '7480',
      S3_BUCKET: 'every-bucket',
      S3_PREFIX: 'data/milvus',
      S3_CREATE_BUCKET: 'true',
      S3_ACCESS_KEY: { secretKeyRef: { name: 'keys-of-s3', key: 'the-access-key' } },
      S3_SECRET_KEY: { secretKeyRef: { name: 'keys-of-s3', key: 'the-secret-key' } },
      WAIT_SECONDS: '222',
    });
    // One creator is enough; the readers wait for it.
    const [, ofReader] = records(at(podSpec(workloads.readonly), 'initContainers'));
    expect(variables(ofReader)).toMatchObject({ S3_CREATE_BUCKET: 'wait' });
  });

  test('the scratch volumes have their limits', () => {
    expect(records(at(podSpec(workloads.readonly), 'volumes'))).toEqual(
      expect.arrayContaining([{ name: 'storage', emptyDir: { sizeLimit: '30Gi' } }]),
    );
    const logs = manifestsOf({ ...minimal, milvus: { logs: { sizeLimit: '9Gi' } } });
    expect(records(at(podSpec(find(logs, 'Deployment', 'milvus-test-readonly')), 'volumes'))).toContainEqual({
      name: 'logs',
      emptyDir: { sizeLimit: '9Gi' },
    });
  });

  test('MySQL 8.0 is told to keep the passwords that Milvus can use', () => {
    const myCnf = String(at(find(manifests, 'ConfigMap', 'every-metadata-configuration'), 'data', 'my.cnf'));
    expect(myCnf).toContain('default-authentication-plugin = mysql_native_password\nskip-log-bin\n');
    expect(myCnf).not.toContain('ignore-db-dir');
    expect(myCnf).toContain('max_connections = 2000\n');
    expect(myCnf).toContain('innodb_buffer_pool_size = 20480M\n');
  });
});

test('with an external MySQL none is deployed, and everything logs in there', () => {
  const manifests = manifestsOf(everyOptionExternalMysql('existingSecret'));
  expect(manifests.map(idOf).filter((id) => id.includes('mysql'))).toEqual([]);
  expect(env(find(manifests, 'Deployment', 'every-mishards'))).toMatchObject({
    MYSQL_HOST: 'mysql.example.com',
    MYSQL_PORT: '3307',
    MYSQL_DATABASE: 'outside',
    MYSQL_USER: 'milvus@outside',
    MYSQL_PASSWORD: { secretKeyRef: { name: 'outside-password', key: 'pw' } },
  });
});

test('an adopted storage.path in the image takes a writer that is root; the readers stay as they are', () => {
  const manifests = manifestsOf({ ...minimal, storage: { path: '/var/lib/milvus' } });
  const writable = find(manifests, 'Deployment', 'milvus-test-writable');
  expect(podSpec(writable)).toMatchObject({ securityContext: { runAsUser: 0 } });
  expect(container(writable)).toMatchObject({ securityContext: { readOnlyRootFilesystem: false } });
  const readers = find(manifests, 'Deployment', 'milvus-test-readonly');
  expect(podSpec(readers)).toMatchObject({ securityContext: { runAsUser: 10001, runAsNonRoot: true } });
  for (const deployment of [writable, readers]) {
    // A mount on /var/lib/milvus itself would hide the programs of the image.
    const mounts = records(container(deployment)?.['volumeMounts']).map(({ mountPath }) => mountPath);
    expect(mounts).toContain('/var/lib/milvus/db');
    expect(mounts).not.toContain('/var/lib/milvus');
  }
});

test('without the HTTP listener the probes use the gRPC port', () => {
  const manifests = manifestsOf({ ...minimal, milvus: { network: { httpEnabled: false } } });
  const server = container(find(manifests, 'Deployment', 'milvus-test-readonly'));
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
    expect(server?.[probe]).toMatchObject({ tcpSocket: { port: 'engine' } });
  }
  expect(records(server?.['ports']).map(({ name }) => name)).toEqual(['engine']);
});

describe('a change rolls exactly the pods that read it', () => {
  const templates = (config: MilvusConfig) =>
    new Map(
      manifestsOf(config)
        .filter((manifest) => template(manifest) !== undefined)
        .map((manifest) => [manifest.metadata.name, JSON.stringify(template(manifest))]),
    );
  const before = templates(minimal);
  const rolled = (config: MilvusConfig) =>
    [...templates(config)].filter(([name, text]) => before.get(name) !== text).map(([name]) => name);

  test.each<[string, Partial<MilvusConfig>, string[]]>([
    [
      'more readers',
      { readonly: { replicas: 1, podTemplate: { spec: { terminationGracePeriodSeconds: 96 } } } },
      [],
    ],
    [
      'the cache of the readers',
      { readonly: { cache: { cpuCacheThreshold: 0.5 } } },
      ['milvus-test-readonly'],
    ],
    ['the write-ahead log', { wal: { recoveryErrorIgnore: false } }, ['milvus-test-writable']],
    ['the logs', { milvus: { logs: { level: 'error' } } }, ['milvus-test-writable', 'milvus-test-readonly']],
    ['MySQL', { mysql: { maxConnections: 1234 } }, ['milvus-test-mysql']],
    ['mishards', { mishards: { maxWorkers: 10 } }, ['milvus-test-mishards']],
    ['the client Service', { service: { type: 'NodePort' } }, []],
    ['labels of objects', { labels: { 'example.com/a': 'b' } }, []],
  ])('%s', (_, change, expected) => {
    expect(rolled({ ...minimal, ...change })).toEqual(expected);
  });
});

describe('as a construct in an app of one’s own', () => {
  test('its parts can be patched with the real field names', () => {
    const cluster = clusterOf(minimal);
    cluster.writable.deployment.addJsonPatch(
      JsonPatch.add('/spec/template/spec/runtimeClassName', 'gvisor'),
      JsonPatch.replace('/spec/template/spec/containers/0/resources/limits/memory', '16Gi'),
    );
    const deployment = (Testing.synth(cluster) as Manifest[]).find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'milvus-test-writable',
    );
    expect(at(deployment, 'spec', 'template', 'spec', 'runtimeClassName')).toBe('gvisor');
    expect(deployment && container(deployment)).toMatchObject({ resources: { limits: { memory: '16Gi' } } });
  });

  const everyPart: MilvusConfig = {
    name: 'milvus-test',
    s3: { embedded: true, bucket: 'milvus-test' },
    admin: { enabled: true },
    backup: { enabled: true },
    smokeTest: { schedule: '*/15 * * * *' },
  };

  test.each<[part: string, of: (cluster: MilvusCluster) => IConstruct | undefined, object: string]>([
    ['writable', ({ writable }) => writable, 'Deployment/milvus-test-writable'],
    ['readonly', ({ readonly }) => readonly, 'Deployment/milvus-test-readonly'],
    ['mishards', ({ mishards }) => mishards, 'Deployment/milvus-test-mishards'],
    ['mysql', ({ mysql }) => mysql, 'StatefulSet/milvus-test-mysql'],
    ['minio', ({ minio }) => minio, 'StatefulSet/milvus-test-minio'],
    ['admin', ({ admin }) => admin, 'Deployment/milvus-test-admin'],
    ['backup', ({ backup }) => backup, 'CronJob/milvus-test-backup'],
    ['canary', ({ canary }) => canary, 'CronJob/milvus-test-smoke-test'],
    ['serverConfigs', ({ serverConfigs }) => serverConfigs, 'ConfigMap/milvus-test'],
    ['networkPolicies', ({ networkPolicies }) => networkPolicies, 'NetworkPolicy/milvus-test-default-deny'],
  ])('%s is the object that it is there for, and what is patched later is in the output', (_, of, object) => {
    const cluster = clusterOf(everyPart);
    const main = ApiObject.of(of(cluster) as IConstruct);
    main.addJsonPatch(JsonPatch.add('/metadata/annotations', { patched: 'yes' }));
    const patched = (Testing.synth(cluster) as Manifest[]).filter(
      ({ metadata }) => at(metadata, 'annotations', 'patched') === 'yes',
    );
    expect(patched.map(idOf)).toEqual([object]);
  });

  test('parts tell where they are, so that nobody builds names', () => {
    const { mishards, writable, readonly, mysql } = clusterOf(minimal);
    expect([mishards?.host, writable.host, readonly?.host, readonly?.discoveryHost, mysql?.host]).toEqual([
      'milvus-test',
      'milvus-test-writable',
      'milvus-test-readonly',
      'milvus-test-readonly-discovery',
      'milvus-test-mysql',
    ]);
    expect([mishards?.port, writable.port, mysql?.port]).toEqual([19530, 19530, 3306]);
    expect(readonly?.selectorLabels).toMatchObject({ component: 'readonly' });
  });

  const otherBucket = { ...minimal.s3, bucket: 'other' };

  test('two clusters live in one app', () => {
    const app = new App();
    const first = new MilvusCluster(app, 'first', minimal);
    const second = new MilvusCluster(app, 'second', { ...minimal, name: 'other', s3: otherBucket });
    const names = (cluster: MilvusCluster) => (Testing.synth(cluster) as Manifest[]).map(idOf);
    expect(names(first).filter((id) => names(second).includes(id))).toEqual([]);
  });

  test.each<[what: string, other: MilvusConfig, words: string]>([
    ['name', { ...minimal, s3: otherBucket }, 'name: given name milvus-test, as in MilvusCluster "first"'],
    [
      'bucket',
      { ...minimal, name: 'other' },
      's3.bucket: given bucket milvus-test at 192.168.18.13:80, path',
    ],
  ])('two clusters of an app that share a %s', (_, other, words) => {
    const app = new App();
    new MilvusCluster(app, 'first', minimal);
    expect(() => new MilvusCluster(app, 'second', other)).toThrow(
      new RegExp(`^MilvusCluster "second": 1 problem\\n  - ${words}`),
    );
    expect(() => new MilvusCluster(new App(), 'second', other)).not.toThrow();
  });

  test('what counts is in the tree: other charts own nothing, nor does a cluster that was taken out', () => {
    const app = new App();
    new MilvusJob(app, 'job', 'smoke-test', minimal);
    const first = new MilvusCluster(app, 'first', minimal);
    expect(app.node.children.map(MilvusCluster.isMilvusCluster)).toEqual([false, true]);
    app.node.tryRemoveChild(first.node.id);
    expect(() => new MilvusCluster(app, 'second', minimal)).not.toThrow();
  });

  test('fails with every problem and the name of the construct', () => {
    const bad = { ...minimal, name: 'NOT A NAME', s3: { ...minimal.s3, port: 0 } };
    expect(() => new MilvusCluster(new App(), 'my-cluster', bad)).toThrow(ConfigurationError);
    expect(() => new MilvusCluster(new App(), 'my-cluster', bad)).toThrow(
      /^MilvusCluster "my-cluster": 2 problems\n {2}- name: given "NOT A NAME"[\s\S]*\n {2}- s3\.port: given 0/,
    );
  });
});

describe('the manifests as they are applied', () => {
  test.each<[string, MilvusConfig]>([
    ['minimal', minimal],
    ['source scenario', sourceScenario],
    ['every option', everyOption('existingSecret')],
    ['every option, external MySQL', everyOptionExternalMysql('externalSecret')],
  ])('%s', (_, config) => {
    // The scripts are files of their own in assets/, and reviewed there.
    const withoutScripts = yamlOf(config)
      .split('\n---\n')
      .filter((document) => !/^ {2}(render-config\.sh|dns_discovery\.py): /m.test(document));
    expect(withoutScripts.join('\n---\n')).toMatchSnapshot();
  });

  test('the same configuration gives the same bytes', () => {
    expect(yamlOf(everyOption('inline'))).toBe(yamlOf(everyOption('inline')));
  });
});
