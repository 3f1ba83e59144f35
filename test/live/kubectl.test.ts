import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsOf } from '../../lib/config';
import { gather } from '../../lib/live/gather';
import { Kubectl } from '../../lib/live/kubectl';
import { KubectlError } from '../../lib/live/kubectl-error';
import { minimal } from '../support/clusters';

const directory = mkdtempSync(join(tmpdir(), 'kubectl-'));
afterAll(() => rmSync(directory, { recursive: true }));
let count = 0;

/** With another program of that name; it has no shell but by its path. */
function kubectlOf(program: string, mode = 0o755): Kubectl {
  const bin = join(directory, `${count++}`);
  mkdirSync(bin);
  writeFileSync(join(bin, 'kubectl'), program, { mode });
  return new Kubectl({}, directory, { PATH: bin });
}

const script = (line: string) => `#!/bin/sh\n${line}\n`;

const ask = (kubectl: Kubectl) => kubectl.json(['get', 'pods']);
const look = (kubectl: Kubectl) =>
  gather(kubectl, [{ settings: settingsOf(minimal, 'test'), namespace: 'ns' }] as Parameters<
    typeof gather
  >[1]);

const NO_OBJECTS = 'printed something else than objects of Kubernetes as JSON';

test.each([
  ['words', script('echo garbage')],
  ['bytes', script("printf '\\377\\376\\000'")],
  ['an empty mapping', script("echo '{}'")],
  ['null', script('echo null')],
  ['items that are none', script('echo \'{"items":[null,3,{}]}\'')],
  ['half of an answer', script('printf \'{"items":[{"metadata":\'')],
])('%s instead of objects: said so, by each command that asks', async (_, program) => {
  for (const asked of [ask, look]) {
    const error = await asked(kubectlOf(program)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(KubectlError);
    expect((error as Error).message).toContain(NO_OBJECTS);
  }
});

test.each([
  ['no right to run it', script('exit 0'), 0o644, 'can not be run (EACCES)'],
  ['an interpreter that is not there', '#!/nowhere/sh\n', 0o755, 'There is no kubectl'],
  ['it is killed', script('kill -9 $$'), 0o755, 'was ended by SIGKILL'],
])('%s: said so', async (_, program, mode, words) => {
  for (const asked of [ask, look]) {
    await expect(asked(kubectlOf(program, mode))).rejects.toThrow(words);
    await expect(asked(kubectlOf(program, mode))).rejects.toBeInstanceOf(KubectlError);
  }
});

test('it hangs: stopped, and said so', async () => {
  const hanging = kubectlOf(script('while :; do :; done'));
  await expect(hanging.run(['get', 'pods'], { timeoutSeconds: 0.2 })).rejects.toThrow(
    'did not end within 0.2 s',
  );
});

test('objects, and lists of them, are taken', async () => {
  const object = { kind: 'Pod', metadata: { name: 'a' } };
  for (const answer of [object, { kind: 'List', metadata: {}, items: [object] }, { items: [] }]) {
    expect(await ask(kubectlOf(script(`echo '${JSON.stringify(answer)}'`)))).toEqual(answer);
  }
});
