import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { requires } from '../support/requires';
import { ASSETS } from './run';

const files = readdirSync(ASSETS, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(sh|py)$/.test(name))
  .sort();
const content = (name: string) => readFileSync(path.join(ASSETS, name), 'utf8');
const testWith = (command: string) => (requires(command) ? test : test.skip);

test('there are scripts to look at', () => {
  expect(files).toContain('render-config.sh');
  expect(files).toContain(path.join('mishards', 'entrypoint.py'));
});

describe.each(files)('%s', (name) => {
  test("has nothing that Flux's postBuild substitution would replace", () => {
    expect(content(name)).not.toMatch(/\$[{$]/);
  });

  test('is plain ASCII with Unix line ends, so that a ConfigMap shows it as a readable block', () => {
    expect(content(name)).toMatch(/^[\n -~]+\n$/);
    expect(content(name)).not.toMatch(/ $/m);
  });

  test('says at the top what it is', () => {
    expect(content(name)).toMatch(/^(#!\/bin\/sh\n# |""")\w/);
  });
});

describe.each(files.filter((name) => name.endsWith('.sh')))('%s', (name) => {
  testWith('shellcheck')('passes shellcheck', () => {
    const { stdout, status } = spawnSync('shellcheck', ['-s', 'sh', path.join(ASSETS, name)], {
      encoding: 'utf8',
    });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  });
});

describe.each(files.filter((name) => name.endsWith('.py')))('%s', (name) => {
  testWith('python3')('is Python 3.6, and compiles without a warning', () => {
    const check = `
import ast, sys
with open(sys.argv[1]) as file:
    source = file.read()
ast.parse(source, feature_version=(3, 6))
compile(source, sys.argv[1], 'exec')`;
    // Not py_compile, which would leave its result in the folder that gets mounted.
    execFileSync('python3', ['-W', 'error', '-c', check, path.join(ASSETS, name)], { stdio: 'pipe' });
  });
});
