import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLIENT, Cluster, clientManifests, type Searches } from './cluster';
import { FAULTS, type Fault } from './faults';
import { pause } from './pause';
import { NAME, planOf } from './plan';

/**
 * The life of a cluster on real nodes, with a client that searches and inserts all the time: `npm run test:e2e`; what it
 * is told by the environment is in plan.ts. The tests go from what hurts nobody to what loses everything, and each can be
 * run alone (`-t 'readers'`), on what an earlier run with E2E_KEEP=1 has left.
 */
const plan = planOf(process.env);
const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
const cluster = new Cluster(plan, folder);
const kubectl = (...args: string[]) => cluster.kubectl(args);
const MINUTES = 60_000;
jest.setTimeout(4 * plan.waitMinutes * MINUTES);

/** What a client may notice. Where nothing is said, no call fails. */
const LIMITS = {
  /** Seconds of the longest search when a reader is lost without a word. */
  lostReader: 5,
  /** A connection that breaks under a call: one for each of the client's threads. */
  lostProxy: { failed: 10, slowest: 35 },
  /** Seconds from a fault to its cause in `status`, */
  cause: 30,
  /** and before that for a pod to be made, placed and started, until it meets the fault. */
  start: 60,
  /** Rows that were acknowledged while S3 was away: 1.1.1 ignores an upload that failed for good. */
  rowsWithoutS3: 1000,
};

const images = { mishards: 'milvusdb/mishards:1.1.1', rclone: 'rclone/rclone:1.68.2', ...plan.images };
const expectNoneFailed = ({ failed, errors }: Searches) =>
  expect({ failed, errors }).toEqual({ failed: 0, errors: [] });

async function expectNothingLost(lost = 0): Promise<void> {
  const { acknowledged } = await cluster.lastSecond();
  const { rows, sampled, notFound } = await cluster.verify();
  expect({ sampled, notFound }).toEqual({ sampled: 200, notFound: 0 });
  expect(rows).toBeGreaterThanOrEqual(acknowledged - lost);
}

/** Keeps what is there, so that a second run finds its own passwords. */
async function secret(name: string, values: Readonly<Record<string, string>>): Promise<void> {
  const found = await kubectl('get', 'secret', name, '--ignore-not-found', '--output', 'name');
  if (found.trim() !== '') return;
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: values };
  await cluster.kubectl(['create', '-f', '-'], JSON.stringify(object));
}

const random = () => randomBytes(20).toString('hex');

beforeAll(async () => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: plan.namespace, labels } };
  await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(namespace));
  const { accessKey = random(), secretKey = random() } = plan.s3 ?? {};
  await secret(`${NAME}-s3`, { 'access-key': accessKey, 'secret-key': secretKey });
  await secret(`${NAME}-mysql`, { 'mysql-root-password': random(), 'mysql-password': random() });
  await cluster.apply();
  await cluster.ready();
  const script = readFileSync(join(__dirname, 'client.py'), 'utf8');
  const items = clientManifests(script, images.mishards);
  await cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await cluster.lastSecond();
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  if (!plan.keep) await cluster.kubectl(['delete', 'namespace', plan.namespace], '', 600);
});

describe('nothing happens', () => {
  test('the smoke test says that the result is correct', async () => {
    const { code, out } = await cluster.milvus(['job', 'smoke-test'], 900);
    expect(out).toContain('Query result is correct');
    expect(code).toBe(0);
  });

  test('a second apply changes nothing, server-side or not', async () => {
    const { serverVersion } = JSON.parse(await kubectl('version', '--output=json'));
    // Since then claim templates are stored without the creationTimestamp that they had before.
    const isNewer = Number.parseInt(serverVersion.minor, 10) >= 34;
    const changed = (out: string) =>
      out
        .split('\n')
        .filter((line) => !/^$|unchanged|serverside-applied/.test(line))
        .filter((line) => !isNewer || !line.startsWith('statefulset.apps/'));
    expect(changed(await cluster.apply())).toEqual([]);
    await cluster.apply({}, ['--server-side', `--force-conflicts=${isNewer}`]);
    expect(changed(await cluster.apply())).toEqual([]);
    await cluster.apply({}, ['--server-side']);
    await cluster.ready();
  });
});

describe('readers', () => {
  test('are scaled up and down', async () => {
    const replicas = (count: number) => async () => {
      await cluster.apply({ readonly: { ...cluster.config.readonly, replicas: count } });
      await cluster.deploymentDone('readonly');
    };
    expectNoneFailed(await cluster.during(replicas(3)));
    expectNoneFailed(await cluster.during(replicas(2), 120));
  });

  test('are restarted one after the other', async () => {
    const searches = await cluster.during(async () => {
      await kubectl('rollout', 'restart', `deployment/${NAME}-readonly`);
      await cluster.deploymentDone('readonly');
    }, 120);
    expectNoneFailed(searches);
    expect(searches.slowest).toBeLessThan(LIMITS.lostReader);
  });

  test('are drained', async () => {
    const [pod = ''] = await cluster.pods('readonly');
    expectNoneFailed(await cluster.during(() => cluster.evict(pod), 120));
    await cluster.ready();
  });

  test('are killed', async () => {
    const [pod = ''] = await cluster.pods('readonly');
    const searches = await cluster.during(() => kubectl('delete', pod, '--grace-period=0', '--force'), 60);
    expectNoneFailed(searches);
    expect(searches.slowest).toBeLessThan(LIMITS.lostReader);
    await cluster.ready();
  });
});

