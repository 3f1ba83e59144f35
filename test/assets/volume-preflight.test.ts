import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { requires } from '../support/requires';
import { ASSETS, run, shells, shim, start } from './run';

const SCRIPT = path.join(ASSETS, 'volume-preflight.sh');
const root = mkdtempSync(path.join(tmpdir(), 'volume-preflight-'));
const MARK = '.cdk8s-milvus-volume';
afterAll(() => rmSync(root, { recursive: true }));

let count = 0;
function volume(marked: boolean): string {
  count += 1;
  const directory = path.join(root, String(count));
  mkdirSync(directory);
  if (marked) writeFileSync(path.join(directory, MARK), '');
  return directory;
}

const env = (over: Record<string, string>): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  PROBE_NAME: 'pod-1',
  ROLE: 'readonly',
  WAIT_SECONDS: '1',
  ...over,
});

describe.each(shells())('volume-preflight.sh under %s', (...shell) => {
  test('the writable leaves a mark, and nothing else', async () => {
    const directory = volume(false);
    const { code, stdout } = await run([...shell, SCRIPT], env({ STORAGE_DIR: directory, ROLE: 'writable' }));
    expect({ code, stdout }).toEqual({ code: 0, stdout: `the volume at ${directory} can be written\n` });
    expect(readdirSync(directory)).toEqual([MARK]);
  });

  test('a reader is content with the mark, and leaves nothing', async () => {
    const directory = volume(true);
    const { code, stderr } = await run([...shell, SCRIPT], env({ STORAGE_DIR: directory }));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(directory)).toEqual([MARK]);
  });

  test('a reader gives up without the mark, and says what that means', async () => {
    const { code, stderr } = await run([...shell, SCRIPT], env({ STORAGE_DIR: volume(false) }));
    expect(code).toBe(1);
    expect(stderr).toContain('gave up after 1 s');
    expect(stderr).toContain('one claim with ReadWriteMany');
  });

  test('a volume that can not be written is told, with who tried', async () => {
    // As root every directory can be written, so it is one that is none.
    const missing = path.join(root, 'missing');
    const { code, stderr } = await run([...shell, SCRIPT], env({ STORAGE_DIR: missing }));
    expect(code).toBe(1);
    expect(stderr).toContain(`can't write to ${missing} as user ${process.getuid?.()}`);
    expect(stderr).toContain('without root squashing');
  });

  test('a volume that gives back something else is told, and nothing is left on it', async () => {
    const directory = volume(true);
    const bin = shim(path.join(root, 'bin'), 'cat', 'echo other');
    const { code, stderr } = await run(
      [...shell, SCRIPT],
      env({ STORAGE_DIR: directory, PATH: `${bin}:${process.env['PATH']}` }),
    );
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `volume-preflight: what was written to ${directory} can't be read back: look at the volume\n`,
    });
    expect(readdirSync(directory)).toEqual([MARK]);
  });

  test.each(['STORAGE_DIR', 'PROBE_NAME', 'ROLE', 'WAIT_SECONDS'])('%s is needed', async (name) => {
    const { code, stderr } = await run([...shell, SCRIPT], { ...env({ STORAGE_DIR: root }), [name]: '' });
    expect({ code, stderr }).toEqual({ code: 1, stderr: `volume-preflight: ${name} is not set\n` });
  });
});

/** As root every directory can be written. */
const asRoot = process.getuid?.() === 0;
const OTHER = asRoot ? ['setpriv', '--reuid=65534', '--regid=65533', '--clear-groups'] : [];
(requires(...OTHER.slice(0, 1)) ? test : test.skip)(
  'a volume that belongs to another user is told, with who that is; and it is left alone',
  async () => {
    const directory = volume(true);
    for (const one of [root, directory]) chmodSync(one, 0o555);
    const command = [...OTHER, 'sh', SCRIPT];
    const { code, stderr } = await run(command, env({ STORAGE_DIR: directory, ROLE: 'writable' }));
    chmodSync(root, 0o755);
    chmodSync(directory, 0o755);
    expect(code).toBe(1);
    const user = asRoot ? '65534, group 65533, groups 65533' : `${process.getuid?.()}, `;
    expect(stderr).toContain(`can't write to ${directory} as user ${user}`);
    expect(stderr).toContain('; it is dr-xr-xr-x');
    expect(stderr).not.toContain('Permission denied');
    expect(readdirSync(directory)).toEqual([MARK]);
  },
);

test('what is on the volume stays as it is: the check deletes its own file alone', async () => {
  const directory = volume(true);
  mkdirSync(path.join(directory, 'tables'));
  const others = ['.cdk8s-milvus-probe-pod-2', 'meta.sqlite'];
  for (const name of others) writeFileSync(path.join(directory, name), 'kept');
  for (const ROLE of ['writable', 'readonly']) {
    expect((await run(['sh', SCRIPT], env({ STORAGE_DIR: directory, ROLE }))).code).toBe(0);
  }
  expect(readdirSync(directory).sort()).toEqual([MARK, 'tables', ...others].sort());
});

test('a reader waits for the writable', async () => {
  const directory = volume(false);
  const reader = start(['sh', SCRIPT], env({ STORAGE_DIR: directory, WAIT_SECONDS: '30' }));
  await reader.printed('waiting for the writable');
  writeFileSync(path.join(directory, MARK), '');
  expect((await reader.ended).code).toBe(0);
  expect(existsSync(path.join(directory, MARK))).toBe(true);
});
