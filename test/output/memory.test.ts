import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { staleFiles, synthesize } from '../../lib';
import { LoadMemory } from '../../lib/config/load';
import { MadeBefore } from '../../lib/output/made';
import { type Memory, synthesize as synthesizeAgain } from '../../lib/output/synthesize';

/** A run that remembers earlier ones leaves what one that does not would leave, and makes only what changed. */
let directory: string;
let memory: Memory;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'memory-'));
  mkdirSync(join(directory, 'clusters'));
  memory = { loaded: new LoadMemory(), made: new MadeBefore() };
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
  expect(again()).toBe(0);
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
  expect(again()).toBe(1);
});

test('two clusters that get in each other’s way are found, though neither is new', () => {
  again();
  write('clusters/one.yaml', 'extends: ../base.yaml\nname: one\ns3: { bucket: bucket-two }\n');
  expect(() => again()).toThrow(/bucket-two/);
});

describe('another process', () => {
  const KEPT = () => readdirSync(directory).find((file) => /^made-.*\.json$/.test(file)) ?? '';
  beforeEach(() => {
    memory = { made: new MadeBefore(directory) };
  });
  const inAnotherProcess = () => {
    memory = { made: new MadeBefore(directory) };
    return again();
  };

  test('makes only what changed', () => {
    expect(again()).toBe(3);
    expect(inAnotherProcess()).toBe(0);
    cluster('two', 'readonly: { replicas: 2 }\n');
    expect(inAnotherProcess()).toBe(1);
    expect(inAnotherProcess()).toBe(0);
  });

  test('sees an edit that leaves size and time of a file as they were', () => {
    again();
    const file = join(directory, 'dist/one/one.k8s.yaml');
    const { atime, mtime } = statSync(file);
    writeFileSync(file, readFileSync(file, 'utf8').replace('replicas: 1', 'replicas: 2'));
    utimesSync(file, atime, mtime);
    const stale = () =>
      staleFiles({ config: join(directory, 'clusters') }, join(directory, 'dist'), new MadeBefore(directory));
    expect(stale()).toEqual([{ file: 'one/one.k8s.yaml', how: 'differs' }]);
    expect(inAnotherProcess()).toBe(1);
    expect(stale()).toEqual([]);
  });

  test('takes nothing for its own that a run without memory wrote, whatever its configuration', () => {
    again();
    const options = { config: 'clusters', cwd: directory, outdir: 'dist' };
    cluster('two', 'readonly: { replicas: 2 }\n');
    synthesize(options);
    expect(inAnotherProcess()).toBe(1);
    cluster('two');
    synthesize(options);
    expect(inAnotherProcess()).toBe(1);
  });

  test('has nothing of another output directory', () => {
    again();
    const made = new MadeBefore(directory);
    let done = 0;
    synthesizeAgain(
      { config: 'clusters', cwd: directory, outdir: 'elsewhere', onProgress: (count) => (done = count) },
      { made },
    );
    expect(done).toBe(3);
  });

  test.each(['no JSON', '{}', '[["one",null],["two",{}],["three",[]]]', '[1]'])(
    'makes all of it when what was kept is damaged: %s',
    (text) => {
      again();
      write(KEPT(), text);
      expect(inAnotherProcess()).toBe(3);
      expect(inAnotherProcess()).toBe(0);
    },
  );

  test('keeps nothing where nothing can be kept', () => {
    memory = { made: new MadeBefore(join(directory, 'nowhere')) };
    expect(again()).toBe(3);
    memory = { made: new MadeBefore(join(directory, 'nowhere')) };
    expect(again()).toBe(3);
  });
});
