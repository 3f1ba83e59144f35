import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMANDS } from '../../lib/cli';
import { helpOf } from '../../lib/cli/command';
import { optionsAndNames } from '../../lib/cli/options';
import { ROOT } from '../support/project';
import { runIn } from './support';

const directory = mkdtempSync(join(tmpdir(), 'commands-'));
afterAll(() => rmSync(directory, { recursive: true }));
beforeAll(async () => {
  writeFileSync(join(directory, 'milvus.yaml'), readFileSync(join(ROOT, 'milvus.yaml')));
  expect((await runIn(directory, ['synth', '-q'])).code).toBe(0);
});

/** What asks a cluster has its tests in files of its own, with a stand-in for kubectl. */
const ON_A_CLUSTER = ['status', 'job', 'backups', 'restore'];

test.each(Object.entries(COMMANDS).filter(([name]) => !ON_A_CLUSTER.includes(name)))(
  '%s: its example works as it stands, and its help has it',
  async (name, command) => {
    const { example } = command;
    if (example === undefined) throw new Error(`${name} has no example`);
    expect(helpOf(command, `cdk8s-milvus ${name}`)).toContain(
      `Example:\n  cdk8s-milvus ${name} ${example}\n`,
    );
    const { code, stdout, stderr } = await runIn(directory, [name, ...example.split(' ')]);
    expect({ code, said: stdout + stderr === '' ? name : 'something' }).toEqual({
      code: 0,
      // There is nothing to say.
      said: name === 'check' ? 'check' : 'something',
    });
  },
);

test.each(Object.entries(COMMANDS))(
  '%s: help tells of each option, and parses as it says',
  (name, command) => {
    const help = helpOf(command, `cdk8s-milvus ${name}`);
    for (const [option, { value, type, short }] of Object.entries(command.options ?? {})) {
      expect(help).toMatch(new RegExp(`--${option}\\b|-${short}[, ]`));
      expect(value === undefined).toBe(type === 'boolean');
    }
    expect(() => optionsAndNames([], { ...command.options })).not.toThrow();
    expect(help).toContain('Exit codes: ');
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(160);
  },
);

test('in a clone each is an npm script, which says so in its help', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(COMMANDS)) expect(Object.keys(scripts)).toContain(name);
  const { stdout } = spawnSync('npm', ['run', '-s', 'size', '--', '--help'], { cwd: ROOT, encoding: 'utf8' });
  expect(stdout).toContain('Example:\n  npm run size -- --vectors 100M');
});
