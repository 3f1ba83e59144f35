import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer } from 'node:tls';
import type { S3Settings } from '../../lib/config/settings';
import { proxyConfig } from '../../lib/storage/s3-tls';
import { ASSETS, closedPort, killAll, type Result, type Running, start, until } from '../assets/run';
import { type Certificate, selfSigned, signedBy } from '../support/certificates';
import { RADOSGW_COMMANDS, RADOSGW_LIMIT, type Radosgw, startRadosgw } from '../support/radosgw';
import { describeWith, find } from '../support/requires';

jest.setTimeout(60_000);

const HOST = 'localhost';
const PATH = '/usr/local/bin:/usr/bin:/bin';

// Ours, the real thing, between two others: rclone, which signs as the server does, and a gateway that verifies signatures.
describeWith([...RADOSGW_COMMANDS, 'haproxy', 'openssl', 'rclone'], 'TLS to S3 with a real gateway', () => {
  let folder: string;
  let radosgw: Radosgw;
  /** In front of the gateway: ends TLS, and touches nothing of what is said. */
  let endpoint: Server;
  let endpointPort: number;
  let delay = 0;
  let proxy: Running;
  let port: number;
  const proxies: Running[] = [];

  function listenTls(certificate: Certificate, on = 0): Promise<Server> {
    return new Promise((resolve) => {
      const server = createServer(certificate, (client) => {
        setTimeout(() => {
          const gateway = connect(radosgw.port, radosgw.host);
          client.pipe(gateway).pipe(client);
          gateway.on('error', () => client.destroy());
          client.on('error', () => gateway.destroy());
        }, delay);
      });
      server.on('tlsClientError', () => undefined);
      server.listen(on, '127.0.0.1', () => resolve(server));
    });
  }

  /** Starts HAProxy with our configuration, but for the places of this machine, and returns its port. */
  async function startProxy(
    settings: { ca?: string; serverName?: string; to?: number } = {},
  ): Promise<number> {
    const [listens, health] = [await closedPort(), await closedPort()];
    const s3 = {
      address: HOST,
      port: settings.to ?? endpointPort,
      tls: { caSecret: 'ca', serverName: settings.serverName },
    };
    const text = proxyConfig(s3 as S3Settings & { tls: object })
      .replace(`bind 127.0.0.1:${s3.port}`, `bind 127.0.0.1:${listens}`)
      .replace('bind :8405', `bind 127.0.0.1:${health}`)
      .replace('/etc/s3-ca/ca.crt', path.join(folder, `${settings.ca ?? 'ca'}.crt`));
    const file = path.join(folder, `${listens}.cfg`);
    writeFileSync(file, text);
    proxy = start([find('haproxy') ?? '', '-db', '-f', file], { PATH });
    proxies.push(proxy);
    await until(() => accepts(health), 'HAProxy did not start');
    expect((await fetch(`http://127.0.0.1:${health}/live`)).status).toBe(200);
    return listens;
  }

  const accepts = (on: number) => {
    try {
      execFileSync('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${on}`], { stdio: 'pipe' });
      return true;
    } catch {
      return false;
    }
  };

  async function preflight(overrides: Record<string, string>): Promise<Result> {
    const { accessKey, secretKey } = radosgw.owner;
    const env = {
      PATH,
      S3_ADDRESS: HOST,
      S3_BUCKET: 'milvus',
      S3_PREFIX: 'var/lib/milvus/data',
      S3_ACCESS_KEY: accessKey,
      S3_SECRET_KEY: secretKey,
      CREDENTIALS_FROM: 'milvus-s3',
      WAIT_SECONDS: '0',
      ...overrides,
    };
    return start(['sh', path.join(ASSETS, 's3-preflight.sh')], env).ended;
  }

  /** As the server does: plain HTTP to the proxy, with the Host and the signature of that. */
  const throughProxy = (on: number, more: Record<string, string> = {}) =>
    preflight({ S3_PORT: String(on), ...more });

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 's3-tls-'));
    selfSigned(folder, 'ca');
    selfSigned(folder, 'other');
    radosgw = await startRadosgw();
    await radosgw.send('PUT', '/milvus');
    endpoint = await listenTls(signedBy(folder, 'ca', HOST));
    endpointPort = (endpoint.address() as AddressInfo).port;
    port = await startProxy();
  }, RADOSGW_LIMIT);

  afterAll(async () => {
    for (const running of proxies) killAll(running);
    endpoint?.close();
    await radosgw?.stop();
    rmSync(folder, { recursive: true });
  });

  const good = { code: 0, stderr: expect.stringContaining('put, get, list and delete work') };

  test('signatures of plain HTTP stay valid: objects are put, read, listed and deleted', async () => {
    expect(await throughProxy(port)).toMatchObject(good);
  });

  test('a bucket is created', async () => {
    expect(await throughProxy(port, { S3_BUCKET: 'new', S3_CREATE_BUCKET: 'true' })).toMatchObject(good);
  });

  test('a wrong key is told by the endpoint, in its own words', async () => {
    const { code, stderr } = await throughProxy(port, { S3_SECRET_KEY: 'no-secret-of-anybody' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/the secret key in Secret 'milvus-s3' does not belong to its access key/);
  });

  test('rclone itself speaks TLS, with the same CA', async () => {
    const https = { S3_SCHEME: 'https', S3_PORT: String(endpointPort) };
    expect(await preflight({ ...https, S3_CA: path.join(folder, 'ca.crt') })).toMatchObject(good);
    for (const S3_CA of ['', path.join(folder, 'other.crt')]) {
      const { code, stderr } = await preflight({ ...https, S3_CA });
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /speaks TLS, but its certificate is not trusted here: name the Secret of its CA in tls\.caSecret/,
      );
    }
  });

  test('where no TLS is spoken, rclone says so', async () => {
    const { code, stderr } = await preflight({
      S3_SCHEME: 'https',
      S3_ADDRESS: radosgw.host,
      S3_PORT: String(radosgw.port),
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/speaks plain HTTP: set s3\.tls\.enabled: false/);
  });

  test.each([
    ['of another CA', { ca: 'other' }],
    ['with another name', { serverName: 'rgw.example.com' }],
  ])('nothing is sent to an endpoint whose certificate is %s', async (_, settings) => {
    const refusing = await startProxy(settings);
    const { code, stderr } = await throughProxy(refusing);
    expect(code).toBe(1);
    expect(stderr).toMatch(/503|reports a trouble of its own/);
    await proxy.printed('certificate verify failed');
  });

  test('an endpoint that is away is told at once, and used again when it is back', async () => {
    const certificate = signedBy(folder, 'ca', HOST);
    let mine = await listenTls(certificate);
    const to = (mine.address() as AddressInfo).port;
    const listens = await startProxy({ to });
    expect(await throughProxy(listens)).toMatchObject(good);

    await new Promise((resolve) => mine.close(resolve));
    const begun = Date.now();
    expect((await fetch(`http://127.0.0.1:${listens}/milvus`)).status).toBe(503);
    expect(Date.now() - begun).toBeLessThan(2000);

    mine = await listenTls(certificate, to);
    expect(await throughProxy(listens)).toMatchObject(good);
    mine.close();
  });

  test('an answer that takes longer than usual is not cut', async () => {
    delay = 6000;
    const { status } = await fetch(`http://127.0.0.1:${port}/milvus`);
    delay = 0;
    expect(status).toBe(403); // the gateway's own word, to a request without a signature
  });
});

