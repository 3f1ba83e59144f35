import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Certificate, selfSigned } from '../support/certificates';
import { describeWith, find } from '../support/requires';
import { ASSETS, closedPort, fastClock, listen, run, shells, shim, start } from './run';

const S3rver = require('s3rver');

describeWith(['rclone', 'openssl'], 's3-preflight', () => {
  const SCRIPT = path.join(ASSETS, 's3-preflight.sh');
  // The one account that s3rver knows. It does not verify version 4 signatures, so any secret will do.
  const accessKey = 'S3RVER';
  const secretKey = 'hunter2/+=hunter2';

  const folder = mkdtempSync(path.join(tmpdir(), 's3-preflight-'));
  const bucket = path.join(folder, 'data', 'milvus');
  const scratch = path.join(folder, 'tmp');
  const args = path.join(folder, 'args');
  const shims = path.join(folder, 'bin');
  shim(shims, 'rclone', `printf '%s\\n' "$@" >>'${args}'; exec ${find('rclone')} "$@"`);
  shim(shims, 'sleep', 'exec /bin/sleep 0.05');
  shim(scratch, 'keep', ''); // makes the folder

  const s3 = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: path.join(folder, 'data'),
    configureBuckets: [{ name: 'milvus' }],
  });
  let s3Port: number;
  const opened: TcpServer[] = [];

  beforeAll(async () => {
    s3Port = (await s3.run()).port;
  });
  afterAll(async () => {
    await s3.close();
    for (const server of opened) {
      server.close();
    }
    rmSync(folder, { recursive: true });
  });

  async function serve(server: TcpServer): Promise<string> {
    const port = await listen(server);
    opened.push(server);
    return `${port}`;
  }

  const env = (overrides: Record<string, string> = {}) => ({
    PATH: `${shims}:/usr/bin:/bin`,
    TMPDIR: scratch,
    S3_ADDRESS: '127.0.0.1',
    S3_PORT: `${s3Port}`,
    S3_BUCKET: 'milvus',
    S3_PREFIX: 'var/lib/milvus/data',
    S3_ACCESS_KEY: accessKey,
    S3_SECRET_KEY: secretKey,
    CREDENTIALS_FROM: 'milvus-s3',
    WAIT_SECONDS: '0',
    ...overrides,
  });

  const works = expect.stringMatching(
    /^s3-preflight: bucket '\S+' at 127\.0\.0\.1:\d+: put, get, list and delete work\n$/,
  );
  const objects = () =>
    readdirSync(bucket, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes('_S3rver_object'),
    );

  async function expectFailure(message: RegExp, overrides: Record<string, string>): Promise<void> {
    // Long enough to show that it does not wait, unless told otherwise.
    const { code, stdout, stderr } = await run(['sh', SCRIPT], env({ WAIT_SECONDS: '300', ...overrides }));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^(s3-preflight: .*\n)+$/);
    expect(stderr).not.toContain(secretKey);
    expect(readdirSync(scratch)).toEqual(['keep']);
  }

  /** In front of the real one: answers some requests itself. */
  function inFront(intercept: (request: IncomingMessage, response: ServerResponse) => boolean): Server {
    return createServer((incoming, response) => {
      if (intercept(incoming, response)) {
        return;
      }
      const { method, url, headers } = incoming;
      const upstream = request({ host: '127.0.0.1', port: s3Port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      upstream.on('error', () => response.destroy());
      incoming.pipe(upstream);
    });
  }

  function answer(
    response: ServerResponse,
    status: number,
    code: string,
    message = 'As the test wants it.',
  ): true {
    response.writeHead(status, { 'content-type': 'application/xml', connection: 'close' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
    return true;
  }

  test.each(shells().map((shell) => [shell.join(' '), shell]))(
    'succeeds in %s and leaves nothing behind',
    async (_, shell) => {
      expect(await run([...shell, SCRIPT], env())).toEqual({ code: 0, stdout: '', stderr: works });
      expect(objects()).toEqual([]);
      expect(readdirSync(scratch)).toEqual(['keep']);
    },
  );

  test('does what Milvus does, beside its data, and nothing else', async () => {
    const seen: string[] = [];
    const port = await serve(
      inFront(({ method, url }) => {
        seen.push(`${method} ${url?.replace(/\?(?=.*prefix=)/, ' list ').replace(/\?.*/, '')}`);
        return false;
      }),
    );
    await run(['sh', SCRIPT], env({ S3_PORT: port, PROBE_NAME: 'milvus-writable-0' }));
    const object = '/milvus/var/lib/milvus/data/.preflight/milvus-writable-0';
    const listing = expect.stringMatching(
      /^GET \/milvus list .*prefix=var%2Flib%2Fmilvus%2Fdata%2F\.preflight%2F/,
    );
    expect(seen.filter((line) => !line.startsWith('HEAD'))).toEqual([
      `PUT ${object}`,
      `GET ${object}`,
      listing,
      `DELETE ${object}`,
      listing,
    ]);
  });

  test('names the missing bucket', () =>
    expectFailure(/no bucket 'nope' at .*s3cmd mb s3:\/\/nope.*createBucket: true/, { S3_BUCKET: 'nope' }));

  test('creates the bucket when told to', async () => {
    const result = await run(['sh', SCRIPT], env({ S3_BUCKET: 'made', S3_CREATE_BUCKET: 'true' }));
    expect(result).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/created bucket 'made'.*\n.*delete work\n$/),
    });
    expect(readdirSync(path.join(folder, 'data'))).toContain('made');
    expect(await run(['sh', SCRIPT], env({ S3_BUCKET: 'made', S3_CREATE_BUCKET: 'true' }))).toMatchObject({
      stderr: works,
    });
  });

  test.each(shells().map((shell) => [shell.join(' '), shell]))(
    'in %s: waits for the bucket that another pod is about to create',
    async (name, shell) => {
      const soon = { S3_BUCKET: `soon-${name.replace(/\W/g, '')}` };
      const reader = start(
        [...shell, SCRIPT],
        env({ ...soon, S3_CREATE_BUCKET: 'wait', WAIT_SECONDS: '60' }),
      );
      await reader.printed(`s3-preflight: waiting: there is no bucket '${soon.S3_BUCKET}' at `);
      mkdirSync(path.join(folder, 'data', soon.S3_BUCKET));
      expect(await reader.ended).toMatchObject({
        code: 0,
        // Said once, however often it looked.
        stderr: expect.stringMatching(/^.*waiting: .* yet: the writable creates it.*\n.* delete work\n$/),
      });
    },
  );

  test('waits for that bucket no longer than for the storage, and does not create it', async () => {
    await expectFailure(/gave up after 0 s: there is no bucket 'never' at .* yet: the writable creates it/, {
      S3_BUCKET: 'never',
      S3_CREATE_BUCKET: 'wait',
      WAIT_SECONDS: '0',
    });
    expect(readdirSync(path.join(folder, 'data'))).not.toContain('never');
  });

  test('names the right to create buckets', async () => {
    const port = await serve(
      inFront(({ url }, response) =>
        /^\/nope\/?(\?|$)/.test(url ?? '') ? answer(response, 403, 'AccessDenied') : false,
      ),
    );
    await expectFailure(/may not create the missing bucket .*s3:CreateBucket/, {
      S3_PORT: port,
      S3_BUCKET: 'nope',
      S3_CREATE_BUCKET: 'true',
    });
  });

  test('names the wrong access key, which a real server refuses', () =>
    expectFailure(/does not know the access key in Secret 'milvus-s3'/, { S3_ACCESS_KEY: 'wrong' }));

  test.each([
    ['InvalidAccessKeyId', 403, /does not know the access key in Secret 'milvus-s3'/],
    ['SignatureDoesNotMatch', 403, /secret key in Secret 'milvus-s3' does not belong to its access key/],
    ['AuthorizationHeaderMalformed', 400, /another region than us-east-1/],
    ['RequestTimeTooSkewed', 403, /clocks of this node/],
    ['NoSuchBucket', 404, /no bucket 'milvus'/],
  ])('explains %s', async (code, status, message) => {
    const port = await serve(createServer((_, response) => answer(response, status, code)));
    await expectFailure(message, { S3_PORT: port });
  });

  // The wording of rclone 1.68 (AWS SDK version 2), whichever is installed here.
  const sdk2 = 'operation error S3: PutObject, https response error StatusCode:';
  test.each([
    [
      `${sdk2} 403, RequestID: r, HostID: h, api error SignatureDoesNotMatch: SignatureDoesNotMatch`,
      /does not belong to/,
    ],
    [`${sdk2} 403, RequestID: r, HostID: h, api error AccessDenied: Access Denied.`, /grant it s3:PutObject/],
    [`${sdk2} 403, RequestID: r, HostID: h, api error Forbidden: Forbidden`, /grant it s3:PutObject/],
    [`${sdk2} 404, RequestID: r, HostID: h, NoSuchBucket: `, /no bucket 'milvus'/],
    [`${sdk2} 301, RequestID: r, HostID: h, api error PermanentRedirect: Use another.`, /another region/],
    [
      `${sdk2} 503, RequestID: r, HostID: h, api error SlowDown: SlowDown`,
      /reports a trouble of its own: .*SlowDown\n/,
    ],
    [
      `${sdk2} 0, RequestID: , HostID: , request send failed, Put \\"http://minio:9000/\\": dial tcp: lookup minio on 10.96.0.10:53: no such host`,
      /does not resolve/,
    ],
    [
      `${sdk2} 0, RequestID: , HostID: , request send failed, Put \\"http://minio:9000/\\": dial tcp 10.1.2.3:9000: i/o timeout`,
      /does not answer/,
    ],
  ])('understands %s', async (error, message) => {
    const liar = mkdtempSync(path.join(folder, 'liar-'));
    shim(liar, 'rclone', `echo "2024/11/20 10:00:00 NOTICE: Failed to rcat: ${error}" >&2; exit 1`);
    await expectFailure(message, { PATH: `${liar}:/usr/bin:/bin`, WAIT_SECONDS: '0' });
  });

  test('does not hang when rclone does', async () => {
    const hanging = mkdtempSync(path.join(folder, 'hanging-'));
    shim(hanging, 'rclone', 'exec /bin/sleep 60');
    shim(hanging, 'timeout', 'shift; exec /usr/bin/timeout 0.1 "$@"');
    await expectFailure(/gave up.*does not answer/, { PATH: `${hanging}:/usr/bin:/bin`, WAIT_SECONDS: '0' });
  });

  const isListing = (url = '') => url.includes('prefix=');
  test.each<[string, string, (method: string, url: string) => boolean]>([
    ['write objects', 's3:PutObject', (method) => method === 'PUT'],
    [
      'read objects',
      's3:GetObject',
      (method, url) => (method === 'GET' || method === 'HEAD') && !isListing(url),
    ],
    ['read objects', 's3:GetObject', (method, url) => method === 'GET' && !isListing(url)],
    ['list the bucket', 's3:ListBucket', (method, url) => method === 'GET' && isListing(url)],
    ['delete objects', 's3:DeleteObject', (method) => method === 'DELETE'],
  ])('names the missing right to %s, %s', async (step, right, denied) => {
    const port = await serve(
      inFront(({ method = '', url = '' }, response) =>
        denied(method, url) ? answer(response, 403, 'AccessDenied') : false,
      ),
    );
    await expectFailure(new RegExp(`may not ${step} \\(bucket 'milvus'.*grant it ${right}\n`), {
      S3_PORT: port,
    });
    if (right !== 's3:DeleteObject') {
      expect(objects()).toEqual([]);
    }
  });

  test('notices an object that comes back changed', async () => {
    const port = await serve(
      inFront(({ method, url }, response) => {
        const isRead = method === 'GET' && !isListing(url);
        if (isRead) {
          response.writeHead(200, { 'content-length': 5 }).end('other');
        }
        return isRead;
      }),
    );
    await expectFailure(/differs from what was written/, { S3_PORT: port });
  });

  test('notices an object that is still there after its deletion', async () => {
    const port = await serve(
      inFront(({ method }, response) => {
        if (method === 'DELETE') {
          response.writeHead(204).end();
        }
        return method === 'DELETE';
      }),
    );
    await expectFailure(/is still there.*object lock/, { S3_PORT: port });
  });

  test('shows any other error on one line, without the keys', async () => {
    const message = `Key ${accessKey} with ${secretKey}\nis a teapot.`;
    const port = await serve(createServer((_, response) => answer(response, 418, 'Teapot', message)));
    await expectFailure(/could not write objects .*Teapot: Key \*\*\* with \*\*\* is a teapot\./, {
      S3_PORT: port,
    });
  });

  test.each(['S3_ACCESS_KEY', 'S3_SECRET_KEY'])(
    'refuses an empty %s instead of trying anonymously',
    (variable) =>
      expectFailure(new RegExp(`${variable} is not set or empty: look at Secret 'milvus-s3'`), {
        [variable]: '',
      }),
  );

  describe('with a server that wants HTTPS', () => {
    let certificate: Certificate;
    let tlsServer: TcpServer;

    beforeAll(() => {
      certificate = selfSigned(folder, 's3');
      const respond: RequestListener = (_, response) => answer(response, 403, 'AccessDenied');
      tlsServer = createTlsServer(certificate, respond);
    });

    const wantsHttps = /wants HTTPS: set s3\.tls\.enabled: true, or give the storage's HTTP port/;

    test('says so when the connection is closed', async () => {
      await expectFailure(wantsHttps, { S3_PORT: await serve(tlsServer) });
    });

    test('says so when plain HTTP is answered with an error', async () => {
      const tlsPort = Number(await serve(createTlsServer(certificate)));
      const polite = createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', (first) => {
          if (first[0] !== 0x16) {
            socket.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
            return;
          }
          const upstream = connect(tlsPort, '127.0.0.1');
          upstream.on('error', () => socket.destroy());
          upstream.write(first);
          socket.pipe(upstream).pipe(socket);
        });
      });
      // The answer behind TLS does not matter.
      (opened[opened.length - 1] as Server).on('request', (_, response) =>
        answer(response, 403, 'AccessDenied'),
      );
      await expectFailure(wantsHttps, { S3_PORT: await serve(polite) });
    });

    test('says so when it redirects', async () => {
      const tlsPort = await serve(createTlsServer(certificate));
      const redirect = createServer((_, response) =>
        response.writeHead(308, { location: `https://127.0.0.1:${tlsPort}/`, connection: 'close' }).end(),
      );
      await expectFailure(wantsHttps, { S3_PORT: await serve(redirect) });
    });
  });

  test('gives up on a port where nothing listens', async () => {
    const overrides = { S3_PORT: `${await closedPort()}`, WAIT_SECONDS: '0' };
    await expectFailure(
      /^s3-preflight: waiting: nothing listens at .*\ns3-preflight: gave up after 0 s: .*\n$/,
      overrides,
    );
  });

  test('says each minute what it waits for, and since when', async () => {
    const clock = fastClock(path.join(folder, 'clock'), 25);
    const closed = env({ S3_PORT: `${await closedPort()}`, WAIT_SECONDS: '120' });
    const { stderr } = await run(['sh', SCRIPT], { ...closed, PATH: `${clock}:${closed['PATH']}` });
    expect(stderr.match(/^.*still waiting.*$/gm)).toEqual([
      expect.stringMatching(
        /^s3-preflight: still waiting, since 12:34:56 UTC \(100 s\): nothing listens at /,
      ),
    ]);
  });

  test('tells a DNS that does not answer from a name that it does not know', async () => {
    const text = 'dial tcp: lookup s3 on 10.96.0.10:53: read udp 10.1.1.1:5353->10.96.0.10:53: i/o timeout';
    const deaf = shim(path.join(folder, 'deaf'), 'rclone', `echo '${text}' >&2; exit 1`);
    await expectFailure(/DNS gives no answer for the name .*port 53/, {
      PATH: `${deaf}:/usr/bin:/bin`,
      WAIT_SECONDS: '0',
    });
  });

  test('gives up on a name that does not resolve', () =>
    expectFailure(/no-such-host\.invalid does not resolve/, {
      S3_ADDRESS: 'no-such-host.invalid',
      WAIT_SECONDS: '0',
    }));

  test('waits for a storage that is not ready yet, and says so once', async () => {
    let requests = 0;
    const port = await serve(
      inFront(
        (_, response) =>
          ++requests <= 3 && answer(response, 503, 'ServiceUnavailable', `Request ${requests}.`),
      ),
    );
    const { code, stderr } = await run(['sh', SCRIPT], env({ S3_PORT: port, WAIT_SECONDS: '60' }));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^s3-preflight: waiting: .*ServiceUnavailable.*\ns3-preflight: bucket .* work\n$/);
  });

  test('stops on SIGTERM', async () => {
    const waiting = start(['sh', SCRIPT], env({ S3_PORT: `${await closedPort()}`, WAIT_SECONDS: '60' }));
    await waiting.printed('waiting');
    waiting.child.kill('SIGTERM');
    expect(await waiting.ended).toMatchObject({ code: 143 });
    expect(readdirSync(scratch)).toEqual(['keep']);
  });

  test('no secret is ever an argument', () => {
    const seen = readFileSync(args, 'utf8');
    expect(seen).toContain('rcat');
    expect(seen).not.toContain('hunter2');
    expect(seen).not.toContain(accessKey);
  });
});
