import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWith } from '../support/requires';
import { ASSETS, closedPort, listen, run, shells, shim } from './run';

const SCRIPT = path.join(ASSETS, 'leave.sh');
const PATH = process.env['PATH'] ?? '';
const folder = mkdtempSync(path.join(tmpdir(), 'leave-'));

afterAll(() => rmSync(folder, { recursive: true }));

describeWith(['bash'], "a reader's preStop hook", () => {
  test.each(shells())('%s %s: says that the reader is about to stop, and waits', async (...shell) => {
    const requests: { request: IncomingMessage; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (data) => {
        body += data;
      });
      request.on('end', () => {
        requests.push({ request, body });
        response.end('{}');
      });
    });
    const port = await listen(server);
    const begun = Date.now();

    const result = await run([...shell.filter(Boolean), SCRIPT, String(port), '1'], { PATH });

    server.close();
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1000);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.request.method).toBe('PUT');
    expect(requests[0]?.request.url).toBe('/system/config');
    // As the proxies expect it: milvus_proxy/readers.py, LEAVING_KEY and LEAVING.
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ engine_config: { max_partition_num: 1000000001 } });
  });

  test.each([
    ['nobody listens', async () => String(await closedPort()), PATH],
    ['the server has no HTTP port', async () => '', PATH],
    ['there is no bash', async () => '19121', shim(folder, 'sleep', 'exec /bin/sleep "$@"')],
  ])('waits all the same where %s', async (_, port, search) => {
    const begun = Date.now();

    const result = await run(['/bin/sh', SCRIPT, await port(), '1'], { PATH: search });

    expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1000);
  });

  test('a server that accepts and never answers does not hold it up for long', async () => {
    const server = createServer(() => undefined);
    const port = await listen(server);
    const begun = Date.now();

    const result = await run(['sh', SCRIPT, String(port), '0'], { PATH });

    server.closeAllConnections();
    server.close();
    expect(result.code).toBe(0);
    expect(Date.now() - begun).toBeLessThan(9000);
  });
});
