import { fromHelmValues, type MilvusConfig } from '../../lib';
import { manifestsOf } from '../support/clusters';
import {
  at,
  containers,
  find,
  idOf,
  type Manifest,
  podTemplates,
  records,
  selects,
  text,
} from '../support/manifests';

/**
 * What is wrong with Helm chart milvus 1.1.6 (1 to 31) and its subchart mysql 1.6.4 (M1 to M17), each as a property that
 * our manifests have for the values with which the chart fails.
 */
const S3 = {
  enabled: true,
  address: '10.1.1.1',
  port: 80,
  access_key: 'CANARY-S3-KEY',
  secret_key: 'CANARY-S3-SECRET',
  bucket: 'vectors',
};
const CLUSTER = {
  cluster: { enabled: true },
  storage: { s3: S3 },
  mysql: { mysqlRootPassword: 'CANARY-ROOT', mysqlPassword: 'CANARY-USER' },
};
const from = (values: object = {}, release = 'milvus-test'): MilvusConfig =>
  fromHelmValues({ ...CLUSTER, ...values }, { release });
const rendered = (values: object = {}, release?: string): Manifest[] => manifestsOf(from(values, release));

const manifests = rendered();
const deployment = (name: string, all = manifests) => find(all, 'Deployment', `milvus-test-${name}`);
const mysql = find(manifests, 'StatefulSet', 'milvus-test-mysql');
const pod = (workload: Manifest) => at(workload, 'spec', 'template', 'spec');
const main = (workload: Manifest) => records(at(pod(workload), 'containers'))[0];
const inits = (workload: Manifest) => records(at(pod(workload), 'initContainers'));
const env = (container: unknown) =>
  Object.fromEntries(
    records(at(container, 'env')).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
  );
const service = (name: string, all = manifests) => find(all, 'Service', name);
const config = (all = manifests) =>
  text(at(find(all, 'ConfigMap', 'milvus-test'), 'data', 'server_config.yaml'));
const readers = (all = manifests) =>
  text(at(find(all, 'ConfigMap', 'milvus-test'), 'data', 'readonly_server_config.yaml'));

