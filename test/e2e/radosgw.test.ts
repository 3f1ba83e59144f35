import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { ASSETS, type Result, start } from '../assets/run';
import { manifestsOf } from '../support/clusters';
import { blocks, documentOf, shellBlocks } from '../support/documents';
import { schemaProblems } from '../support/kubernetes-schema';
import { at, find, idOf, parse, records } from '../support/manifests';
import { podSecurityProblems } from '../support/pod-security';
import { type Keys, RADOSGW_COMMANDS, RADOSGW_LIMIT, type Radosgw, startRadosgw } from '../support/radosgw';
import { describeWith } from '../support/requires';

jest.setTimeout(60_000);

// What only a real server does: it verifies signatures, and has users with rights.
describeWith([...RADOSGW_COMMANDS, 'rclone', 's3cmd'], 'with a Ceph RADOS gateway', () => {
  let folder: string;
  let scratch: string;
  let radosgw: Radosgw;
  let guest: Keys;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'with-radosgw-'));
    scratch = path.join(folder, 'tmp');
    mkdirSync(scratch);
    radosgw = await startRadosgw();
    guest = await radosgw.addUser('guest');
    await radosgw.send('PUT', '/milvus');
  }, RADOSGW_LIMIT);

  afterAll(async () => {
    await radosgw?.stop();
    rmSync(folder, { recursive: true });
  });

  const keys = ({ accessKey, secretKey }: Keys) => ({ S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey });

  async function script(name: string, overrides: Record<string, string>): Promise<Result> {
    const env = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      TMPDIR: scratch,
      S3_ADDRESS: radosgw.host,
      S3_PORT: `${radosgw.port}`,
      S3_BUCKET: 'milvus',
      CREDENTIALS_FROM: 'milvus-s3',
      ...keys(radosgw.owner),
      ...overrides,
    };
    const result = await start(['sh', path.join(ASSETS, name)], env).ended;
    expect(result.stdout + result.stderr).not.toContain(env.S3_SECRET_KEY);
    expect(readdirSync(scratch)).toEqual([]);
    return result;
  }

  async function objects(bucket: string): Promise<string[]> {
    const listing = await radosgw.send('GET', `/${bucket}`);
    return [...listing.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) => key);
  }

  /** Gives the guest these rights for the bucket, except for the one that is denied. */
  async function grant(bucket: string, allowed: string, denied?: string): Promise<void> {
    const statement = (effect: string, action: string) => ({
      Effect: effect,
      Action: action.split(' '),
      Principal: { AWS: ['arn:aws:iam:::user/guest'] },
      Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
    });
    const policy = {
      Version: '2012-10-17',
      Statement: [statement('Allow', allowed), ...(denied ? [statement('Deny', denied)] : [])],
    };
    await radosgw.send('PUT', `/${bucket}?policy`, JSON.stringify(policy));
  }

  test('the commands of the Ceph example make a user and a bucket, and the preflight is content with them', async () => {
    const tools = path.join(folder, 'home');
    mkdirSync(tools);
    const env = { PATH: process.env['PATH'] ?? '', HOME: tools, CEPH_ARGS: radosgw.cephArgs };
    const [makeUser = '', makeBucket = ''] = shellBlocks(documentOf('examples/ceph-rgw/README.md').text).map(
      ({ anywhere }) => anywhere,
    );
    const made = await start(['sh', '-c', makeUser], env).ended;
    const [key] = JSON.parse(made.stdout).keys as [{ access_key: string; secret_key: string }];
    const itsKeys = keys({ accessKey: key.access_key, secretKey: key.secret_key });
    const { code, stderr } = await start(
      ['sh', '-c', makeBucket.replace('192.168.18.13:80', `${radosgw.host}:${radosgw.port}`)],
      { ...env, ...itsKeys },
    ).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const checked = await script('s3-preflight.sh', {
      ...itsKeys,
      S3_BUCKET: 'milvus-test',
      S3_PREFIX: 'var/lib/milvus/data',
      WAIT_SECONDS: '30',
    });
    expect(checked).toMatchObject({ code: 0 });
  });

  test('the pod that copies vectors of a volume copies them, there and back', async () => {
    const [manifest = ''] = blocks(documentOf('docs/how-to/move.md').text, 'yaml').filter((block) =>
      block.startsWith('# copy-vectors.yaml'),
    );
    const pod = find(parse(manifest), 'Pod', 'copy-vectors');
    expect(schemaProblems([pod])).toEqual([]);
    expect(podSecurityProblems([pod], 'restricted')).toEqual([]);
    const [container] = records(at(pod, 'spec', 'containers'));
    const env = Object.fromEntries(
      records(container?.['env']).map(({ name, value }) => [String(name), String(value)]),
    );
    const [claim] = records(at(pod, 'spec', 'volumes'));
    const volume = path.join(folder, 'volume');
    const segment = path.join(volume, 'tables/films/1600000000000000001');
    mkdirSync(segment, { recursive: true });
    for (const name of ['1600000000000000001.rv', 'deleted_docs'])
      writeFileSync(path.join(segment, name), name);
    // As it is in a cluster of that storage.
    const made = manifestsOf({ name: 'milvus-test', storage: { persistence: { enabled: true } } });
    expect(made.map(idOf)).toContain(
      `PersistentVolumeClaim/${at(claim, 'persistentVolumeClaim', 'claimName')}`,
    );
    const mount = records(
      at(find(made, 'Deployment', 'milvus-test-writable'), 'spec', 'template', 'spec', 'containers'),
    )
      .flatMap(({ volumeMounts }) => records(volumeMounts))
      .find(({ name }) => name === 'storage');
    expect(mount).toEqual({ name: 'storage', mountPath: '/var/lib/milvus/data/db' });

    // That of the example belongs to the user of another test.
    await radosgw.send('PUT', '/of-a-volume');
    const copy = async (place: string, ...[from = '', to = '', ...options]: string[]) => {
      const args = [from, to, ...options].map((arg) =>
        arg.replace('/volume', place).replace('s3:milvus-test/', 's3:of-a-volume/'),
      );
      const { code, stderr } = await start(['rclone', '--config=', 'copy', ...args], {
        ...env,
        PATH: process.env['PATH'] ?? '',
        RCLONE_CONFIG_S3_ENDPOINT: `http://${radosgw.host}:${radosgw.port}`,
        RCLONE_CONFIG_S3_ACCESS_KEY_ID: radosgw.owner.accessKey,
        RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: radosgw.owner.secretKey,
      }).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('ERROR') });
    };
    const [command, from = '', to = '', ...options] = (container?.['args'] as string[]) ?? [];
    expect(command).toBe('copy');
    await copy(volume, from, to, ...options);
    const tables = 'var/lib/milvus/data/db/tables/films/1600000000000000001';
    expect(await radosgw.keys('of-a-volume', 'var/')).toEqual([
      `${tables}/1600000000000000001.rv`,
      `${tables}/deleted_docs`,
    ]);
    const other = path.join(folder, 'other-volume');
    await copy(other, to, from, ...options);
    expect(readFileSync(path.join(other, 'tables/films/1600000000000000001/deleted_docs'), 'utf8')).toBe(
      'deleted_docs',
    );
  });

  describe('s3-preflight', () => {
    const ALL = 's3:PutObject s3:GetObject s3:ListBucket s3:DeleteObject';

    const preflight = (overrides: Record<string, string> = {}) =>
      script('s3-preflight.sh', { S3_PREFIX: 'var/lib/milvus/data', WAIT_SECONDS: '30', ...overrides });

    async function expectSuccess(overrides: Record<string, string> = {}): Promise<void> {
      expect(await preflight(overrides)).toEqual({
        code: 0,
        stdout: '',
        stderr: expect.stringMatching(/: put, get, list and delete work\n$/),
      });
      expect(await objects('milvus')).toEqual([]);
    }

    async function expectFailure(message: RegExp, overrides: Record<string, string>): Promise<void> {
      const { code, stdout, stderr } = await preflight(overrides);
      expect(stderr).toMatch(message);
      // One line: it did not wait.
      expect(stderr).toMatch(/^s3-preflight: .*\n$/);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    }

    test('succeeds and leaves nothing behind', () => expectSuccess());

    test('creates the bucket when told to, once', async () => {
      const overrides = { S3_BUCKET: 'made', S3_CREATE_BUCKET: 'true' };
      expect(await preflight(overrides)).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/: created bucket 'made' at .*\n.* work\n$/),
      });
      expect(await objects('made')).toEqual([]);
      expect(await preflight(overrides)).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/^.* work\n$/),
      });
    });

    test('waits for the bucket that another pod creates', async () => {
      const overrides = { S3_BUCKET: 'never', S3_CREATE_BUCKET: 'wait', WAIT_SECONDS: '0' };
      expect(await preflight(overrides)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/waiting: there is no bucket 'never' at .* yet/),
      });
    });

    test('names the missing bucket', () =>
      expectFailure(/no bucket 'nope' at .*createBucket: true/, { S3_BUCKET: 'nope' }));

    test('names the wrong secret key', async () => {
      const message = /secret key in Secret 'milvus-s3' does not belong to its access key/;
      await expectFailure(message, { S3_SECRET_KEY: 'x/+=' });
      await expectFailure(message, { S3_SECRET_KEY: `${radosgw.owner.secretKey}\n` });
    });

    test('names the wrong access key', () =>
      expectFailure(/does not know the access key in Secret 'milvus-s3'/, { S3_ACCESS_KEY: 'nobody' }));

    test('names the access key with a line break', () =>
      expectFailure(/access key in Secret 'milvus-s3' can't be sent, there is a line break/, {
        S3_ACCESS_KEY: `${radosgw.owner.accessKey}\n`,
      }));

    test('names the right to create buckets', async () => {
      const poor = await radosgw.addUser('poor', '--max-buckets=-1');
      await expectFailure(/may not create the missing bucket .*grant it s3:CreateBucket/, {
        ...keys(poor),
        S3_BUCKET: 'nope',
        S3_CREATE_BUCKET: 'true',
      });
    });

    test('shows what else the server objects to', async () => {
      const limited = await radosgw.addUser('limited', '--max-buckets=1');
      const create = (bucket: string) => ({ ...keys(limited), S3_BUCKET: bucket, S3_CREATE_BUCKET: 'true' });
      expect(await preflight(create('first'))).toMatchObject({ code: 0 });
      await expectFailure(/could not create the missing bucket .*: TooManyBuckets/, create('second'));
    });

    describe('as a user who does not own the bucket', () => {
      test('succeeds with the four rights', async () => {
        await grant('milvus', ALL);
        await expectSuccess(keys(guest));
      });

      test.each([
        ['write objects', 's3:PutObject'],
        ['read objects', 's3:GetObject'],
        ['list the bucket', 's3:ListBucket'],
        ['delete objects', 's3:DeleteObject'],
      ])('names the missing right to %s, %s', async (step, right) => {
        const bucket = right.toLowerCase().replace(':', '-');
        await radosgw.send('PUT', `/${bucket}`);
        await grant(bucket, ALL, right);
        await expectFailure(new RegExp(`may not ${step} .*grant it ${right}\n`), {
          ...keys(guest),
          S3_BUCKET: bucket,
        });
        expect(await objects(bucket)).toHaveLength(right === 's3:DeleteObject' ? 1 : 0);
      });

      test('names the right to write with a read-only key', async () => {
        await grant('milvus', 's3:GetObject s3:ListBucket');
        await expectFailure(/may not write objects .*grant it s3:PutObject\n/, keys(guest));
      });
    });

    test('gives up while the gateway is down, or waits for it', async () => {
      await radosgw.stopGateway();
      expect(await preflight({ WAIT_SECONDS: '0' })).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^.* waiting: .*\n.* gave up after 0 s: nothing listens at .*\n$/),
      });
      const restarted = new Promise((resolve) => setTimeout(resolve, 2_000)).then(radosgw.startGateway);
      expect(await preflight()).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/^.* waiting: nothing listens at .*\n.* work\n$/),
      });
      await restarted;
    });
  });

  describe('backup-upload and restore-download', () => {
    const backups = { BACKUP_PREFIX: 'backup/milvus' };
    const dump = gzipSync('INSERT INTO `Tables` VALUES (1);\n');

    /** A folder with a dump, as backup-dump leaves it. */
    function dumped(): string {
      const work = mkdtempSync(path.join(folder, 'work-'));
      const sum = createHash('sha256').update(dump).digest('hex');
      writeFileSync(path.join(work, 'dump.sql.gz'), dump);
      writeFileSync(path.join(work, 'dump.sql.gz.sha256'), `${sum}  dump.sql.gz\n`);
      return work;
    }

    test('take a backup there and back, and delete an old one', async () => {
      await radosgw.send('PUT', '/backups');
      await radosgw.send('PUT', '/backups/backup/milvus/20200101T000000Z.sql.gz', 'old');
      const bucket = { ...backups, S3_BUCKET: 'backups' };

      const upload = await script('backup-upload.sh', { ...bucket, WORK_DIR: dumped(), KEEP: '1' });
      expect(upload).toEqual({
        code: 0,
        stdout: expect.stringMatching(/kept 1, deleted 1\n$/),
        stderr: '',
      });
      expect(await objects('backups')).toEqual([
        expect.stringMatching(/^backup\/milvus\/20\d{6}T\d{6}Z\.sql\.gz$/),
        expect.stringMatching(/^backup\/milvus\/20\d{6}T\d{6}Z\.sql\.gz\.sha256$/),
      ]);

      // A key that may only read is enough to restore.
      await grant('backups', 's3:GetObject s3:ListBucket');
      const work = mkdtempSync(path.join(folder, 'work-'));
      const download = await script('restore-download.sh', { ...bucket, ...keys(guest), WORK_DIR: work });
      expect(download).toEqual({
        code: 0,
        stdout: expect.stringContaining('its checksum matches'),
        stderr: '',
      });
      expect(readFileSync(path.join(work, 'dump.sql.gz'))).toEqual(dump);

      // And not to back up.
      expect(
        await script('backup-upload.sh', { ...bucket, ...keys(guest), WORK_DIR: dumped() }),
      ).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/could not upload the dump .*grant s3:PutObject/),
      });
    });

    test.each(['backup-upload.sh', 'restore-download.sh'])('%s names the wrong secret key', async (name) => {
      const wrong = { ...backups, WORK_DIR: dumped(), S3_SECRET_KEY: 'x/+=' };
      expect(await script(name, wrong)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/correct the keys in Secret 'milvus-s3' \(.*SignatureDoesNotMatch/),
      });
    });

    test.each(['backup-upload.sh', 'restore-download.sh'])('%s names the missing bucket', async (name) => {
      const missing = { ...backups, WORK_DIR: dumped(), S3_BUCKET: 'nope' };
      expect(await script(name, missing)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/create bucket 'nope'|no such bucket/),
      });
    });
  });
});
