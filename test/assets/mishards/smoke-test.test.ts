import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWith } from '../../support/requires';
import { ASSETS, closedPort, killAll, listen, type Result, type Running, start, until } from '../run';

const SCRIPT = path.join(ASSETS, 'mishards/smoke_test.py');
const CORRECT = 'Query result is correct';
const PASSWORD = 'p@ss/w:rd';

/** What Milvus does in a call, as test/assets/python/pymilvus understands it. */
type Outcome =
  | 'ok'
  | 'hang'
  | 'empty'
  | 'short'
  | 'wrong'
  | 'far'
  | 'twin'
  | 'lies'
  | { until: string }
  | { answer: unknown }
  | { status: string }
  | { raise: [string, string] };
type Plan = Record<string, Outcome | Outcome[] | string>;

interface Call {
  call: string;
  name?: string;
  /** The collections that there are before it. */
  collections: string[];
}

interface Finished extends Result {
  calls: Call[];
  /** The collections that there were before the last call. */
  left: string[];
}

interface Smoke {
  running: Running;
  calls(): Call[];
  ended: Promise<Finished>;
}

const NO_READER: Outcome = { status: 'Conn Group is Empty. Please Check your configurations' };
const WRITER_DOWN: Outcome = {
  raise: ['RpcError', 'Exception calling application: Fail connecting\n to server'],
};

