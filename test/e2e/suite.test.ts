import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { main } from '../../lib/cli';
import { ROOT } from '../support/project';
import { describeWith, find } from '../support/requires';
import { secondsOf, sum } from './cluster/cluster';
import { planOf } from './cluster/plan';

/** What of the suite for a cluster with nodes (cluster/suite.e2e.ts) can be tried without one. */

const folder = mkdtempSync(join(tmpdir(), 'rehearsal-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('what the environment says', () => {
  test('without anything it is the embedded MinIO, in a namespace of its own', () => {
    expect(planOf({})).toMatchObject({
      namespace: 'cdk8s-milvus-e2e',
      keep: false,
      waitMinutes: 15,
      images: {},
    });
    expect(planOf({}).s3).toBeUndefined();
  });

  test('all of it', () => {
    const s3 = {
      E2E_S3_ADDRESS: 'a',
      E2E_S3_PORT: '7480',
      E2E_S3_BUCKET: 'b',
      E2E_S3_ACCESS_KEY: 'c',
      E2E_S3_SECRET_KEY: 'd',
    };
    expect(
      planOf({ ...s3, E2E_IMAGES: 'mysql=r/m:1,mishards=r/p:2', E2E_KEEP: '1', E2E_STORAGE_CLASS: 'fast' }),
    ).toMatchObject({
      s3: { address: 'a', port: 7480, bucket: 'b', accessKey: 'c', secretKey: 'd' },
      images: { mysql: 'r/m:1', mishards: 'r/p:2' },
      keep: true,
      storageClassName: 'fast',
    });
  });

  test('whatever is wrong, in one message', () => {
    const wrong = { E2E_S3_ADDRESS: 'a', E2E_S3_PORT: 'x', E2E_IMAGES: 'mysql', E2E_WAIT_MINUTES: '0' };
    for (const words of [
      'E2E_S3_PORT is "x": expected a number from 1 to 65535',
      'E2E_WAIT_MINUTES is "0": expected a number from 1 to 240',
      'E2E_S3_BUCKET, E2E_S3_ACCESS_KEY, E2E_S3_SECRET_KEY: not set, though others of E2E_S3_* are',
      'E2E_IMAGES has "mysql": expected KEY=IMAGE',
    ])
      expect(() => planOf(wrong)).toThrow(words);
  });
});

test("the client's log is counted", () => {
  const log = [
    '{"waiting": "refused"}',
    '{"calls": 10, "failed": 0, "slowest": 0.5, "errors": [], "time": 1, "acknowledged": 100, "refused": 0}',
    '{"calls": 5, "failed": 2, "slowest": 3.5, "errors": ["x"], "time": 2, "acknowledged": 200, "refused": 1}',
    '{"calls": 1, "fai',
  ];
  expect(sum(secondsOf(log.slice(0, 3).join('\n')))).toEqual({
    calls: 15,
    failed: 2,
    slowest: 3.5,
    errors: ['x'],
  });
});

describeWith(['python3'], 'the client', () => {
  /** With a Milvus that is in its own process; what it says until there are so many seconds with calls. */
  const client = async (enough: number, plan = {}) => {
    const child = spawn('python3', ['-u', join(__dirname, 'cluster/client.py'), 'search'], {
      env: {
        ...process.env,
        PYTHONPATH: join(__dirname, '../assets/python/pymilvus'),
        PYTHONDONTWRITEBYTECODE: '1',
        FAKE_MILVUS: JSON.stringify(plan),
        FAKE_MILVUS_LOG: join(folder, 'milvus.log'),
        MILVUS_HOST: 'milvus',
        ROWS: '300',
        NEW_ROWS: '10',
        THREADS: '2',
      },
    });
    let log = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (
        secondsOf(log.slice(0, log.lastIndexOf('\n') + 1)).filter(({ calls }) => calls > 0).length >= enough
      )
        child.kill();
    });
    await once(child, 'close');
    return secondsOf(log.slice(0, log.lastIndexOf('\n') + 1));
  };

  test('searches and inserts all the time, and says each second what became of it', async () => {
    const seconds = await client(3);
    expect(seconds.length).toBeGreaterThanOrEqual(2);
    expect(sum(seconds)).toMatchObject({ failed: 0, errors: [] });
    expect(sum(seconds).calls).toBeGreaterThan(10);
    expect(seconds[0]?.acknowledged).toBeGreaterThanOrEqual(300);
    expect(seconds.at(-1)?.acknowledged).toBeGreaterThan(300);
  });

  test.each([
    ['that fails', { status: 'no reader' }, 'no reader'],
    ['that finds nothing', 'empty', 'is not found'],
    ['that finds another', 'wrong', 'is not found'],
  ])('a search %s is a failed call', async (_, search, words) => {
    const searches = sum(await client(2, { search }));
    expect(searches.failed).toBe(searches.calls);
    expect(searches.errors.join()).toContain(words);
  });
});

