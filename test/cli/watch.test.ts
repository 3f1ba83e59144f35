import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/project';

/** `synth --watch`, as a person has it in a terminal. */
jest.setTimeout(60_000);
let directory: string;
let child: ChildProcess;
let shown: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'watch-'));
  shown = '';
});
afterEach(() => {
  child.kill();
  rmSync(directory, { recursive: true });
});

const CLUSTER = 'name: music\ns3: { address: 10.0.0.1, bucket: vectors }\n';
const write = (file: string, text: string) => writeFileSync(join(directory, file), text);
const manifest = (name = 'music', from = '') => {
  const file = join(directory, 'dist', from, `${name}.k8s.yaml`);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

function watch(...args: string[]): void {
  child = spawn('node', [join(ROOT, 'synth.js'), '--watch', ...args], { cwd: directory });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (shown += text));
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    if (tries > 2000) throw new Error(`not seen: ${what}; shown:\n${shown}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
const says = (text: string) => until(text, () => shown.includes(text));

test('an edit is in dist, a mistake on the screen, and both go on', async () => {
  write('milvus.yaml', CLUSTER);
  watch();
  await says('Watching the configuration; Ctrl-C ends it.');
  expect(shown).toContain('Next:');
  shown = '';

  write('milvus.yaml', `${CLUSTER}readonly: { replicas: 3 }\n`);
  await until('three readers', () => manifest().includes('replicas: 3'));
  await says('1 of 5 files changed');
  expect(shown).not.toContain('Next:');

  write('milvus.yaml', `${CLUSTER}readonly: { replica: 3 }\n`);
  await says('did you mean "replicas"?');
  await says('Nothing was written.');
  expect(manifest()).toContain('replicas: 3');

  // As editors do that write a file beside it.
  write('milvus.yaml~', `${CLUSTER}readonly: { replicas: 4 }\n`);
  renameSync(join(directory, 'milvus.yaml~'), join(directory, 'milvus.yaml'));
  await until('four readers', () => manifest().includes('replicas: 4'));
});

test('files that are not there yet, and directories that go and come back', async () => {
  watch('-c', 'clusters/*.yaml');
  await says('given no files');
  mkdirSync(join(directory, 'clusters'));
  write('base.yaml', 's3: { address: 10.0.0.1, bucket: vectors }\n');
  write('clusters/music.yaml', 'extends: ../base.yaml\nname: music\n');
  await until('a cluster', () => manifest() !== '');
  write('base.yaml', 's3: { address: 10.0.0.2, bucket: vectors }\n');
  await until('the edit of what it extends', () => manifest().includes('10.0.0.2/32'));
  rmSync(join(directory, 'clusters'), { recursive: true });
  await until('that it is gone', () => shown.match(/given no files/g)?.length === 2);
  mkdirSync(join(directory, 'clusters'));
  write('clusters/books.yaml', 'extends: ../base.yaml\nname: books\n');
  await until('another one', () => shown.includes('books.k8s.yaml'));
});

test('a directory that is replaced by another one of its name', async () => {
  const books = `name: books\ns3: { address: 10.0.0.1, bucket: vectors }\n`;
  mkdirSync(join(directory, 'clusters'));
  write('clusters/music.yaml', CLUSTER);
  watch('-c', 'clusters/*.yaml');
  await says('Watching the configuration; Ctrl-C ends it.');
  // It learns of all three at once.
  child.kill('SIGSTOP');
  rmSync(join(directory, 'clusters'), { recursive: true });
  mkdirSync(join(directory, 'clusters'));
  write('clusters/books.yaml', books);
  child.kill('SIGCONT');
  await until('another cluster', () => manifest('books') !== '');
  write('clusters/books.yaml', books.replace('10.0.0.1', '10.0.0.2'));
  await until('the edit of it', () => manifest('books').includes('10.0.0.2/32'));
});

test('standard output is nothing to go on writing to', async () => {
  write('milvus.yaml', CLUSTER);
  watch('-o', '-');
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, shown }).toEqual({
    code: 2,
    shown: expect.stringContaining("option '--watch' needs a directory"),
  });
});
