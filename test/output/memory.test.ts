import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../lib';
import { Memory, synthesize as synthesizeAgain } from '../../lib/output/synthesize';

/** A run that remembers earlier ones leaves what one that does not would leave, and makes only what changed. */
let directory: string;
let memory: Memory;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'memory-'));
  mkdirSync(join(directory, 'clusters'));
  memory = new Memory();
  write('base.yaml', 's3: { address: 10.0.0.1 }\n');
  for (const name of ['one', 'two', 'three']) cluster(name);
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const write = (file: string, text: string) => writeFileSync(join(directory, file), text);
const cluster = (name: string, more = '') =>
  write(
    `clusters/${name}.yaml`,
    `extends: ../base.yaml\nname: ${name}\ns3: { bucket: bucket-${name} }\n${more}`,
  );

/** Synthesizes with what is remembered; how many clusters were made. */
function again(env: Record<string, string> = {}): number {
  let made = 0;
  const onProgress = (done: number) => {
    made = done;
  };
  synthesizeAgain({ config: 'clusters', cwd: directory, outdir: 'dist', env, onProgress }, memory);
  synthesize({ config: 'clusters', cwd: directory, outdir: 'fresh', env });
  expect(filesIn('dist')).toEqual(filesIn('fresh'));
  return made;
}

function filesIn(outdir: string): Record<string, string> {
  const files = readdirSync(join(directory, outdir), { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    files
      .filter((file) => statSync(join(directory, outdir, file)).isFile())
      .map((file) => [file, readFileSync(join(directory, outdir, file), 'utf8')]),
  );
}

test('only what changed is made, whatever changed it', () => {
  expect(again()).toBe(3);
  expect(again()).toBe(0);
  cluster('two', 'readonly: { replicas: 2 }\n');
  expect(again()).toBe(1);
  cluster('two', '# a comment\nreadonly: { replicas: 2 }\n');
  expect(again()).toBe(0);
  cluster('four');
  expect(again()).toBe(1);
  cluster('one', 'readonly: { replicas: "${env:READERS:-1}" }\n');
  expect(again()).toBe(1);
  expect(again({ READERS: '3' })).toBe(1);
  write('base.yaml', 's3: { address: 10.0.0.2 }\n');
  expect(again({ READERS: '3' })).toBe(4);
});

test('what somebody did to the output is seen', () => {
  again();
  rmSync(join(directory, 'dist/two/two.k8s.yaml'));
  cpSync(join(directory, 'dist/one/one.k8s.yaml'), join(directory, 'dist/three/three.k8s.yaml'));
  expect(again()).toBe(2);
});

test('a mistake is reported each time, and nothing is written', () => {
  again();
  const before = filesIn('dist');
  cluster('one', 'readonly: { replicas: 2 }\n');
  cluster('two', 'bogus: 1\n');
  for (let run = 0; run < 2; run += 1) expect(() => again()).toThrow(/two\.yaml:4:8: bogus/);
  expect(filesIn('dist')).toEqual(before);
  cluster('two');
  expect(again()).toBe(2);
});

test('two clusters that get in each other’s way are found, though neither is new', () => {
  again();
  write('clusters/one.yaml', 'extends: ../base.yaml\nname: one\ns3: { bucket: bucket-two }\n');
  expect(() => again()).toThrow(/bucket-two/);
});
