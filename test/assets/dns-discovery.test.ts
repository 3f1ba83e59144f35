import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describeWith } from '../support/requires';

const folder = path.join(__dirname, 'python');

describeWith(['python3'], 'the DNS discovery plugin of mishards', () => {
  test('passes its own tests, which are in Python', () => {
    const { status, stderr } = spawnSync(
      'python3',
      ['-W', 'error', '-m', 'unittest', 'discover', '-s', folder, '-p', 'test_dns_discovery*.py'],
      { encoding: 'utf8', timeout: 60_000, env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } },
    );

    expect(stderr).toMatch(/^OK\b/m); // first, so that a failure shows what Python says
    expect(status).toBe(0);
    expect(Number(/^Ran (\d+) tests/m.exec(stderr)?.[1])).toBeGreaterThanOrEqual(55);
  }, 70_000);
});