describe('a change of the configuration', () => {
  test('restarts the readers alone, and no search fails', async () => {
    const proxies = await cluster.pods('mishards');
    const cache = { cacheSize: '512MB', insertBufferSize: '128MB' };
    const searches = await cluster.during(async () => {
      await cluster.apply({ readonly: { ...cluster.config.readonly, cache } });
      await cluster.ready();
    }, 120);
    expectNoneFailed(searches);
    expect(await cluster.pods('mishards')).toEqual(proxies);
    await cluster.apply();
    await cluster.ready();
  });
});

describe.each([
  { how: 'deleted', flags: [] },
  { how: 'killed', flags: ['--grace-period=0', '--force'] },
])('$how: one pod of', ({ flags }) => {
  const remove = (component: string) => async () => {
    const [pod = ''] = await cluster.pods(component);
    await kubectl('delete', pod, ...flags);
    await cluster.ready();
  };

  test('the proxies: who is connected to it has to connect anew', async () => {
    const searches = await cluster.during(remove('mishards'));
    expect(searches.failed).toBeLessThanOrEqual(LIMITS.lostProxy.failed);
    expect(searches.slowest).toBeLessThan(LIMITS.lostProxy.slowest);
  });

  test('the writable: searches go on, no acknowledged row is lost', async () => {
    expectNoneFailed(await cluster.during(remove('writable'), 60));
    await expectNothingLost();
  });

  test('MySQL: all is back by itself, no acknowledged row is lost', async () => {
    await cluster.during(remove('mysql'), 60);
    expectNoneFailed(await cluster.during(() => pause(30)));
    await expectNothingLost();
  });
});

describe('S3', () => {
  /** No policy lets the pods out to it any more; the embedded one is stopped instead. */
  const away = async (isAway: boolean) => {
    if (plan.s3 === undefined) {
      await kubectl('scale', `statefulset/${NAME}-minio`, `--replicas=${isAway ? 0 : 1}`);
    } else {
      await cluster.apply(
        isAway ? { networkPolicy: { s3: { peers: [{ ipBlock: { cidr: '192.0.2.1/32' } }] } } } : {},
      );
    }
  };

  test('away for 30 s: everything goes on afterwards', async () => {
    await cluster.during(async () => {
      await away(true);
      await pause(30);
      await away(false);
      await cluster.ready();
    }, 60);
    expectNoneFailed(await cluster.during(() => pause(30)));
    await expectNothingLost(LIMITS.rowsWithoutS3);
  });
});

/** The commands of a cure that change nothing, as they are pasted. */
const commandsIn = (text: string) =>
  [...text.matchAll(/\bkubectl(?: -\S+(?: [\w.-]+)?)* (?:get|describe|logs) [^;,:()]+/g)].map(([one]) => one);

describe('a fault gets its cause and its cure', () => {
  const isTold = async (fault: Fault) => {
    try {
      await fault.provoke(cluster);
      // A pod has to be made, placed and started first.
      const deadline = Date.now() + (LIMITS.start + LIMITS.cause) * 1000;
      let causes: Awaited<ReturnType<Cluster['causes']>> = [];
      const found = () => causes.find(({ kind }) => kind === fault.is);
      do {
        causes = await cluster.causes(fault.namespace);
        if (found() === undefined) await pause(2);
      } while (found() === undefined && Date.now() < deadline);
      expect(causes.map(({ kind }) => kind)).toContain(fault.is);
      const { what = '', cure = '', documentation = '' } = found() ?? {};
      expect(documentation).toBe(`docs/how-to/troubleshoot.md#${fault.is}`);
      for (const command of commandsIn(`${what}: ${cure}`)) await cluster.shell(command);
    } finally {
      await fault.mend?.(cluster);
      await cluster.apply();
      await cluster.ready();
    }
  };

  test.each(FAULTS.map((fault) => [fault.what, fault] as const))('%s', async (_, fault) => {
    const searches = await cluster.during(() => isTold(fault));
    if (fault.searchesGoOn) expectNoneFailed(searches);
  });

  test('and no acknowledged row is lost by any of them', () => expectNothingLost());
});