describeWith(['bash', 'flock'], 'a server beside its proxy', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'with-s3-tls-'));
  const alive = path.join(folder, 'server');
  afterAll(() => rmSync(folder, { recursive: true }));

  const withProxy = (port: number, ...command: string[]) =>
    start(['sh', path.join(ASSETS, 'with-s3-tls.sh'), String(port), alive, ...command], { PATH });

  test('starts when the proxy is there, as the same process', async () => {
    const port = await closedPort();
    const server = withProxy(port, 'sh', '-c', 'echo I am $$; exec sleep 1');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(server.child.exitCode).toBeNull();

    const listener = start(['python3', '-m', 'http.server', '--bind', '127.0.0.1', String(port)], { PATH });
    const { stdout, code } = await server.ended;
    killAll(listener);

    expect(stdout).toBe(`I am ${server.child.pid}\n`);
    expect(code).toBe(0);
  });

  test('the proxy stays until the server has ended', async () => {
    const port = await closedPort();
    const listener = start(['python3', '-m', 'http.server', '--bind', '127.0.0.1', String(port)], { PATH });
    // A server that takes its time to stop.
    const server = withProxy(
      port,
      'sh',
      '-c',
      'trap "sleep 1; exit 1" TERM; echo up; while :; do sleep 0.1; done',
    );
    await server.printed('up');

    const hook = start(['flock', alive, 'true'], { PATH });
    server.child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(hook.child.exitCode).toBeNull();
    await server.ended;
    expect((await hook.ended).code).toBe(0);
    killAll(listener);
  });
});