describeWith(['kubectl'], 'a rehearsal with stand-ins, where all goes well', () => {
  const calls = join(folder, 'calls');
  const bin = join(folder, 'bin');
  let ended: ReturnType<typeof spawnSync>;
  const read = () =>
    readFileSync(calls, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { args?: string[]; input?: string; program?: string[] });

  beforeAll(() => {
    mkdirSync(bin);
    copyFileSync(join(__dirname, 'rehearsal/kubectl.js'), join(bin, 'kubectl'));
    const config = {
      ...require('../../jest.e2e.config'),
      rootDir: ROOT,
      moduleNameMapper: { '^\\./pause$': join(__dirname, 'rehearsal/no-pause.ts') },
    };
    writeFileSync(join(folder, 'jest.json'), JSON.stringify(config));
    ended = spawnSync(
      'node',
      [join(ROOT, 'node_modules/.bin/jest'), '--ci', '--config', join(folder, 'jest.json')],
      {
        cwd: ROOT,
        encoding: 'utf8',
        env: {
          ...process.env,
          PATH: [bin, process.env['PATH']].join(delimiter),
          REAL_KUBECTL: find('kubectl'),
          CALLS: calls,
          E2E_PROGRAM: join(__dirname, 'rehearsal/milvus.js'),
        },
      },
    );
  }, 400_000);

  test('every test passes, and every call has flags that kubectl knows', () => {
    expect(ended.stderr).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
    expect(ended.status).toBe(0);
  });

  test('each kind of pod is killed, the namespace is restricted, and goes at the end', () => {
    const lines = read().flatMap(({ args }) => (args === undefined ? [] : [args.join(' ')]));
    for (const component of ['readonly', 'mishards', 'writable', 'mysql']) {
      expect(lines.join('\n')).toMatch(new RegExp(`delete pod/e2e-${component}-0 --grace-period=0 --force`));
    }
    const [namespace] = read();
    expect(JSON.parse(namespace?.input ?? '')).toMatchObject({
      kind: 'Namespace',
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    expect(lines.at(-1)).toBe('--namespace cdk8s-milvus-e2e delete namespace cdk8s-milvus-e2e');
    expect(lines.every((line) => line.startsWith('--namespace cdk8s-milvus-e2e '))).toBe(true);
  });

  test('no secret is in an argument, which everybody on the machine can read', () => {
    const given = read().flatMap(
      ({ input = '' }) => input.match(/"(?:secret-key|mysql-password)":"(\w{20,})"/)?.[1] ?? [],
    );
    expect(given.length).toBeGreaterThan(1);
    for (const secret of given)
      expect(
        read()
          .flatMap(({ args = [] }) => args)
          .join(' '),
      ).not.toContain(secret);
  });

  test('what it asks of cdk8s-milvus are commands that there are', () => {
    const commands = new Set(read().flatMap(({ program }) => program?.[0] ?? []));
    expect(commands.size).toBeGreaterThan(2);
    for (const command of commands) {
      const written: string[] = [];
      const write = (text: string) => written.push(text);
      const context = { stdout: { write }, stderr: { write }, cwd: ROOT, env: {} };
      expect({ command, code: main([command, '--help'], context), written }).toMatchObject({
        command,
        code: 0,
      });
    }
  });
});
