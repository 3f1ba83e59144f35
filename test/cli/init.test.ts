import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIn } from './support';

const directory = mkdtempSync(join(tmpdir(), 'init-'));
afterAll(() => rmSync(directory, { recursive: true }));
let made = 0;
const fresh = () => `cluster-${made++}`;

/** Somebody who gives these answers, one after another. */
function person(...answers: readonly string[]) {
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    return answers[asked.length - 1] ?? Promise.reject(new Error(`not expected: ${question}`));
  };
  return { asked, ask };
}

test.each([
  [['--embedded', '--yes'], 'embedded: true'],
  [['--s3-address', 'rgw.example.com'], 'address: rgw.example.com'],
  [
    [
      '--name',
      'music',
      '-n',
      'vectors',
      '--s3-address',
      '10.1.2.3',
      '--s3-port',
      '7480',
      '--bucket',
      'songs',
      '--storage-class',
      'csi-rbd-sc',
      '-y',
    ],
    'storageClassName: csi-rbd-sc',
  ],
])('init %j: what it says to do next works', async (args, words) => {
  const target = fresh();
  const { code, stdout, stderr } = await runIn(directory, ['init', target, ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(readFileSync(join(directory, target, 'milvus.yaml'), 'utf8')).toContain(words);
  const next = [...stdout.matchAll(/^ {2}cdk8s-milvus (.*?) +#/gm)].map(([, line = '']) => line.split(' '));
  expect(next.map(([name]) => name)).toEqual(['synth', 'show']);
  for (const line of next) expect(await runIn(directory, line)).toMatchObject({ code: 0 });
  expect(existsSync(join(directory, target, 'dist/Kustomization'))).toBe(true);
});

test('questions, for what is not given; a wrong answer is asked for again', async () => {
  const target = fresh();
  const { asked, ask } = person('Music', 'music', '', 'https://rgw/s3', 'rgw.example.com', '', 'songs', '');
  const { code, stdout } = await runIn(directory, ['init', target], { ask });
  expect(code).toBe(0);
  expect(stdout).toContain('name: given "Music"; expected');
  expect(stdout).toContain('s3.tls.enabled: true');
  expect(asked.map((question) => question.split(' ')[0])).toEqual(
    'Name Name Namespace Host Host Port Bucket StorageClass'.split(' '),
  );
  const text = readFileSync(join(directory, target, 'milvus.yaml'), 'utf8');
  expect(text).toMatch(
    /^name: music\n(# .*\n)s3:\n {2}address: rgw\.example\.com\n {2}port: 80\n {2}bucket: songs\n$/m,
  );
});

test('the URL of an endpoint says port and TLS, too', async () => {
  const target = fresh();
  const { asked, ask } = person('', '', 'https://rgw.example.com:9443/', 'songs', '');
  expect(await runIn(directory, ['init', target], { ask })).toMatchObject({ code: 0 });
  expect(asked.map((question) => question.split(' ')[0])).toEqual(
    'Name Namespace Host Bucket StorageClass'.split(' '),
  );
  expect(readFileSync(join(directory, target, 'milvus.yaml'), 'utf8')).toContain(
    '  address: rgw.example.com\n  port: 9443\n  tls:\n    enabled: true\n  bucket: songs\n',
  );
});

test('no host is a MinIO of its own; --yes asks nothing', async () => {
  const target = fresh();
  const { ask } = person('', '', '', '', '');
  expect(await runIn(directory, ['init', target], { ask })).toMatchObject({ code: 0 });
  expect(readFileSync(join(directory, target, 'milvus.yaml'), 'utf8')).toContain('embedded: true');
  expect(await runIn(directory, ['init', fresh(), '--embedded', '-y'], { ask: person().ask })).toMatchObject({
    code: 0,
  });
});

test('a file that is there stays as it is', async () => {
  writeFileSync(join(directory, 'milvus.yaml'), 'mine');
  expect(await runIn(directory, ['init', '--embedded', '-y'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('exists, and stays as it is'),
  });
  expect(readFileSync(join(directory, 'milvus.yaml'), 'utf8')).toBe('mine');
});

test.each<[args: readonly string[], code: number, words: string]>([
  [[], 2, 'Give --s3-address, or --embedded'],
  [['--embedded', '--s3-port', '80'], 2, 'leave --s3-address and --s3-port out'],
  [['two'], 2, "unexpected argument 'two'"],
  [['--s3-address', 'http://rgw/s3', '--bucket', 'A'], 1, 's3.address: given "http://rgw/s3"'],
  [['--s3-address', 'http://rgw:99999'], 1, 's3.port: given 99999'],
  [['--s3-address', 'rgw', '--s3-port', 'http'], 1, 's3.port: given "http"'],
])('init DIRECTORY %j: %i, and no directory is made', async (args, code, words) => {
  const target = fresh();
  expect(await runIn(directory, ['init', target, ...args])).toMatchObject({
    code,
    stdout: '',
    stderr: expect.stringContaining(words),
  });
  expect(existsSync(join(directory, target))).toBe(false);
});

test('a place without room for directories: said so, and no hang', async () => {
  expect(await runIn(directory, ['init', '/proc/x', '--embedded', '--yes'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('/proc/x: can not be written (ENOENT'),
  });
});
