import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWith, report } from '../../support/requires';
import { ASSETS, killAll, type Running, run, start, until } from '../run';

const ENTRYPOINT = path.join(ASSETS, 'mishards/entrypoint.py');
const PATH = process.env['PATH'] ?? '';

describeWith(['python3'], 'the entry point of mishards', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'entrypoint-'));
  const started: Running[] = [];
  afterEach(() => {
    for (const running of started.splice(0)) {
      if (running.child.exitCode === null) {
        killAll(running);
      }
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const env = (overrides: Record<string, string> = {}) => ({
    PATH,
    MYSQL_USER: 'milvus',
    MYSQL_PASSWORD: 'hunter2',
    MYSQL_HOST: 'milvus-mysql',
    MYSQL_PORT: '3306',
    MYSQL_DATABASE: 'milvus',
    LOG_PATH: path.join(folder, 'no-logs'),
    ...overrides,
  });

  function launch(child: string[], overrides: Record<string, string> = {}, wrapper: string[] = []): Running {
    const running = start([...wrapper, 'python3', ENTRYPOINT, ...child], env(overrides));
    started.push(running);
    return running;
  }

  test.each(['plain-._~', 'p@:/?#[]%+ &=;"\'\\', 'Mi-1_x@/Pw', 'ünï😀\n', '%40', 'x'.repeat(4096)])(
    'passes the password %j on in the URI, and nowhere else',
    async (password) => {
      const dump = 'import json, os; print(json.dumps(dict(os.environ)))';
      const child = ['python3', '-c', dump];
      const overrides = { MYSQL_PASSWORD: password, MYSQL_USER: 'us:er@', LOG_LEVEL: 'INFO' };
      const { code, stdout, stderr } = await run(['python3', ENTRYPOINT, ...child], env(overrides));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const seen = JSON.parse(stdout);
      const [, user = '', encoded = ''] =
        /^mysql\+pymysql:\/\/([^:@/]*):([^:@/]*)@milvus-mysql:3306\/milvus\?charset=utf8mb4&init_command=SET\+SESSION\+TRANSACTION\+ISOLATION\+LEVEL\+READ\+COMMITTED&connect_timeout=3&read_timeout=10&write_timeout=10$/.exec(
          seen.SQLALCHEMY_DATABASE_URI,
        ) ?? [];
      expect([decodeURIComponent(user), decodeURIComponent(encoded)]).toEqual(['us:er@', password]);
      expect(encoded).toMatch(/^([A-Za-z0-9._~-]|%[0-9A-F]{2})*$/);
      expect(seen).not.toHaveProperty('MYSQL_PASSWORD');
      expect(seen).toMatchObject({ LOG_LEVEL: 'INFO', MYSQL_HOST: 'milvus-mysql' });
    },
  );

  test('runs the package that starts mishards, in the working directory, with the same Python', async () => {
    const source = path.join(folder, 'source');
    mkdirSync(path.join(source, 'milvus_proxy'), { recursive: true });
    writeFileSync(
      path.join(source, 'milvus_proxy/__main__.py'),
      'import os, sys; print(os.path.relpath(__file__)); sys.exit(3)\n',
    );
    expect(await run(['python3', ENTRYPOINT], env(), source)).toEqual({
      code: 3,
      stdout: 'milvus_proxy/__main__.py\n',
      stderr: '',
    });
  });

  test.each([
    ['exit 0', 0],
    ['exit 7', 7],
    ['kill -9 $$', 137],
    ['kill -15 $$', 143],
  ])('exits as a child that does "%s" by itself', async (script, code) => {
    expect(await launch(['sh', '-c', script]).ended).toMatchObject({ code, stderr: '' });
  });

  test('names all that is missing, and starts nothing', async () => {
    const { code, stdout, stderr } = await launch(['echo', 'started'], { MYSQL_PASSWORD: '', MYSQL_HOST: '' })
      .ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^entrypoint: not set or empty: MYSQL_PASSWORD, MYSQL_HOST \(.*\)\n$/);
  });

  test('refuses a STOP_SECONDS that is no number', async () => {
    const { code, stderr } = await launch(['true'], { STOP_SECONDS: 'soon' }).ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'entrypoint: STOP_SECONDS is not a number\n' });
  });

  const polite = [
    'sh',
    '-c',
    'trap "echo told to stop; exit 3" TERM; echo ready; while :; do sleep 0.05; done',
  ];
  const stubborn = ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done'];

  test.each(['SIGTERM', 'SIGINT'] as const)('hands %s on as SIGTERM, and exits with 0', async (signal) => {
    const running = launch(polite);
    await running.printed('ready');
    running.child.kill(signal);
    expect(await running.ended).toEqual({ code: 0, stdout: 'ready\ntold to stop\n', stderr: '' });
  });

  test('kills a child that does not stop', async () => {
    const running = launch(stubborn, { STOP_SECONDS: '0.2' });
    await running.printed('ready');
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('empties log files that have grown too large, and no others', async () => {
    const logs = path.join(folder, 'logs');
    mkdirSync(logs);
    const file = (name: string, size: number) => {
      writeFileSync(path.join(logs, name), '');
      truncateSync(path.join(logs, name), size);
      return path.join(logs, name);
    };
    const limit = 10 * 1024 * 1024;
    const large = file('logfile.info', limit + 1);
    const small = file('logfile.error', limit);
    const elsewhere = path.join(folder, 'elsewhere');
    writeFileSync(elsewhere, '');
    truncateSync(elsewhere, limit + 1);
    symlinkSync(elsewhere, path.join(logs, 'link'));
    const running = launch(polite, { LOG_PATH: logs, LOG_CHECK_SECONDS: '0.1' });
    await until(() => statSync(large).size === 0, 'the large file was not emptied');
    expect([statSync(small).size, statSync(elsewhere).size]).toEqual([limit, limit + 1]);
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
  });

  describe('as PID 1', () => {
    // As root, or else as root of a user namespace.
    const unshare = [
      ['unshare', '--pid', '--fork', '--kill-child'],
      ['unshare', '--map-root-user', '--pid', '--fork', '--kill-child'],
    ].find(([command = '', ...args]) => spawnSync(command, [...args, 'true']).status === 0);
    if (unshare === undefined) {
      report('the right to make a PID namespace with unshare');
    }
    const asPid1 = unshare === undefined ? test.skip : test;
    const childrenOf = (pid: number) =>
      readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

    /** The entry point, as seen from outside its namespace. */
    const pid1 = ({ child }: Running) => childrenOf(child.pid ?? 0)[0] ?? 0;

    asPid1('stops on SIGTERM', async () => {
      const running = launch(polite, {}, unshare);
      await running.printed('ready');
      process.kill(pid1(running), 'SIGTERM');
      expect(await running.ended).toEqual({ code: 0, stdout: 'ready\ntold to stop\n', stderr: '' });
    });

    asPid1('collects orphans', async () => {
      // The inner shell ends at once, and leaves its background process to PID 1.
      const script = 'sh -c "sleep 0.3 & echo orphan"; while :; do sleep 0.05; done';
      const running = launch(['sh', '-c', script], {}, unshare);
      await running.printed('orphan');
      const init = pid1(running);
      await until(() => childrenOf(init).length === 2, 'there was no orphan');
      await until(() => childrenOf(init).length === 1, 'the orphan was not collected');
    });
  });
});