describe('bugs of the chart that we do not have', () => {
  test('1: no credential is in a ConfigMap, nor anywhere else', () => {
    expect(JSON.stringify(manifests)).not.toContain('CANARY');
  });

  test('2: what shows the credentials is reached by nobody: no HTTP on a Service, quiet logs, policies', () => {
    const ports = manifests
      .filter(({ kind }) => kind === 'Service')
      .flatMap((one) => records(at(one, 'spec', 'ports')));
    expect(ports.map(({ targetPort }) => targetPort)).not.toContain('web');
    expect(config()).toContain('level: warning');
    const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
    expect(policies.length).toBeGreaterThan(5);
    expect(JSON.stringify(policies)).not.toContain('19121');
  });

  test('3, 4: the write-ahead log is on a claim, and one that can not be replayed does not stop the writer', () => {
    expect(records(at(pod(deployment('writable')), 'volumes'))).toContainEqual({
      name: 'wal',
      persistentVolumeClaim: { claimName: 'milvus-test-writable-wal' },
    });
    expect(main(deployment('writable'))?.['volumeMounts']).toContainEqual({
      name: 'wal',
      mountPath: '/var/lib/milvus/wal',
    });
    expect(config()).toContain('path: /var/lib/milvus/wal');
    expect(config()).toContain('recovery_error_ignore: true');
  });

  test('5: there is one writable, whatever is asked for', () => {
    expect(() => rendered({ replicas: 2 })).toThrow('replicas');
    expect(deployment('writable')).toMatchObject({ spec: { replicas: 1, strategy: { type: 'Recreate' } } });
  });

  test('6: with S3 and persistence.enabled no pod waits for a claim that nobody makes', () => {
    const all = rendered({ persistence: { enabled: true } });
    const claims = all
      .filter(({ kind }) => kind === 'PersistentVolumeClaim')
      .map(({ metadata }) => metadata.name);
    const used = podTemplates(all).flatMap(({ spec }) =>
      records(spec['volumes']).map((volume) => at(volume, 'persistentVolumeClaim', 'claimName')),
    );
    expect(used.filter((name) => name !== undefined && !claims.includes(String(name)))).toEqual([]);
  });

  test('7: the S3 check is a check, with the real key', () => {
    for (const name of ['writable', 'readonly']) {
      const check = inits(deployment(name)).find((container) => container['name'] === 's3-preflight');
      expect(check?.['command']).toEqual(['sh', '/opt/cdk8s-milvus/s3-preflight.sh']);
      expect(env(check)).toMatchObject({
        S3_SECRET_KEY: { secretKeyRef: { name: 'milvus-test-s3', key: 'secret-key' } },
      });
    }
  });

  test('8: the ServiceAccount "default" gets no rights, and discovery has one of its own', () => {
    expect(manifests.map(({ kind }) => kind)).not.toContain('Role');
    const stock = rendered({ mishards: { discoveryClassName: 'kubernetes' } });
    expect(find(stock, 'RoleBinding', 'milvus-test-mishards')['subjects']).toEqual([
      { kind: 'ServiceAccount', name: 'milvus-test-mishards' },
    ]);
    expect(pod(deployment('mishards', stock))).toMatchObject({ serviceAccountName: 'milvus-test-mishards' });
  });

  test('9: discovery sees the readers of its own release alone', () => {
    const stock = rendered({ mishards: { discoveryClassName: 'kubernetes' } });
    expect(env(main(deployment('mishards', stock)))['DISCOVERY_KUBERNETES_LABEL_SELECTOR']).toContain(
      'app.kubernetes.io/instance=milvus-test',
    );
    const discovery = service('milvus-test-readonly-discovery');
    const foreign = { ...CLUSTER };
    const others = manifestsOf(fromHelmValues(foreign, { release: 'other-milvus' }));
    const labels = at(
      find(others, 'Deployment', 'other-milvus-readonly'),
      'spec',
      'template',
      'metadata',
      'labels',
    );
    expect(selects({ matchLabels: at(discovery, 'spec', 'selector') }, labels as Manifest)).toBe(false);
  });

  test('10, 11, 12: clusterIP, nodePort, external addresses and annotations are for the clients alone', () => {
    const all = rendered({
      service: {
        type: 'NodePort',
        clusterIP: '10.96.0.9',
        nodePort: 30001,
        externalIPs: ['192.0.2.1'],
        annotations: { a: 'b' },
      },
    });
    expect(service('milvus-test', all)).toMatchObject({
      metadata: { annotations: { a: 'b' } },
      spec: { clusterIP: '10.96.0.9', externalIPs: ['192.0.2.1'], ports: [{ nodePort: 30001 }] },
    });
    for (const name of ['milvus-test-writable', 'milvus-test-readonly']) {
      const one = service(name, all);
      expect(at(one, 'metadata', 'annotations')).toBeUndefined();
      expect(at(one, 'spec', 'clusterIP')).toBeUndefined();
      expect(at(one, 'spec', 'externalIPs')).toBeUndefined();
      expect(records(at(one, 'spec', 'ports')).map(({ nodePort }) => nodePort)).toEqual([undefined]);
    }
  });

  test('13: credentials are put in where any byte is safe, for either reader', () => {
    expect(config()).toMatch(/meta_uri: "mysql:\/\/milvus:@MYSQL_PASSWORD@@milvus-test-mysql:3306\/milvus"/);
    expect(config()).toContain('s3_secret_key: "@S3_SECRET_KEY@"');
    expect(env(main(deployment('mishards')))).not.toHaveProperty('SQLALCHEMY_DATABASE_URI');
    expect(main(deployment('mishards'))?.['command']).toEqual(['python3', '/opt/cdk8s-milvus/entrypoint.py']);
  });

  test.each<[release: string, values: object, host: string, port: number]>([
    ['mysql-vec', {}, 'mysql-vec', 3306],
    ['milvus-test', { mysql: { fullnameOverride: 'meta' } }, 'meta', 3306],
    ['milvus-test', { mysql: { service: { port: 3307 } } }, 'milvus-test-mysql', 3307],
  ])('14: MySQL of %s is looked for where it is', (release, values, host, port) => {
    const all = rendered(values, release);
    expect(records(at(service(host, all), 'spec', 'ports'))[0]).toMatchObject({ port });
    for (const { spec } of podTemplates(all)) {
      for (const container of containers(spec)) {
        const { MYSQL_HOST = host, MYSQL_PORT = String(port) } = env(container);
        expect([MYSQL_HOST, MYSQL_PORT]).toEqual([host, String(port)]);
      }
    }
  });

  test('15: Milvus is not root; an existing Secret works; no password is made up that the URI does not have', () => {
    expect(config()).toContain('mysql://milvus:');
    const all = rendered({ mysql: { existingSecret: 'there' } });
    expect(env(main(deployment('mishards', all)))['MYSQL_PASSWORD']).toEqual({
      secretKeyRef: { name: 'there', key: 'mysql-password' },
    });
    expect(all.map(({ kind }) => kind)).not.toContain('Secret');
  });

  test('16: nobody waits for a MySQL that is not there, and an external one comes alone', () => {
    expect(() => rendered({ mysql: { enabled: false } })).toThrow('mysql.enabled');
    const all = rendered({
      externalMysql: { enabled: true, ip: 'db', port: 3306, user: 'u', password: 'p', database: 'd' },
    });
    expect(all.map(({ kind }) => kind)).not.toContain('StatefulSet');
  });

  test('17: mishards is told to stop, after nobody is sent to it any more', () => {
    expect(main(deployment('mishards'))).toMatchObject({
      command: ['python3', expect.stringContaining('entrypoint.py')],
      lifecycle: { preStop: { exec: { command: ['sleep', '10'] } } },
    });
  });

  test('18: a proxy without discovery, or without a reader, is seen', () => {
    expect(main(deployment('mishards'))).toMatchObject({
      readinessProbe: { httpGet: { path: '/ready' } },
      livenessProbe: { httpGet: { path: '/live' } },
    });
  });

  test('19: a slow start is not killed, and paths of probes begin with a slash', () => {
    for (const name of ['writable', 'readonly']) {
      const { startupProbe, readinessProbe } = main(deployment(name)) ?? {};
      expect(
        Number(at(startupProbe, 'periodSeconds')) * Number(at(startupProbe, 'failureThreshold')),
      ).toBeGreaterThan(600);
      expect(at(readinessProbe, 'httpGet', 'path')).toBe('/system/status');
    }
  });

  test('20: a change restarts what reads it, and nothing else', () => {
    const checksums = (all: Manifest[]) =>
      ['writable', 'readonly', 'mishards'].map((name) =>
        at(deployment(name, all), 'spec', 'template', 'metadata', 'annotations', 'cdk8s-milvus/checksum'),
      );
    const [writable, reader, proxy] = checksums(manifests);
    const [sameWritable, otherReader, sameProxy] = checksums(
      rendered({ readonly: { cache: { cacheSize: '5GB' } } }),
    );
    expect([sameWritable, sameProxy]).toEqual([writable, proxy]);
    expect(otherReader).not.toBe(reader);
  });

  test('21: servers that keep their logs on one volume do not write to the same files', () => {
    const all = rendered({ logsPersistence: { enabled: true } });
    const mounts = ['writable', 'readonly'].map((name) =>
      records(main(deployment(name, all))?.['volumeMounts']).find((mount) => mount['name'] === 'logs'),
    );
    expect(mounts).toMatchObject([{ subPath: 'writable' }, { subPathExpr: '$(POD_NAME)' }]);
  });

  test('22: kubectl logs has something to show, and logs do not fill the node', () => {
    expect(config()).toContain('log_to_stdout: true');
    expect(config()).toContain('log_to_file: false');
    expect(records(at(pod(deployment('writable')), 'volumes'))).toContainEqual({
      name: 'logs',
      emptyDir: { sizeLimit: '4Gi' },
    });
  });

  test('23: memory limits fit the caches, and threads the CPUs', () => {
    expect(main(deployment('readonly'))).toMatchObject({
      resources: { requests: { memory: '7Gi' }, limits: { memory: '7Gi' } },
    });
    expect(readers()).toContain('cache_size: 4GB');
    expect(readers()).toContain('omp_thread_num: 2');
    expect(() =>
      rendered({ image: { resources: { limits: { memory: '4Gi' } } }, cache: { cacheSize: '4GB' } }),
    ).toThrow('writable.resources.limits.memory');
  });

  test('24: mishards does not log every request, and its files are bounded', () => {
    expect(env(main(deployment('mishards')))).toMatchObject({
      LOG_LEVEL: 'WARNING',
      LOG_PATH: '/tmp/mishards',
    });
    expect(records(at(pod(deployment('mishards')), 'volumes'))).toContainEqual({
      name: 'tmp',
      emptyDir: { sizeLimit: '256Mi' },
    });
  });

  test('25: static discovery does not send searches to the writable, nor all to one reader', () => {
    const discovery = { mishards: { discoveryClassName: 'static' } };
    expect(env(main(deployment('mishards', rendered(discovery))))['DISCOVERY_STATIC_HOSTS']).toBe(
      'milvus-test-readonly',
    );
    const several = rendered({ ...discovery, readonly: { replicas: 3 } });
    expect(env(main(deployment('mishards', several)))['DISCOVERY_CLASS_NAME']).toBe('dns');
  });

  test('26: a missing share is told, not waited for', () => {
    const all = rendered({ storage: {}, persistence: { enabled: true } });
    const check = inits(deployment('readonly', all)).find(
      (container) => container['name'] === 'volume-preflight',
    );
    expect(Number(env(check)['WAIT_SECONDS'])).toBeGreaterThan(0);
    expect(check).toMatchObject({ terminationMessagePolicy: 'FallbackToLogsOnError' });
  });

  test('27: what people are told to select and to forward exists', () => {
    expect(records(at(service('milvus-test'), 'spec', 'ports')).map(({ port }) => port)).toEqual([19530]);
    const withoutScripts = manifests.filter(({ metadata }) => metadata.name !== 'milvus-test-scripts');
    expect(JSON.stringify(withoutScripts)).not.toContain('standalone');
  });

  test('28: the web interface is there when it is asked for, and not before', () => {
    expect(manifests.map(idOf)).not.toContain('Deployment/milvus-test-admin');
    expect(rendered({ admin: { enabled: true } }).map(idOf)).toContain('Deployment/milvus-test-admin');
  });

  test('29: privileges, policies, labels and versions', () => {
    for (const { spec } of podTemplates(manifests)) {
      expect(spec).toMatchObject({ enableServiceLinks: false, securityContext: { runAsNonRoot: true } });
      for (const container of containers(spec)) {
        expect(container['securityContext']).toMatchObject({ capabilities: { drop: ['ALL'] } });
        expect(String(container['image'])).not.toMatch(/alpine|busybox|:latest$/);
      }
    }
    for (const { metadata } of manifests)
      expect(metadata['labels']).toHaveProperty(['app.kubernetes.io/instance']);
    expect(() => rendered({ podLabels: [] })).not.toThrow();
    expect(config()).toContain('timezone: UTC+0');
    expect(
      at(
        service('milvus-test', rendered({ service: { type: 'LoadBalancer' } })),
        'spec',
        'loadBalancerSourceRanges',
      ),
    ).toBeUndefined();
  });

  test('30: a GPU is asked for, and used by a build that can', () => {
    const all = rendered({ gpu: { enabled: true, searchDevices: ['gpu0', 'gpu1'] } });
    expect(main(deployment('writable', all))).toMatchObject({
      image: expect.stringContaining('-gpu-'),
      resources: { limits: { 'nvidia.com/gpu': '2' } },
    });
    expect(config(all)).toContain('search_devices:\n    - gpu0\n    - gpu1');
    expect(main(deployment('readonly', all))).toMatchObject({ image: expect.stringContaining('-cpu-') });
  });

  test('31: metrics are pushed to where something listens, and go with their pod', () => {
    const all = rendered({ metrics: { enabled: true } });
    for (const name of ['writable', 'readonly']) {
      const gateway = records(at(pod(deployment(name, all)), 'containers'))[1];
      expect(gateway).toMatchObject({ name: 'pushgateway', ports: [{ containerPort: 9091 }] });
    }
    expect(config(all)).toMatch(/metric:\n {2}enable: true\n {2}address: 127\.0\.0\.1\n {2}port: 9091/);
  });
});

