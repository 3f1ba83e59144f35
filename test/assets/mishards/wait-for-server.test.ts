import { createServer } from 'node:net';
import path from 'node:path';
import { describeWith } from '../../support/requires';
import { ASSETS, closedPort, listen, run, start } from '../run';

const SCRIPT = path.join(ASSETS, 'mishards/wait_for_server.py');
const PATH = process.env['PATH'] ?? '';

describeWith(['python3'], 'the wait for the writable Milvus', () => {
  test('ends once the port accepts a connection, and says so once when it did not', async () => {
    const port = await closedPort();
    const waiting = start(['python3', SCRIPT], { PATH, SERVER: `tcp://127.0.0.1:${port}` });
    await waiting.printed('waiting');
    const server = createServer((socket) => socket.destroy());
    await listen(server, port);
    try {
      const { code, stderr } = await waiting.ended;
      expect(code).toBe(0);
      expect(stderr).toMatch(
        /^wait-for-server: waiting .* does not accept connections \(Connection refused\)\n$/,
      );
      expect(await run(['python3', SCRIPT], { PATH, SERVER: `tcp://localhost:${port}` })).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
    } finally {
      server.close();
    }
  });

  test.each([
    ['127.0.0.1', /does not accept connections \(Connection refused\)/],
    ['no-such-host.invalid', /does not resolve/],
  ])('gives up on %s', async (host, message) => {
    const SERVER = `tcp://${host}:${await closedPort()}`;
    const { code, stderr } = await run(['python3', SCRIPT], { PATH, SERVER, WAIT_SECONDS: '0' });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
    expect(stderr).toMatch(/^wait-for-server: waiting .*\nwait-for-server: gave up after 0 s.*\n$/);
  });

  test('says each minute what it waits for, and since when', async () => {
    const clock = `
import runpy, time
now = iter(range(0, 10 ** 6, 25))
time.monotonic, time.sleep = lambda: next(now), lambda seconds: None
time.gmtime = lambda: time.struct_time((2026, 1, 1, 12, 34, 56, 0, 1, 0))
runpy.run_path('${SCRIPT}', run_name='__main__')`;
    const SERVER = `tcp://127.0.0.1:${await closedPort()}`;
    const { code, stderr } = await run(['python3', '-c', clock], { PATH, SERVER, WAIT_SECONDS: '150' });
    expect(code).toBe(1);
    expect(stderr.match(/still waiting.*since.*\)/g)).toEqual([
      expect.stringMatching(
        /^still waiting for the writable Milvus, since 12:34:56 UTC \(100 s\): .*refused\)$/,
      ),
    ]);
  });

  test.each<Record<string, string>>([
    { SERVER: '' },
    { SERVER: 'tcp://milvus' },
    { SERVER: 'milvus:19530' },
    { SERVER: 'tcp://milvus:99999' },
    { SERVER: 'tcp://milvus:19530', WAIT_SECONDS: 'long' },
  ])('refuses %j', async (env) => {
    const { code, stderr } = await run(['python3', SCRIPT], { PATH, ...env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^wait-for-server: \w+ has to be .*\n$/);
  });

  test('stops on SIGTERM', async () => {
    const waiting = start(['python3', SCRIPT], { PATH, SERVER: `tcp://127.0.0.1:${await closedPort()}` });
    await waiting.printed('waiting');
    waiting.child.kill('SIGTERM');
    expect(await waiting.ended).toMatchObject({ code: 143 });
  });
});