describe('credentials and backups', () => {
  test('the password of MySQL is rotated by the how-to', async () => {
    const password = random();
    const login = 'MYSQL_PWD=$(cat /run/secrets/cdk8s-milvus/root-password) mysql -u root';
    const statement = `ALTER USER 'milvus'@'%' IDENTIFIED BY '${password}';`;
    await cluster.kubectl(
      ['exec', '-i', `${NAME}-mysql-0`, '-c', 'mysql', '--', 'sh', '-c', login],
      statement,
    );
    await cluster.kubectl(
      ['patch', 'secret', `${NAME}-mysql`, '--patch-file', '/dev/stdin'],
      JSON.stringify({ stringData: { 'mysql-password': password } }),
    );
    for (const component of ['writable', 'readonly', 'mishards']) {
      await kubectl('rollout', 'restart', `deployment/${NAME}-${component}`);
    }
    await cluster.ready();
    expectNoneFailed(await cluster.during(() => pause(30)));
    await expectNothingLost();
  });

  test('a backup, the loss of bucket and database, and the way back', async () => {
    await kubectl('scale', CLIENT, '--replicas=0');
    const backup = await cluster.milvus(['job', 'backup'], 1800);
    expect({ ...backup, out: backup.code === 0 ? '' : backup.out }).toEqual({ code: 0, out: '' });
    await kubectl('scale', CLIENT, '--replicas=1');
    const { acknowledged } = await cluster.lastSecond();

    await kubectl('exec', '-i', `${NAME}-mysql-0`, '-c', 'mysql', '--', 'sh', '-c', DROP_TABLES);
    await kubectl('delete', 'job', 'empty-bucket', '--ignore-not-found');
    await cluster.kubectl(['create', '-f', '-'], JSON.stringify(emptyBucketJob()));
    await kubectl('wait', 'job/empty-bucket', '--for=condition=complete', '--timeout=300s');

    const restore = await cluster.milvus(['restore', 'latest', '--yes'], 3600);
    expect({ ...restore, out: restore.code === 0 ? '' : restore.out }).toEqual({ code: 0, out: '' });
    await cluster.ready();
    // What was inserted after the backup is gone; the first rows were in it.
    const { rows, sampled, notFound } = await cluster.verify();
    expect({ sampled, notFound }).toEqual({ sampled: 200, notFound: 0 });
    expect(rows).toBeLessThanOrEqual(acknowledged);
  });
});

test('deleted: nothing is left but what is kept on purpose', async () => {
  await kubectl('delete', CLIENT, 'configmap/client');
  await kubectl('delete', '-f', cluster.manifests, '--wait=true');
  await kubectl('delete', 'jobs', '--all');
  const left = await kubectl(
    'get',
    'all,configmaps,networkpolicies,poddisruptionbudgets',
    '--output',
    'name',
  );
  expect(left.split('\n').filter((line) => line !== '' && line !== 'configmap/kube-root-ca.crt')).toEqual([]);
  const claims = await kubectl('get', 'persistentvolumeclaims', '--output', 'name');
  expect(claims).toContain(`${NAME}-mysql-0`);
  await cluster.apply();
  await cluster.ready();
});

/** As the user of Milvus, who may not drop the database itself. */
const DROP_TABLES = `export MYSQL_PWD=$(cat "$MYSQL_PASSWORD_FILE")
for table in Tables TableFiles Environment Fields; do
  mysql --no-defaults -h127.0.0.1 -u"$MYSQL_USER" "$MYSQL_DATABASE" -e "DELETE FROM $table"
done`;

const BACKUP_LABELS = {
  'app.kubernetes.io/instance': NAME,
  'app.kubernetes.io/name': 'milvus',
  component: 'backup',
};

/** Deletes what Milvus has in the bucket, and leaves the backups. */
function emptyBucketJob(): object {
  const { address, port, bucket } = plan.s3 ?? { address: `${NAME}-minio`, port: 9000, bucket: NAME };
  const key = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: `${NAME}-s3`, key } },
  });
  const container = {
    name: 'empty',
    image: images.rclone,
    command: ['rclone', '--config=', 'delete', `s3:${bucket}/var/lib/milvus`],
    env: [
      { name: 'RCLONE_CONFIG_S3_TYPE', value: 's3' },
      { name: 'RCLONE_CONFIG_S3_PROVIDER', value: 'Other' },
      { name: 'RCLONE_CONFIG_S3_ENDPOINT', value: `http://${address}:${port}` },
      key('RCLONE_CONFIG_S3_ACCESS_KEY_ID', 'access-key'),
      key('RCLONE_CONFIG_S3_SECRET_ACCESS_KEY', 'secret-key'),
    ],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  const securityContext = {
    runAsNonRoot: true,
    runAsUser: 10001,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'empty-bucket' },
    spec: {
      backoffLimit: 2,
      template: {
        // The embedded MinIO lets the pods of the cluster in alone.
        metadata: { labels: BACKUP_LABELS },
        spec: { restartPolicy: 'Never', securityContext, containers: [container] },
      },
    },
  };
}