describe('bugs of the MySQL subchart that we do not have', () => {
  const container = main(mysql);
  const myCnf = (all = manifests) =>
    text(at(find(all, 'ConfigMap', 'milvus-test-mysql-configuration'), 'data', 'my.cnf'));

  test('M1, M2: a StatefulSet, whose claim outlives it', () => {
    expect(records(at(mysql, 'spec', 'volumeClaimTemplates'))).toHaveLength(1);
    expect(
      manifests.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ metadata }) => metadata.name),
    ).not.toContain('milvus-test-mysql');
  });

  test('M3: no password on a command line, and an answer of the temporary server does not count', () => {
    const commands = JSON.stringify([
      container?.['livenessProbe'],
      container?.['readinessProbe'],
      container?.['startupProbe'],
    ]);
    expect(commands).not.toMatch(/-p\$|PASSWORD/);
    expect(commands).toContain('--host=127.0.0.1');
  });

  test('M4: the first start and a recovery have half an hour', () => {
    expect(container?.['startupProbe']).toMatchObject({ periodSeconds: 5, failureThreshold: 360 });
  });

  test('M5: the error log is where kubectl logs finds it', () => {
    expect(myCnf()).not.toMatch(/log[-_]error\b/);
    const given = {
      mysql: { configurationFiles: { 'mysql.cnf': '[mysqld]\nlog-error = /var/log/mysql/error.log\n' } },
    };
    expect(myCnf(rendered(given))).not.toMatch(/log[-_]error *=/);
  });

  test('M6: a changed option or script restarts it', () => {
    const annotations = (all: Manifest[]) =>
      at(find(all, 'StatefulSet', 'milvus-test-mysql'), 'spec', 'template', 'metadata', 'annotations');
    const changed = rendered({
      mysql: { configurationFiles: { 'a.cnf': '[mysqld]\nlong_query_time = 1\n' } },
    });
    expect(annotations(changed)).not.toEqual(annotations(manifests));
  });

  test('M7: nothing is removed from the volume', () => {
    expect(inits(mysql)).toEqual([]);
    expect(myCnf()).toContain('ignore-db-dir = lost+found');
  });

  test('M8: it is not root', () => {
    expect(pod(mysql)).toMatchObject({
      securityContext: { runAsNonRoot: true, runAsUser: 999, fsGroup: 999 },
    });
  });

  test('M9: there are no passwords that everybody knows', () => {
    expect(
      JSON.stringify(
        manifestsOf(
          fromHelmValues({ cluster: { enabled: true }, storage: { s3: S3 } }, { release: 'milvus-test' }),
        ),
      ),
    ).not.toMatch(/milvusroot|bWlsdnVz/);
  });

  test('M10: no grant to root', () => {
    expect(manifests.map(idOf)).not.toContain('ConfigMap/milvus-test-mysql-initialization');
  });

  test('M11: idle connections go, and memory is accounted for', () => {
    expect(myCnf()).toContain('wait_timeout = 28800');
    expect(myCnf()).toContain('innodb_buffer_pool_size = 512M');
    expect(container).toMatchObject({ resources: { limits: { memory: '1Gi' } } });
  });

  test('M12: its Service selects the release, too', () => {
    expect(at(service('milvus-test-mysql'), 'spec', 'selector')).toHaveProperty(
      ['app.kubernetes.io/instance'],
      'milvus-test',
    );
  });

  test('M13: the exporter is not root and not of 2017', () => {
    const all = rendered({ mysql: { metrics: { enabled: true } } });
    const [, exporter] = records(at(pod(find(all, 'StatefulSet', 'milvus-test-mysql')), 'containers'));
    expect(exporter).toMatchObject({ image: 'prom/mysqld-exporter:v0.16.0' });
    expect(JSON.stringify(exporter)).not.toContain('root-password');
  });

  test('M14: empty passwords are refused under both names', () => {
    expect(() => rendered({ mysql: { mysqlAllowEmptyPassword: true } })).toThrow(
      'mysql.mysqlAllowEmptyPassword',
    );
    expect(() => rendered({ mysql: { allowEmptyRootPassword: true } })).toThrow(
      'mysql.allowEmptyRootPassword',
    );
  });

  test('M15: it has time to stop', () => {
    expect(pod(mysql)).toMatchObject({ terminationGracePeriodSeconds: 120 });
  });

  test('M16: its claim has the size that was asked for, and says so in one place', () => {
    const all = rendered({ mysql: { persistence: { size: '9Gi' } } });
    expect(
      records(at(find(all, 'StatefulSet', 'milvus-test-mysql'), 'spec', 'volumeClaimTemplates'))[0],
    ).toMatchObject({
      spec: { resources: { requests: { storage: '9Gi' } } },
    });
  });

  test('M17: passwords that break the first start are told before it', () => {
    const inline = (password: string) => () =>
      manifestsOf({ ...from(), mysql: { credentials: { inline: { rootPassword: 'a', password } } } });
    expect(inline("it's")).toThrow('expected a password of ASCII characters');
    expect(inline('fine')).not.toThrow();
  });
});
