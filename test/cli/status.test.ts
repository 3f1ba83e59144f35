import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { main } from '../../lib/cli';
import { CANARIES, minimal } from '../support/clusters';
import { LiveApi } from '../support/live-api';
import { LiveCluster } from '../support/live-cluster';
import { describeWith } from '../support/requires';

const directory = mkdtempSync(join(tmpdir(), 'status-'));
const api = new LiveApi();
const config = { ...minimal, namespace: 'vectors' };
const name = minimal.name;

interface Extra {
  readonly isTTY?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly later?: LiveApi['later'];
  readonly may?: LiveApi['may'];
}

/** What the command prints, and how often kubectl was called for it: it asks for the version once each time. */
async function status(args: readonly string[], worlds: readonly LiveCluster[], extra: Extra = {}) {
  const { isTTY = false, env = {}, later, may = () => true } = extra;
  api.reset(worlds);
  Object.assign(api, { later, may });
  let [stdout, stderr] = ['', ''];
  const code = await main(['status', ...args], {
    stdout: { isTTY, write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    cwd: directory,
    env: { ...api.env, ...env },
  });
  const { requests, rights } = api;
  const asked = requests.filter((one) => !one.includes('/version'));
  return { code, stdout, stderr, requests: asked, rights: [...rights].sort() };
}
const configure = (...configs: readonly object[]) =>
  writeFileSync(join(directory, 'milvus.yaml'), configs.map((one) => stringify(one)).join('---\n'));
const broken = (reason = 'ImagePullBackOff') => {
  const cluster = new LiveCluster(config);
  cluster.broken(`${name}-mishards`, 'mishards', { state: { waiting: { reason, message: 'gone' } } });
  return cluster;
};

describeWith(['kubectl'], 'status', () => {
  beforeAll(() => api.start());
  afterAll(async () => {
    await api.stop();
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => configure(config));

  test('ready is exit code 0, something in the way 1', async () => {
    const well = await status([], [new LiveCluster(config)]);
    expect(well).toMatchObject({ code: 0, stderr: '' });
    expect(well.stdout).toMatch(/^milvus-test in namespace vectors: ready\n/);
    const not = await status([name], [broken()]);
    expect(not.code).toBe(1);
    expect(not.stdout).toContain('docs/how-to/troubleshoot.md#an-image-can-not-be-pulled');
    expect(not.stdout).not.toContain('\x1b');
  });

  test('in a terminal with colours, unless NO_COLOR is set', async () => {
    expect((await status([], [broken()], { isTTY: true })).stdout).toContain('\x1b[31m');
    for (const [key, value] of [
      ['NO_COLOR', '1'],
      ['TERM', 'dumb'],
    ] as const)
      expect((await status([], [broken()], { isTTY: true, env: { [key]: value } })).stdout).not.toContain(
        '\x1b',
      );
  });

  test('for programs', async () => {
    const { code, stdout } = await status(['--format', 'json'], [broken()]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        name,
        namespace: 'vectors',
        ready: false,
        causes: [
          { kind: 'an-image-can-not-be-pulled', mends: false, documentation: expect.stringContaining('#') },
        ],
      },
    ]);
  });

  test('context, kubeconfig and namespace are passed on, and the namespace of the command line wins', async () => {
    const { code, requests } = await status(
      ['-n', 'other', '--context', 'live'],
      [new LiveCluster(config, 'other')],
    );
    expect(code).toBe(0);
    expect(requests.every((one) => one.includes('/namespaces/other/'))).toBe(true);
    const { code: failed, stderr } = await status(['--context', 'prod'], []);
    expect({ failed, stderr }).toEqual({
      failed: 1,
      stderr: expect.stringContaining('"prod" does not exist'),
    });
    const gone = await status(['-n', 'other', '--context', 'live'], []);
    expect(gone.stdout).toContain(': kubectl --context=live -n other apply -f dist, or');
    const nowhere = await status(['--kubeconfig', '/nowhere'], []);
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('/nowhere') });
  });

  test('in another namespace than was asked: which', async () => {
    const { code, stdout } = await status(['-n', 'empty'], [new LiveCluster(config)]);
    expect(code).toBe(1);
    expect(stdout).toContain('the cluster is in namespace vectors: add -n vectors');
  });

  describe('waiting', () => {
    test('until all is ready, with a line for each change', async () => {
      const { code, stdout, stderr } = await status(['--wait'], [broken('ContainerCreating')], {
        later: { after: 2, clusters: [new LiveCluster(config)] },
      });
      expect(code).toBe(0);
      expect(stderr).toMatch(
        /^milvus-test-mysql 1\/1, .*milvus-test-mishards 0\/1; pod\/milvus-test-mishards-0: .*\n$/,
      );
      expect(stdout).toMatch(/^milvus-test in namespace vectors: ready\n/);
    }, 30_000);

    test('until something is in the way that does not mend itself', async () => {
      const cluster = new LiveCluster(config);
      cluster.secrets.delete(`vectors/${name}-s3`);
      cluster.broken(`${name}-writable`, 's3-preflight', {
        state: {
          waiting: { reason: 'CreateContainerConfigError', message: `secret "${name}-s3" not found` },
        },
      });
      const began = Date.now();
      const { code, stdout } = await status(['--wait', '10m'], [cluster]);
      expect(code).toBe(1);
      expect(Date.now() - began).toBeLessThan(10_000);
      expect(stdout).toContain('troubleshoot.md#a-secret-is-missing');
    }, 30_000);

    test('what may be over in a moment is waited for a while', async () => {
      const { code, stderr } = await status(['--wait=4s'], [broken('ErrImagePull')]);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Not ready after 4s.') });
    }, 30_000);

    test('through an API server that is away for a moment, and not if it never was there', async () => {
      let asked = 0;
      const may = () => {
        asked += 1;
        if (asked === 20) api.fail = 2;
        return true;
      };
      const { code, stderr } = await status(['--wait'], [broken('ContainerCreating')], {
        may,
        later: { after: 2, clusters: [new LiveCluster(config)] },
      });
      expect(code).toBe(0);
      expect(stderr).toContain('the API server is away');
      api.fail = 99;
      const never = await status(['--wait'], []);
      api.fail = 0;
      expect(never).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('the API server is away'),
      });
    }, 60_000);

    test('a live display in a terminal, at its place: what the terminal had before stays', async () => {
      const { stdout, code } = await status(['--wait'], [broken('ContainerCreating')], {
        isTTY: true,
        later: { after: 1, clusters: [new LiveCluster(config)] },
      });
      expect(code).toBe(0);
      const [shown = '', after = ''] = stdout.split('\x1b[J');
      const height = shown.trimEnd().split('\n').length - 1;
      expect(shown.endsWith(`\x1b[${height}A`)).toBe(true);
      expect(after).toContain('ready');
      expect(after).not.toContain('not ready');
      // Nothing else is erased.
      for (const erases of ['\x1b[2J', '\x1b[3J', '\x1b[H']) expect(stdout).not.toContain(erases);
    }, 30_000);

    test.each(['5', 'soon', '1d', '-1s'])('%s is no time, or one in seconds', async (time) => {
      const { code, stderr } = await status([`--wait=${time}`], [new LiveCluster(config)]);
      if (time === '5') expect(code).toBe(0);
      else
        expect({ code, stderr }).toMatchObject({
          code: 2,
          stderr: expect.stringContaining("option '--wait' is a time such as 15m"),
        });
    });
  });

  describe('several clusters', () => {
    const fleet = (size: number, teams: number) => {
      const configs = Array.from({ length: size }, (_, index) => ({
        ...minimal,
        name: `cluster-${index}`,
        s3: { ...minimal.s3, bucket: `bucket-${index}` },
        namespace: `team-${index % teams}`,
      }));
      configure(...configs);
      return configs.map((one) => new LiveCluster(one, one.namespace));
    };

    test('200 are a table, and two calls', async () => {
      const worlds = fleet(200, 20);
      worlds[7]?.broken('cluster-7-mishards', 'mishards', { state: { waiting: { reason: 'ErrImagePull' } } });
      const { code, stdout, requests } = await status([], worlds);
      expect(stdout).toContain('199 of 200 clusters are ready.');
      expect(stdout).toMatch(/^cluster-7 +team-7 +not ready +3\/4 +pod\/cluster-7-mishards-0: /m);
      expect(code).toBe(1);
      // A request for each kind; none for all Secrets, and none for objects of others.
      expect(requests.length).toBe(9);
      expect(requests.filter((one) => one.includes('secrets'))).toEqual([]);
      for (const one of requests)
        expect(one).toMatch(/labelSelector=app.kubernetes.io%2Fname|fieldSelector=type%3DWarning/);
    }, 120_000);

    test('who may not look into all namespaces looks into each', async () => {
      const worlds = fleet(4, 2);
      const { code, stdout } = await status([], worlds, { may: (_, namespace) => namespace !== undefined });
      expect(code).toBe(0);
      expect(stdout).toContain('4 of 4 clusters are ready.');
      expect(stdout).not.toContain('may not read');
    }, 60_000);

    test('one without a namespace is in that of the context', async () => {
      const configs = [
        { ...minimal, s3: { ...minimal.s3, bucket: 'other-bucket' } },
        { ...minimal, name: 'other', namespace: 'team-0' },
      ] as const;
      configure(...configs);
      const { code, stdout } = await status(
        [],
        [new LiveCluster(configs[0]), new LiveCluster(configs[1], 'team-0')],
      );
      expect(stdout).toMatch(/^milvus-test +vectors +ready/m);
      expect(stdout).toMatch(/^other +team-0 +ready/m);
      expect(code).toBe(0);
    });
  });

  /** A cluster that makes it ask for all that it ever asks for. */
  function needy(): LiveCluster {
    const cluster = new LiveCluster(config);
    cluster.broken(`${name}-writable`, 'milvus', {
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1 } },
    });
    cluster.logs[`${name}-writable-0/milvus`] = 'Config check fail\n';
    cluster.unready(`${name}-mishards`, 'Deployment', {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/1 nodes are available: 1 Insufficient memory.',
    });
    Object.assign(cluster.get('PersistentVolumeClaim', `data-${name}-mysql-0`), {
      status: { phase: 'Pending' },
    });
    return cluster;
  }

  describe('rights', () => {
    const READS = [
      'get pods',
      'get pods/log',
      'get secrets',
      ...[
        'cronjobs',
        'deployments',
        'events',
        'jobs',
        'nodes',
        'persistentvolumeclaims',
        'pods',
        'replicasets',
      ].map((kind) => `list ${kind}`),
      ...['services', 'statefulsets', 'storageclasses'].map((kind) => `list ${kind}`),
    ];

    test('get and list are all it ever needs, and no other requests are made', async () => {
      const { rights, requests, stdout } = await status([], [needy()]);
      expect(rights).toEqual(READS);
      for (const one of requests) expect(one).toMatch(/^GET /);
      expect(stdout).toContain('Config check fail');
      expect(stdout).not.toContain('may not read');
    });

    test.each([
      ['of the cluster scope', ['list nodes', 'list storageclasses']],
      ['of what pods say', ['list events', 'get pods/log', 'get secrets']],
      ['of workloads', ['list deployments', 'list statefulsets', 'list replicasets']],
      [
        'of the rest',
        ['list pods', 'list persistentvolumeclaims', 'list jobs', 'list cronjobs', 'list services'],
      ],
    ])('without those %s it says so, and tells the rest', async (_, missing) => {
      const { code, stdout, stderr } = await status([], [needy()], {
        may: (right) => !missing.includes(right),
      });
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
      const [, named = ''] = /^You may not read (.*) here, /m.exec(stdout) ?? [];
      expect(named.split(', ')).toEqual(missing.map((right) => right.split(' ')[1]).sort());
      expect(stdout).toContain('milvus-test-mysql');
      expect(stdout).not.toContain('nothing of milvus-test');
    });

    test('with none at all, it does not take a cluster for one that is not there', async () => {
      const { code, stdout } = await status([], [new LiveCluster(config)], { may: () => false });
      expect(code).toBe(1);
      expect(stdout).toContain('You may not read');
      expect(stdout).not.toContain('nothing-is-applied');
    });

    test('keys of Secrets are read by their names, and no value leaves kubectl', async () => {
      for (const format of ['text', 'json']) {
        const { stdout, stderr, requests } = await status(['--format', format], [needy()]);
        for (const canary of Object.values(CANARIES)) {
          for (const spelled of [canary, Buffer.from(canary).toString('base64')])
            expect(stdout + stderr).not.toContain(spelled);
        }
        expect(requests.filter((one) => one.includes('secrets'))).toEqual([
          `GET /api/v1/namespaces/vectors/secrets/${name}-s3`,
          `GET /api/v1/namespaces/vectors/secrets/${name}-mysql`,
        ]);
      }
    });

    test('a Secret that was changed after the pods had read it: a restart is due', async () => {
      api.secretsChanged = new Date(Date.now() + 3600_000).toISOString();
      const { code, stdout } = await status([], [new LiveCluster(config)]);
      api.secretsChanged = '2026-06-01T00:00:00Z';
      expect(code).toBe(0);
      expect(stdout).toContain(
        `${name}-mishards: a restart is due: Secret ${name}-mysql was changed after its pods had read it`,
      );
      expect(stdout).toContain(`\n  kubectl -n vectors rollout restart deployment/${name}-writable`);
      // MySQL has its passwords as files.
      expect(stdout).not.toContain(`${name}-mysql: a restart`);
    });
  });

  test('a cluster that is not in the configuration, and no kubectl', async () => {
    const run = async (args: readonly string[], env: LiveApi['env']) => {
      let written = '';
      const write = (text: string) => {
        written += text;
      };
      const code = await main(['status', ...args], {
        stdout: { write },
        stderr: { write },
        cwd: directory,
        env,
      });
      return { code, written };
    };
    expect(await run(['other'], api.env)).toEqual({
      code: 2,
      written: expect.stringContaining('there is no cluster "other" in the configuration: milvus-test'),
    });
    // Port 9 of this machine: nobody listens. kubectl says so many times, and here once.
    const unreachable = await run([], {
      ...api.env,
      KUBECONFIG: '/dev/null',
      KUBERNETES_MASTER: 'http://127.0.0.1:9',
    });
    expect(unreachable.code).toBe(1);
    expect(unreachable.written).toMatch(
      /^The connection to the server \S+ was refused - .*\nkubectl finds no cluster\. .*--kubeconfig\.\n$/,
    );
    expect(await run([], { PATH: directory })).toEqual({
      code: 1,
      written: expect.stringContaining('There is no kubectl in any directory of PATH'),
    });
  });
});
