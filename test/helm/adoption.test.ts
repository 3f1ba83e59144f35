import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import {
  adoptionSteps,
  fromHelm,
  fromHelmValues,
  type MilvusConfig,
  rollbackSteps,
  synthesize,
} from '../../lib';
import { withoutPods } from '../support/adoption';
import { manifestsOf } from '../support/clusters';
import { at, find, type Manifest } from '../support/manifests';
import { describeOnServer, testWith } from '../support/requires';

const directory = mkdtempSync(join(tmpdir(), 'adoption-'));
afterAll(() => rmSync(directory, { recursive: true }));

const S3 = {
  s3: {
    enabled: true,
    address: '10.1.1.1',
    port: 80,
    access_key: 'CANARY',
    secret_key: 'CANARY',
    bucket: 'vectors',
  },
};
const adopt = (values: Record<string, unknown>) =>
  fromHelmValues(values, { release: 'milvus-test', namespace: 'milvus', adopt: true } as { release: string });
const config = adopt({ cluster: { enabled: true }, storage: S3 });
const options = { release: 'milvus-test', namespace: 'milvus' };
const commandsOf = (of: MilvusConfig) => adoptionSteps(of, options).flatMap(({ commands }) => commands);

/** Services as the chart leaves them in the cluster, with what the API server has filled in. */
const live = (name: string, selector: object, ports: readonly object[]): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name,
    namespace: 'milvus',
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: { 'meta.helm.sh/release-name': 'milvus-test', 'meta.helm.sh/release-namespace': 'milvus' },
  },
  spec: { type: 'ClusterIP', clusterIP: '10.96.1.2', clusterIPs: ['10.96.1.2'], selector, ports },
});
const milvusSelector = (component: string) => ({
  'app.kubernetes.io/instance': 'milvus-test',
  'app.kubernetes.io/name': 'milvus',
  component,
});
const tcp = (name: string, port: number, targetPort = name) => ({ name, port, protocol: 'TCP', targetPort });

/** What the printed commands make of an object, without a cluster: kubectl patch --local. */
function patched(object: Manifest, commands: readonly string[]): Manifest {
  const file = join(directory, 'live.json');
  return commands
    .filter((command) => command.startsWith(`kubectl -n milvus patch service ${object.metadata.name} `))
    .reduce((current, command) => {
      writeFileSync(file, JSON.stringify(current));
      const local = command.replace(
        `patch service ${object.metadata.name}`,
        `patch --local -f ${file} -o json`,
      );
      return JSON.parse(execFileSync('sh', ['-c', local], { encoding: 'utf8' })) as Manifest;
    }, object);
}

/** kubectl apply over an object that it has not made: its merge, without anything to take away. */
function applied(object: Manifest, ours: Manifest): Manifest {
  writeFileSync(join(directory, 'live.json'), JSON.stringify(object));
  return JSON.parse(
    execFileSync(
      'kubectl',
      [
        'patch',
        '--local',
        '-f',
        join(directory, 'live.json'),
        '-o',
        'json',
        '--type=strategic',
        '-p',
        JSON.stringify(ours),
      ],
      { encoding: 'utf8' },
    ),
  ) as Manifest;
}

testWith('kubectl').each<[what: string, of: MilvusConfig, object: Manifest]>([
  ['of MySQL', config, live('milvus-test-mysql', { app: 'milvus-test-mysql' }, [tcp('mysql', 3306)])],
  [
    'of the clients',
    config,
    live('milvus-test', milvusSelector('mishards'), [tcp('shards', 19530, 'mishards')]),
  ],
  [
    'of the clients of a standalone server',
    adopt({ persistence: { enabled: true } }),
    live('milvus-test', milvusSelector('writable'), [tcp('engine', 19530), tcp('web', 19121)]),
  ],
])('the Service %s keeps its address, and is ours', (_, of, object) => {
  const ours = find(manifestsOf(of), 'Service', object.metadata.name);
  const result = applied(patched(object, commandsOf(of)), ours);
  expect(at(result, 'spec', 'clusterIP')).toBe('10.96.1.2');
  for (const field of ['selector', 'ports', 'type'])
    expect(at(result, 'spec', field)).toEqual(at(ours, 'spec', field));
  // Without the commands it would be no Service of ours.
  if (object.metadata.name === 'milvus-test-mysql') {
    expect(at(applied(object, ours), 'spec', 'selector')).not.toEqual(at(ours, 'spec', 'selector'));
  }
});

