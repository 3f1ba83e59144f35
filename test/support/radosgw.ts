import { createHash, createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { closedPort, type Running, start } from '../assets/run';

/** What has to be installed: Debian's packages ceph-mon, ceph-osd and radosgw. */
export const RADOSGW_COMMANDS = ['ceph', 'ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'setpriv'];

/** How long startRadosgw may take on a machine that is busy with other things. It takes 2 s on one that is not. */
export const RADOSGW_LIMIT = 120_000;
const ATTEMPT_LIMIT = 50_000;

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface Keys {
  accessKey: string;
  secretKey: string;
}

export interface Radosgw {
  host: string;
  port: number;
  /** Of a user who may create buckets and owns what `send` makes. */
  owner: Keys;
  /** CEPH_ARGS for the tools of Ceph, such as radosgw-admin. */
  cephArgs: string;
  /** Adds a user, with more options of `radosgw-admin user create`. */
  addUser(name: string, ...options: string[]): Promise<Keys>;
  /** Sends a request of the owner's for a bucket or object, as '/bucket?policy', and returns the body of the answer. */
  send(method: string, resource: string, body?: string | Uint8Array): Promise<string>;
  /** The keys of a bucket that begin so. Every rclone that is not started for this saves a third of a second. */
  keys(bucket: string, prefix: string): Promise<string[]>;
  /** MD5 of what an object has, as it is read. */
  md5(bucket: string, key: string): Promise<string>;
  stopGateway(): Promise<void>;
  startGateway(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a Ceph cluster, with all of its data in memory or in a file of so many GiB, and a RADOS gateway on a free port of
 * 127.0.0.1. It needs no root and no other place than a temporary folder, and its daemons end with this process, however
 * that ends.
 */
export async function startRadosgw(fileGiB?: number): Promise<Radosgw> {
  // Someone else can take a port before Ceph does, so it gets a second chance.
  return attempt(fileGiB).catch(() => attempt(fileGiB));
}

async function attempt(fileGiB: number | undefined): Promise<Radosgw> {
  const folder = mkdtempSync(path.join(tmpdir(), 'radosgw-'));
  const host = '127.0.0.1';
  const port = await closedPort();
  const config = path.join(folder, 'ceph.conf');
  writeFileSync(config, configuration(folder, await closedPort(), port, fileGiB));

  const started: Running[] = [];
  const begin = (command: string, ...args: string[]): Running => {
    // A daemon that asks the monitor for configuration forgets the cluster's id for a moment: "wrong fsid", at times.
    const options = ['--conf', config, '--no-mon-config'];
    const running = start(['setpriv', '--pdeathsig', 'KILL', command, ...options, ...args], { PATH });
    started.push(running);
    return running;
  };
  const run = async (command: string, ...args: string[]): Promise<void> => {
    const { code, stderr } = await begin(command, ...args).ended;
    if (code !== 0) {
      throw new Error(`${command} ended with ${code}: ${stderr}`);
    }
  };
  const end = (running: Running) => {
    running.child.kill('SIGKILL');
    return running.ended;
  };

  const stop = async () => {
    await Promise.all(started.map(end));
    rmSync(folder, { recursive: true, force: true });
  };

  let gateway: Running;
  const startGateway = async () => {
    gateway = begin('radosgw', '--name=client.gateway', '--foreground');
    while (!(await answers(`http://${host}:${port}/`))) {
      if (gateway.child.exitCode !== null || gateway.child.signalCode !== null) {
        throw new Error('radosgw ended before it answered');
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  const addUser = async (name: string, ...options: string[]): Promise<Keys> => {
    // A secret as radosgw-admin makes up some: with characters that mean something in URLs.
    const keys = { accessKey: `ACCESS${name.toUpperCase()}`, secretKey: `s/${name}+secret/+=` };
    const login = [`--access-key=${keys.accessKey}`, `--secret-key=${keys.secretKey}`];
    await run(
      'radosgw-admin',
      'user',
      'create',
      `--uid=${name}`,
      `--display-name=${name}`,
      ...login,
      ...options,
    );
    return keys;
  };

  const limit = setTimeout(() => started.forEach(end), ATTEMPT_LIMIT);
  try {
    await run('ceph-mon', '--id=a', '--mkfs');
    const monitor = begin('ceph-mon', '--id=a', '--foreground');
    // Everything else would wait for them forever.
    void monitor.ended.then(() => started.forEach(end));
    const osd = randomUUID();
    await run('ceph', 'osd', 'new', osd);
    await run('ceph-osd', '--id=0', '--mkfs', `--osd-uuid=${osd}`);
    const storage = begin('ceph-osd', '--id=0', '--foreground');
    void storage.ended.then(() => started.forEach(end));
    const owner = await addUser('owner');
    await startGateway();
    const request = (
      method: string,
      resource: string,
      body?: string | Uint8Array,
      parameters?: Readonly<Record<string, string>>,
    ) => send(`http://${host}:${port}`, owner, method, resource, body, parameters);
    return {
      host,
      port,
      owner,
      cephArgs: `--conf ${config} --no-mon-config`,
      addUser,
      send: async (method, resource, body) => (await request(method, resource, body)).text(),
      keys: async (bucket, prefix) => {
        const keys: string[] = [];
        for (let isWhole = false; !isWhole; ) {
          const after = { prefix, marker: keys.at(-1) ?? '', 'encoding-type': 'url' };
          const page = await (await request('GET', `/${bucket}`, undefined, after)).text();
          for (const [, key = ''] of page.matchAll(/<Key>(.*?)<\/Key>/g)) keys.push(decodeURIComponent(key));
          isWhole = page.includes('<IsTruncated>false</IsTruncated>');
        }
        return keys;
      },
      md5: async (bucket, key) => {
        const object = await request('GET', `/${bucket}/${encodeURI(key)}`);
        return createHash('md5')
          .update(Buffer.from(await object.arrayBuffer()))
          .digest('hex');
      },
      stopGateway: async () => {
        await end(gateway);
      },
      startGateway,
      stop,
    };
  } catch (error) {
    await stop();
    const output = await Promise.all(started.map(async ({ ended }) => (await ended).stderr));
    throw new Error(`Ceph did not start: ${error}\n${output.join('')}`);
  } finally {
    clearTimeout(limit);
  }
}

function configuration(
  folder: string,
  monitorPort: number,
  gatewayPort: number,
  fileGiB: number | undefined,
): string {
  for (const name of ['mon', 'osd', 'rgw']) {
    mkdirSync(path.join(folder, name));
  }
  return `
[global]
fsid = ${randomUUID()}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
# radosgw insists on "secure", which there is not without authentication.
ms mon client mode = crc

run dir = ${folder}
crash dir = ${folder}
keyring = ${folder}/keyring
admin socket =
log file =
mon cluster log to file = false

mon data = ${folder}/mon
mon data avail crit = 0
mon allow pool size one = true
# Every change of the cluster, as each of its pools, waits for this long.
paxos propose interval = 0.05
paxos min wait = 0.01

osd data = ${folder}/osd
${
  fileGiB === undefined
    ? 'osd objectstore = memstore'
    : `osd objectstore = bluestore\nbluestore block size = ${fileGiB}G\nosd memory target = 1G`
}
osd pool default size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off

rgw data = ${folder}/rgw
# Every change of a user or bucket would wait up to 30 s for a gateway that was stopped, to tell it.
rgw cache enabled = false
rgw frontends = beast endpoint=127.0.0.1:${gatewayPort}

[mon.a]
mon addr = v2:127.0.0.1:${monitorPort}
`;
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).text();
    return true;
  } catch {
    return false;
  }
}

/** Signed in version 2, which is short. */
async function send(
  server: string,
  keys: Keys,
  method: string,
  resource: string,
  body?: string | Uint8Array,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const expires = Math.ceil(Date.now() / 1000) + 600;
  const signature = createHmac('sha1', keys.secretKey)
    .update(`${method}\n\n\n${expires}\n${resource}`)
    .digest('base64');
  const url = new URL(resource, server);
  // These are not signed.
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  url.searchParams.set('AWSAccessKeyId', keys.accessKey);
  url.searchParams.set('Expires', `${expires}`);
  url.searchParams.set('Signature', signature);
  // As bytes, because a string would be sent with a type.
  const answer = await fetch(url, body === undefined ? { method } : { method, body: Buffer.from(body) });
  if (!answer.ok) {
    throw new Error(`${method} ${resource}: ${answer.status} ${await answer.text()}`);
  }
  return answer;
}
