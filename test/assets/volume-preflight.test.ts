import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ASSETS, run, shells, start } from './run';

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

  test.each(['STORAGE_DIR', 'PROBE_NAME', 'ROLE', 'WAIT_SECONDS'])('%s is needed', async (name) => {
    const { code, stderr } = await run([...shell, SCRIPT], { ...env({ STORAGE_DIR: root }), [name]: '' });
    expect({ code, stderr }).toEqual({ code: 1, stderr: `volume-preflight: ${name} is not set\n` });
  });
});

test('a reader waits for the writable', async () => {
  const directory = volume(false);
  const reader = start(['sh', SCRIPT], env({ STORAGE_DIR: directory, WAIT_SECONDS: '30' }));
  await reader.printed('waiting for the writable');
  writeFileSync(path.join(directory, MARK), '');
  expect((await reader.ended).code).toBe(0);
  expect(existsSync(path.join(directory, MARK))).toBe(true);
});