test('nothing that holds data is deleted, and everything that would be merged is', () => {
  const deleted = commandsOf(config).filter((command) => / delete /.test(command));
  expect(deleted.join('\n')).not.toMatch(/persistentvolume|pvc|uninstall|namespace milvus/);
  expect(deleted).toEqual([
    'kubectl -n milvus delete deployment milvus-test-mishards milvus-test-readonly milvus-test-writable milvus-test-mysql --ignore-not-found',
    'kubectl -n milvus delete configmap milvus-test milvus-test-mysql-configuration milvus-test-mysql-initialization --ignore-not-found',
    expect.stringContaining('delete service milvus-test-readonly milvus-test-writable'),
    'kubectl -n milvus delete role,rolebinding milvus-test-pods-list --ignore-not-found',
    'kubectl -n milvus delete secret -l owner=helm,name=milvus-test',
  ]);
});

test('the writable stops before MySQL, both before anything is deleted, and Helm forgets last', () => {
  const commands = commandsOf(config);
  const order = [
    'mysqldump',
    'patch persistentvolume',
    'scale deployment/milvus-test-mishards deployment/milvus-test-readonly',
    'pod -l app.kubernetes.io/instance=milvus-test,component=mishards',
    'scale deployment/milvus-test-writable',
    'pod -l app.kubernetes.io/instance=milvus-test,component=writable',
    'scale deployment/milvus-test-mysql',
    'pod -l app=milvus-test-mysql,release=milvus-test',
    'delete deployment',
    "apply -f dist -l 'component notin",
    'rollout status statefulset/milvus-test-mysql',
    'get job/milvus-test-smoke-test',
    'owner=helm',
  ];
  const places = order.map((words) => commands.findIndex((command) => command.includes(words)));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test('the adopted cluster uses the claim, the Secret and the names of the release', () => {
  const manifests = manifestsOf(config);
  const mysql = find(manifests, 'StatefulSet', 'milvus-test-mysql');
  expect(at(mysql, 'spec', 'template', 'spec', 'volumes')).toContainEqual({
    name: 'data',
    persistentVolumeClaim: { claimName: 'milvus-test-mysql' },
  });
  expect(JSON.stringify(mysql)).toContain('"secretName":"milvus-test-mysql"');
  expect(at(find(manifests, 'ConfigMap', 'milvus-test'), 'data', 'server_config.yaml')).toContain(
    'path: /var/lib/milvus\n',
  );
});

test.each<[what: string, values: Record<string, unknown>, not: RegExp, has: RegExp]>([
  [
    'an external MySQL',
    {
      cluster: { enabled: true },
      storage: S3,
      externalMysql: { enabled: true, ip: 'db', port: 3306, user: 'u', password: 'p', database: 'd' },
    },
    /mysqldump|scale deployment\/milvus-test-mysql/,
    /create secret generic milvus-test-s3 [\s\S]*create secret generic milvus-test-external-mysql /,
  ],
  [
    'SQLite',
    { mysql: { enabled: false }, persistence: { enabled: true } },
    /mysql|S3_ACCESS_KEY/,
    /get persistentvolumeclaim milvus-test /,
  ],
])('%s: what there is not is not in the steps', (_, values, not, has) => {
  const commands = commandsOf(adopt(values)).join('\n');
  expect(commands).not.toMatch(not);
  expect(commands).toMatch(has);
});

test('the command prints them, as shell that can be read, and no credential', () => {
  const { stderr, stdout } = fromHelm(
    ['milvus-test', 'milvus/milvus', '--version', '1.1.6', '-n', 'milvus', '-f', 'v', '--adopt'],
    () => stringify({ cluster: { enabled: true }, storage: S3 }),
  );
  expect(stderr + stdout).not.toContain('CANARY');
  expect(stderr).toContain('# 1. Suspend whatever applies the chart');
  expect(stderr).toContain('# The way back');
  const { status } = spawnSync('sh', ['-n'], { input: stderr });
  expect(status).toBe(0);
});

test('notes are comments in it, so that it can be read with them as well', () => {
  const values = {
    cluster: { enabled: true },
    storage: S3,
    mysql: { mysqlUser: 'root' },
    wal: { recoveryErrorIgnore: false },
  };
  const { stderr } = fromHelm(
    ['milvus-test', 'milvus/milvus', '--version', '1.1.6', '-f', 'v', '--adopt', '--show-secrets'],
    () => stringify(values),
  );
  expect(stderr).toMatch(/^# mysql\.mysqlUser \(replaced\): /m);
  expect(stderr).not.toContain('CANARY');
  expect(spawnSync('sh', ['-n'], { input: stderr }).status).toBe(0);
});

describe('what would be lost on the way is refused, or taken along', () => {
  const seed = { cluster: { enabled: true }, storage: S3 };
  const problems = (values: Record<string, unknown>, release = 'milvus-test'): string => {
    try {
      fromHelmValues(values, { release, adopt: true });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each<[what: string, values: Record<string, unknown>, words: string]>([
    ['a standalone server without a volume', {}, 'persistence.enabled: given false, which is the default'],
    ['SQLite without a volume', { mysql: { enabled: false } }, 'persistence.enabled: given false'],
    [
      'a volume that is not where the data is',
      { primaryPath: '/data', persistence: { enabled: true } },
      'persistence.mountPath: given "/var/lib/milvus/db" with primaryPath "/data"; expected /data/db or /data',
    ],
    ['a path that ends in a slash', { ...seed, primaryPath: '/data/' }, 'primaryPath: given "/data/"'],
    [
      'a password that Milvus would misread',
      { ...seed, mysql: { mysqlPassword: 'CANARY:x' } },
      'mysql.mysqlPassword: given a password (not shown)',
    ],
  ])('%s', (_, values, words) => {
    const message = problems(values);
    expect(message).toContain(words);
    expect(message).not.toContain('CANARY');
    expect(message.split('\n')[0]).toContain('1 problem');
  });

  test('names that a running release can not have here', () => {
    expect(problems(seed, 'milvus-mysql')).toContain(
      'mysql.fullnameOverride: given "milvus-mysql" as the name of MySQL',
    );
    expect(problems({ ...seed, fullnameOverride: 'm'.repeat(41) })).toContain(
      'A running release can not be renamed',
    );
  });

  test('metadata without a volume gets one, and the dump is loaded before Milvus starts', () => {
    const of = adopt({ ...seed, mysql: { persistence: { enabled: false } } });
    expect(of.mysql?.persistence).toEqual({ enabled: true });
    const commands = commandsOf(of);
    const places = [
      "component notin (mishards,readonly,writable)'",
      'exec -i statefulset/milvus-test-mysql',
      'apply -f dist$',
    ].map((words) =>
      commands.findIndex((command) =>
        words.endsWith('$') ? command.endsWith(words.slice(0, -1)) : command.includes(words),
      ),
    );
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(commandsOf(config).join('\n')).not.toContain('exec -i statefulset');
  });

  test('the whole of the path on the volume is that volume, one directory down', () => {
    const of = adopt({
      primaryPath: '/data',
      persistence: { enabled: true, mountPath: '/data', persistentVolumeClaim: { subPath: 'old' } },
    });
    expect(of.storage).toMatchObject({
      path: '/data',
      persistence: { existingClaim: 'milvus-test', subPath: 'old/db' },
    });
    expect(of.writable).toEqual({ securityProfile: 'baseline' });
  });

  test('adopted volumes are used as root, who has written them', () => {
    const of = adopt({ ...seed, logsPersistence: { enabled: true } });
    expect([of.writable?.securityProfile, of.readonly?.securityProfile]).toEqual(['baseline', 'baseline']);
    expect(adopt(seed).readonly).toBeUndefined();
  });

  test('the log begins anew, so the writable may ignore what it misses', () => {
    expect(adopt({ ...seed, wal: { recoveryErrorIgnore: false } }).wal).toEqual({
      recoveryErrorIgnore: true,
    });
  });

  test('MySQL stays at the version of the chart, wherever its image comes from', () => {
    expect(adopt({ ...seed, mysql: { image: 'registry.local/mysql' } }).images).toEqual({
      mysql: 'registry.local/mysql:5.7.30',
    });
  });

  test('servers that ran on CPUs go on to', () => {
    const gpu = { enabled: true, searchDevices: ['gpu0'] };
    expect(adopt({ ...seed, gpu, readonly: { gpu } })).not.toHaveProperty('writable');
    expect(adopt({ ...seed, gpu, image: { tag: '1.1.1-gpu-d061621-330cc6' } }).writable).toMatchObject({
      gpu: { enabled: true },
    });
  });
});

describe('the way back', () => {
  const commands = rollbackSteps(config, options).flatMap((step) => step.commands);

  test('deletes no claim, no Secret and no Service that has an address', () => {
    const deleted = commands.filter((command) => / delete /.test(command)).join('\n');
    expect(deleted).not.toMatch(/persistentvolume|pvc|secret|-f dist/);
    expect(deleted).not.toMatch(/service .*milvus-test(-mysql)?( |$)/m);
    expect(commands.at(-1)).not.toContain('existingClaim');
  });

  testWith('kubectl')('gives the Service of MySQL its pods back', () => {
    const ours = find(manifestsOf(config), 'Service', 'milvus-test-mysql');
    expect(at(patched(ours, commands), 'spec', 'selector')).toEqual({ app: 'milvus-test-mysql' });
  });
});

describeOnServer('on the API server of KUBECONFIG', () => {
  const namespace = `adoption-${process.pid}`;
  const kubectl = (...args: string[]) =>
    execFileSync('kubectl', ['-n', namespace, ...args], { encoding: 'utf8', stdio: 'pipe' });
  const json = (...args: string[]) => JSON.parse(kubectl('get', ...args, '-o', 'json')) as Manifest;
  const deployment = (name: string, labels: object): Manifest => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'none:1' }] } },
    },
  });
  const chart: readonly Manifest[] = [
    ...['mishards', 'readonly', 'writable'].map((role) =>
      deployment(`milvus-test-${role}`, milvusSelector(role)),
    ),
    deployment('milvus-test-mysql', { app: 'milvus-test-mysql', release: 'milvus-test' }),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'milvus-test' },
      data: {
        'mishards_config.yaml': 'x',
        'server_config.yaml': 'storage:\n  s3_access_key: AK\n  s3_secret_key: S/K+=\n',
      },
    } as Manifest,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'milvus-test-mysql' },
      stringData: { 'mysql-password': 'x' },
    } as Manifest,
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'milvus-test-mysql' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '4Gi' } } },
    } as Manifest,
    ...[
      live('milvus-test-mysql', { app: 'milvus-test-mysql' }, [tcp('mysql', 3306)]),
      live('milvus-test', milvusSelector('mishards'), [tcp('shards', 19530, 'mishards')]),
      live('milvus-test-readonly', milvusSelector('readonly'), [tcp('engine', 19530), tcp('web', 19121)]),
      live('milvus-test-writable', milvusSelector('writable'), [tcp('engine', 19530), tcp('web', 19121)]),
    ].map(({ spec, metadata, ...service }) => ({
      ...service,
      metadata: { ...metadata, namespace },
      spec: { ...(spec as object), clusterIP: undefined, clusterIPs: undefined },
    })),
  ];

  beforeAll(() => {
    execFileSync('kubectl', ['create', 'namespace', namespace]);
    for (const object of chart) {
      execFileSync('kubectl', ['-n', namespace, 'create', '-f', '-'], { input: JSON.stringify(object) });
    }
  });
  afterAll(() => {
    execFileSync('kubectl', ['delete', 'namespace', namespace, '--wait=false']);
  });

  test('nothing immutable is touched; claim, addresses and Secret stay', () => {
    const kept = () => ({
      claim: at(json('pvc', 'milvus-test-mysql'), 'metadata', 'uid'),
      clients: at(json('service', 'milvus-test'), 'spec', 'clusterIP'),
      mysql: at(json('service', 'milvus-test-mysql'), 'spec', 'clusterIP'),
      secret: at(json('secret', 'milvus-test-mysql'), 'data'),
    });
    const before = kept();
    const outdir = join(directory, 'dist');
    writeFileSync(join(directory, 'milvus.yaml'), stringify({ ...config, namespace }));
    synthesize({ config: join(directory, 'milvus.yaml'), outdir, env: {} });
    const steps = adoptionSteps(config, { release: 'milvus-test', namespace }).flatMap(
      ({ commands }) => commands,
    );
    // In one shell, since some set variables for others.
    const run = (commands: readonly string[]) =>
      execFileSync('sh', ['-euc', withoutPods(commands).join('\n').replaceAll('-f dist', `-f ${outdir}`)], {
        stdio: 'pipe',
      });
    run(steps);
    expect(kept()).toEqual(before);
    expect(at(json('secret', 'milvus-test-s3'), 'data')).toEqual({
      'access-key': Buffer.from('AK').toString('base64'),
      'secret-key': Buffer.from('S/K+=').toString('base64'),
    });
    const ours = find(manifestsOf(config), 'Service', 'milvus-test-mysql');
    expect(at(json('service', 'milvus-test-mysql'), 'spec', 'selector')).toEqual(
      at(ours, 'spec', 'selector'),
    );
    expect(at(json('configmap', 'milvus-test'), 'data')).not.toHaveProperty(['mishards_config.yaml']);

    // And back: what Helm made is there for it, and nothing else of ours that it would trip over.
    run(rollbackSteps(config, { release: 'milvus-test', namespace }).flatMap(({ commands }) => commands));
    expect(kept()).toEqual(before);
    expect(at(json('service', 'milvus-test-mysql'), 'spec', 'selector')).toEqual({
      app: 'milvus-test-mysql',
    });
    expect(
      kubectl(
        'get',
        'deployment,statefulset,configmap,networkpolicy',
        '-l',
        'app.kubernetes.io/part-of=milvus',
        '-o',
        'name',
      ),
    ).toBe('');
    for (const kind of ['pvc', 'secret'])
      expect(at(json(kind, 'milvus-test-mysql'), 'metadata', 'annotations')).toMatchObject({
        'meta.helm.sh/release-name': 'milvus-test',
      });
  }, 120_000);
});