describeWith(['python3'], 'the smoke test', () => {
  // Not the shim of a version manager, which would take longer than the smoke test.
  const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
  const folder = mkdtempSync(path.join(tmpdir(), 'smoke-test-'));
  const server = createServer((socket) => socket.destroy());
  let port = 0;
  let launched = 0;
  const started: Running[] = [];
  beforeAll(async () => {
    port = await listen(server);
  });
  afterAll(() => {
    for (const running of started) {
      if (running.child.exitCode === null && running.child.signalCode === null) {
        killAll(running);
      }
    }
    server.close();
    rmSync(folder, { recursive: true });
  });

  function launch(plan: Plan = {}, overrides: Record<string, string> = {}): Smoke {
    launched += 1;
    const log = path.join(folder, `${launched}.log`);
    const running = start([python.stdout.trim(), '-W', 'error', SCRIPT], {
      PATH: process.env['PATH'] ?? '',
      LANG: 'C.UTF-8', // as in the image
      PYTHONPATH: path.resolve(__dirname, '../python/pymilvus'),
      PYTHONDONTWRITEBYTECODE: '1',
      FAKE_MILVUS: JSON.stringify(plan),
      FAKE_MILVUS_LOG: log,
      MILVUS_HOST: '127.0.0.1',
      MILVUS_PORT: String(port),
      WAIT_SECONDS: '0.1',
      SEARCH_SECONDS: '0.1',
      RETRY_SECONDS: '0.02',
      VECTORS: '95',
      ...overrides,
    });
    started.push(running);
    const calls = (): Call[] =>
      existsSync(log)
        ? readFileSync(log, 'utf8')
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line))
        : [];
    const ended = running.ended.then((result) => ({
      ...result,
      calls: calls(),
      left: calls().at(-1)?.collections ?? [],
    }));
    return { running, calls, ended };
  }

  /** Launches all of them at the same time, before the tests of the block in which this is called. */
  function launchAll<Case extends [Plan, ...unknown[]]>(
    cases: Case[],
    overrides: Record<string, string> = {},
  ) {
    const runs: Promise<Finished>[] = [];
    beforeAll(() => {
      runs.push(...cases.map(([plan]) => launch(plan, overrides).ended));
    });
    return cases.map((expected, index) => ({
      name: JSON.stringify(expected[0]).slice(0, 100),
      expected,
      ended: () => runs[index] ?? Promise.reject(new Error('it was not launched')),
    }));
  }

  const createdBy = (calls: Call[]) => calls.find(({ call }) => call === 'create_collection')?.name;

  // [what never returns, in which step, how often it connects, whether the collection may be left]
  const hanging: [Plan, string, number, boolean][] = [
    [{ connect: 'hang' }, 'connect', 1, false],
    [{ create_collection: 'hang' }, 'create collection', 2, false],
    [{ insert: 'hang' }, 'insert', 2, false],
    [{ flush: 'hang' }, 'flush', 2, false],
    [{ create_index: 'hang' }, 'build index', 2, false],
    [{ search: 'hang' }, 'search', 2, false],
    [{ drop_collection: ['hang', 'ok'] }, 'drop collection', 2, false],
    [{ drop_collection: 'hang' }, 'drop collection', 2, true],
    [{ search: 'hang', drop_collection: 'hang' }, 'search', 2, true],
    [{ search: 'hang', connect: ['ok', 'hang'] }, 'search', 2, true],
    [{ search: 'hang', connect: ['ok', { raise: ['NotConnectError', 'no'] }] }, 'search', 2, true],
  ];
  const hung = launchAll(hanging, { DEADLINE_SECONDS: '1.5', STOP_SECONDS: '0.5' });

  test('goes through every step, drops its collection and says that the result is correct', async () => {
    const { code, stdout, stderr, calls, left } = await launch().ended;
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] });
    const name = createdBy(calls) ?? '';
    expect(name).toMatch(/^smoke_test_[0-9a-f]{16}$/);
    expect(stdout.replaceAll(/: \d\.\d s\n/g, ': <time>\n').split('\n')).toEqual([
      'connect: <time>',
      `create collection ${name}: <time>`,
      'insert 95 vectors: <time>',
      'flush: <time>',
      'count: <time>',
      'build index: <time>',
      'describe index: <time>',
      'search for 10 of them: <time>',
      'drop collection: <time>',
      CORRECT,
      '',
    ]);
    expect(calls.map(({ call }) => call)).toEqual([
      'connect',
      'server_version',
      'create_collection',
      'insert',
      'flush',
      'count_entities',
      'create_index',
      'get_index_info',
      'search',
      'drop_collection',
      'has_collection',
    ]);
    // Every cell is searched, so that the result is exact.
    expect(calls).toContainEqual(expect.objectContaining({ call: 'create_index', params: { nlist: 64 } }));
    expect(calls).toContainEqual(
      expect.objectContaining({ call: 'search', params: { nprobe: 64 }, count: 10 }),
    );
  });

  test('makes a new name every time, and is content with one vector', async () => {
    const runs = await Promise.all([
      launch({}, { VECTORS: '1' }).ended,
      launch({}, { MILVUS_HOST: 'localhost' }).ended,
    ]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    const [one, other] = runs.map(({ calls }) => createdBy(calls));
    expect(one).not.toBe(other);
    expect(runs.map(({ calls }) => calls[0])).toEqual([
      expect.objectContaining({ call: 'connect', host: '127.0.0.1', port }),
      expect.objectContaining({ call: 'connect', host: 'localhost', port }),
    ]);
  });

  test('inserts so many vectors that Milvus builds an index, unless told otherwise', () => {
    const [, vectors] = /^DEFAULT_VECTORS = '(\d+)'$/m.exec(readFileSync(SCRIPT, 'utf8')) ?? [];
    expect(Number(vectors)).toBeGreaterThanOrEqual(5000);
  });

  test('waits until the proxy listens, and until it answers', async () => {
    const later = await closedPort();
    const { running, ended } = launch(
      { server_version: [WRITER_DOWN, { status: 'not yet' }, 'ok'] },
      { MILVUS_PORT: String(later), WAIT_SECONDS: '4' },
    );
    await running.printed('waiting: 127.0.0.1:');
    const proxy = createServer((socket) => socket.destroy());
    await listen(proxy, later);
    const { code, stdout, stderr } = await ended.finally(() => proxy.close());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => line.startsWith('waiting'))).toEqual([
      `waiting: 127.0.0.1:${later} does not accept connections (Connection refused)`,
      'waiting: RpcError: Exception calling application: Fail connecting to server',
      "waiting: Milvus answered 'not yet' (code 1)",
    ]);
  });

  test('waits for a reader to join the proxy, and says so once', async () => {
    const search: Outcome[] = [
      NO_READER,
      NO_READER,
      NO_READER,
      { raise: ['RpcError', 'gone'] },
      'empty',
      'ok',
    ];
    const { code, stdout, stderr, calls } = await launch({ search }, { SEARCH_SECONDS: '4' }).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(calls.filter(({ call }) => call === 'search')).toHaveLength(6);
    expect(stdout.match(/^waiting: .*$/gm)).toEqual([
      "waiting: Milvus answered 'Conn Group is Empty. Please Check your configurations' (code 1)",
      'waiting: RpcError: gone',
      'waiting: the search found nothing for 10 of 10 vectors',
    ]);
    expect(stdout.endsWith(`\n${CORRECT}\n`)).toBe(true);
  });

  describe('fails', () => {
    const writable = /the writable Milvus: look at the pod and the log of both\.$/;
    const readonly = /the readonly nodes: look at the logs of both\. .*'ERROR: PutObject'/;
    const s3 = /Check the keys, the address and the bucket of S3, and look for 'ERROR: PutObject' in the log/;
    const noReader = /The proxy has no reader: look at the readonly pods/;
    const mysql = /This is about MySQL: look at its pod, and whether the Secret still has its password\.$/;

    // [what happens, in which step that is noticed, what is said about it, what to do]
    const cases: [Plan, string, string, RegExp][] = [
      [
        { connect: { raise: ['NotConnectError', 'Fail connecting to server'] } },
        'connect',
        'NotConnectError: Fail connecting to server, for 0.1 s.',
        writable,
      ],
      [{ server_version: WRITER_DOWN }, 'connect', 'RpcError: Exception calling application: Fail', writable],
      [
        { server_version: { status: 'nobody' } },
        'connect',
        "Milvus answered 'nobody' (code 1), for",
        writable,
      ],
      [
        { import: 'No module' },
        'connect',
        'there is no pymilvus 1.1 here (No module).',
        /mishards 1\.1\.1 image/,
      ],
      [
        { create_collection: { status: 'no' } },
        'create collection',
        "Milvus answered 'no' (code 1).",
        writable,
      ],
      [{ create_collection: WRITER_DOWN }, 'create collection', 'RpcError: Exception calling', writable],
      [{ insert: { status: 'no' } }, 'insert', "Milvus answered 'no' (code 1).", writable],
      [{ insert: { answer: [1, 2] } }, 'insert', 'Milvus returned other ids than it was given.', writable],
      [{ insert: { raise: ['ValueError', 'bad'] } }, 'insert', 'ValueError: bad.', writable],
      [{ insert: { raise: ['SystemExit', '0'] } }, 'insert', 'SystemExit: 0.', writable],
      [{ flush: { status: 'no' } }, 'flush', "Milvus answered 'no' (code 1).", writable],
      [
        { count_entities: { answer: 94 } },
        'count',
        'Milvus counts 94 vectors, but 95 were inserted.',
        writable,
      ],
      [{ count_entities: { status: 'no' } }, 'count', "Milvus answered 'no' (code 1).", writable],
      [{ create_index: { status: 'no' } }, 'build index', "Milvus answered 'no' (code 1).", writable],
      [
        { get_index_info: { answer: [1, 64] } },
        'describe index',
        'the index is FLAT with nlist 64, not IVFLAT with nlist 64.',
        writable,
      ],
      [
        { get_index_info: { answer: [2, 16384] } },
        'describe index',
        'the index is IVFLAT with nlist 16384',
        writable,
      ],
      [{ get_index_info: { status: 'no' } }, 'describe index', "Milvus answered 'no' (code 1).", writable],
      [
        { search: 'empty' },
        'search',
        'the search found nothing for 10 of 10 vectors, for 0.1 s. Milvus finds nothing and calls',
        s3,
      ],
      [{ search: 'short' }, 'search', 'the search found nothing for 1 of 10 vectors, for 0.1 s.', s3],
      [{ search: 'wrong' }, 'search', 'the search for vector 1 found ', readonly],
      [
        { search: 'far' },
        'search',
        'the search for vector 1 found 1 at distance 1.0, not itself at 0,',
        readonly,
      ],
      [
        { search: 'twin' },
        'search',
        'the search for vector 1 found 2 at distance 0.0, not itself at 0,',
        readonly,
      ],
      [{ search: NO_READER }, 'search', "Milvus answered 'Conn Group is Empty", noReader],
      [
        { search: { raise: ['RpcError', 'Deadline Exceeded'] } },
        'search',
        'RpcError: Deadline Exceeded',
        readonly,
      ],
      [
        {
          search: { status: `(pymysql) mysql+pymysql://milvus:${PASSWORD}@milvus-mysql:3306/milvus is away` },
        },
        'search',
        "Milvus answered '(pymysql) mysql+pymysql://***@milvus-mysql:3306/milvus is away' (code 1), for",
        mysql,
      ],
      [
        {
          flush: {
            raise: ['RuntimeError', `${'x'.repeat(964)} mysql://milvus:${PASSWORD}@m/ \u00e9\nand so on`],
          },
        },
        'flush',
        `RuntimeError: ${'x'.repeat(964)} mysql://***@m/ \\xe9 a [...].`,
        mysql,
      ],
    ];
    test.each(launchAll(cases))(
      'at "$expected.1" with $name',
      async ({ expected: [, step, what, hint], ended }) => {
        const { code, stdout, stderr, calls, left } = await ended();
        expect({ code, left }).toEqual({ code: 1, left: [] });
        expect(stderr).toMatch(/^[ -~]+\n$/);
        expect(stderr).toContain(`Smoke test failed at ${step}: ${what}`);
        expect(stderr.trimEnd()).toMatch(hint);
        expect(stdout).not.toContain(CORRECT);
        expect(stdout + stderr).not.toContain('ss/w'); // of the password
        if (step === 'connect') {
          expect(createdBy(calls)).toBeUndefined();
        } else {
          expect(calls.at(-1)?.call).toBe('has_collection');
        }
      },
    );

    test.each([
      ['127.0.0.1', 'does not accept connections (Connection refused)'],
      ['no-such-host.invalid', 'does not resolve'],
    ])('when nobody is at %s', async (host, what) => {
      const { code, stderr, calls } = await launch(
        {},
        { MILVUS_HOST: host, MILVUS_PORT: String(await closedPort()) },
      ).ended;
      expect({ code, calls }).toEqual({ code: 1, calls: [] });
      expect(stderr).toMatch(/^Smoke test failed at connect: .* Look at the mishards pods: .*\n$/);
      expect(stderr).toContain(what);
    });

    test('standalone there is no proxy to look at', async () => {
      const nobody = { MILVUS_MODE: 'standalone', MILVUS_PORT: String(await closedPort()) };
      const connecting = await launch({}, nobody).ended;
      expect(connecting.stderr).toMatch(/ Look at the pod of Milvus: is it ready\?/);
      const searching = await launch(
        { search: [{ raise: ['RpcError', 'gone'] }] },
        { MILVUS_MODE: 'standalone', SEARCH_SECONDS: '0' },
      ).ended;
      expect(searching.stderr).toContain('This takes the Milvus server: look at its pod and its log.');
      expect(connecting.stderr + searching.stderr).not.toMatch(/proxy|mishards|reader|readonly/);
    });

    test.each<[string, Plan, RegExp]>([
      ['is refused', { drop_collection: { status: 'no' } }, /Milvus answered 'no' \(code 1\)/],
      ['raises', { drop_collection: WRITER_DOWN }, /RpcError: Exception calling application/],
      ['changes nothing', { drop_collection: 'lies' }, /says that it has dropped it, but it is still there/],
      ['cannot be verified', { has_collection: { status: 'no' } }, /Milvus answered 'no' \(code 1\)/],
    ])('when the drop %s, and names the collection', async (_, plan, what) => {
      const { code, stdout, stderr, calls } = await launch(plan).ended;
      expect({ code, correct: stdout.includes(CORRECT) }).toEqual({ code: 1, correct: false });
      expect(stderr).toMatch(/^Smoke test failed at drop collection: [^\n]+\n$/);
      expect(stderr).toMatch(what);
      expect(stderr).toContain(
        `Collection ${createdBy(calls)} may be left: drop it when Milvus works again.`,
      );
    });

    test('with both when the drop fails after something else', async () => {
      const { code, stderr } = await launch({ flush: WRITER_DOWN, drop_collection: WRITER_DOWN }).ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^Smoke test failed at flush: RpcError.*\nSmoke test failed at drop collection: RpcError.*\n$/,
      );
    });

    test.each<Record<string, string>>([
      { MILVUS_HOST: '' },
      { MILVUS_PORT: '99999' },
      { MILVUS_PORT: 'tcp://10.0.0.1:19530' },
      { VECTORS: '0' },
      { WAIT_SECONDS: 'long' },
      { DEADLINE_SECONDS: '-1' },
    ])('with %j', async (overrides) => {
      const { code, stdout, stderr, calls } = await launch({}, overrides).ended;
      expect({ code, stdout, calls }).toEqual({ code: 1, stdout: '', calls: [] });
      expect(stderr).toMatch(/^Smoke test failed at configuration: \w+ has to be .*\n$/);
    });
  });

  describe('ends, and drops its collection,', () => {
    const patient = { SEARCH_SECONDS: '60', STOP_SECONDS: '4' };

    test.each(['SIGTERM', 'SIGINT'] as const)('on %s while it repeats the search', async (signal) => {
      const { running, ended } = launch({ search: NO_READER }, patient);
      await running.printed('waiting');
      running.child.kill(signal);
      const { code, stderr, calls, left } = await ended;
      expect({ code, left, last: calls.at(-1)?.call }).toEqual({ code: 1, left: [], last: 'has_collection' });
      expect(stderr).toMatch(
        /^Smoke test failed at search: it was told to stop\. Until then: .*Conn Group.* The proxy has no reader.*\n$/,
      );
    });

    test('on SIGTERM after the call that is under way', async () => {
      const flushed = path.join(folder, 'flushed');
      const { running, calls, ended } = launch({ flush: { until: flushed } }, patient);
      await until(() => calls().some(({ call }) => call === 'flush'), 'there was no flush');
      running.child.kill('SIGTERM');
      setTimeout(() => writeFileSync(flushed, ''), 300);
      const { code, stdout, stderr, left } = await ended;
      expect({ code, left }).toEqual({ code: 1, left: [] });
      expect(stderr).toBe('Smoke test failed at count: it was told to stop.\n');
      expect(stdout).toMatch(/^flush: .*\ndrop collection: .*\n$/m);
      expect(calls().filter(({ call }) => call === 'connect')).toHaveLength(1);
    });

    test('on SIGTERM while it waits for the proxy', async () => {
      const { running, ended } = launch({}, { MILVUS_PORT: String(await closedPort()), WAIT_SECONDS: '60' });
      await running.printed('waiting');
      running.child.kill('SIGTERM');
      const { code, stderr } = await ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^Smoke test failed at connect: it was told to stop\. Until then: .*refused.*\n$/,
      );
    });

    test('at the deadline', async () => {
      const limits = { ...patient, DEADLINE_SECONDS: '0.8' };
      const { code, stderr, calls, left } = await launch({ search: 'empty' }, limits).ended;
      expect({ code, left, last: calls.at(-1)?.call }).toEqual({ code: 1, left: [], last: 'has_collection' });
      expect(stderr).toMatch(
        /^Smoke test failed at search: it was not done after 0\.8 s\. Until then: the search found nothing for 10 of 10 vectors\. .*S3.*\n$/,
      );
    });
  });

  describe('ends although', () => {
    test.each(hung)('$name', async ({ expected: [, step, connections, mayBeLeft], ended }) => {
      const { code, stdout, stderr, calls, left } = await ended();
      expect({ code, connections: calls.filter(({ call }) => call === 'connect').length }).toEqual({
        code: 1,
        connections,
      });
      const [first = '', ...others] = stderr.split('\n').slice(0, -1);
      expect(first).toContain(
        `Smoke test failed at ${step}: it was not done after 1.5 s, and Milvus did not answer. This takes`,
      );
      expect(others).toEqual(
        mayBeLeft
          ? [expect.stringContaining(`. Collection ${createdBy(calls)} may be left: drop it when`)]
          : [],
      );
      expect(left).toHaveLength(mayBeLeft ? 1 : 0);
      expect(stdout).not.toContain(CORRECT);
    });
  });
});
