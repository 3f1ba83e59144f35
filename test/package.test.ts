import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOCK_FILE, type LockedPackage, type LockFile, missingEntries } from '../scripts/complete-lock-file';
import { ROOT } from './support/project';

const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as LockFile;

test('the lock file has the packages for every platform (else: npm run complete-lock-file)', () => {
  expect(Object.keys(missingEntries(lock))).toEqual([]);
});

test('nothing asks for a newer Node.js than the project does: npm would warn at each install', () => {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as LockedPackage;
  expect(engines).toEqual({ node: '>=20' });
  const newer = Object.entries(lock.packages).filter(([, { engines: { node = '' } = {} }]) =>
    /^>=\s*2[1-9]/.test(node),
  );
  expect(newer).toEqual([]);
});

test('a platform package that is missing is seen', () => {
  const { 'node_modules/@esbuild/darwin-arm64': removed, ...packages } = lock.packages;
  expect(missingEntries({ packages })).toEqual({
    'node_modules/@esbuild/darwin-arm64': {
      version: removed?.version,
      cpu: ['arm64'],
      os: ['darwin'],
      dev: true,
      optional: true,
    },
  });
});

test('the tools of the maintainers of cdk8s-plus-25, which it lists by mistake, stay out', () => {
  expect(lock.packages['node_modules/backport']).toMatchObject({ name: 'empty-npm-package' });
  expect(Object.keys(lock.packages).filter((path) => /octokit|inquirer|\/axios$/.test(path))).toEqual([]);
});

test('versions are exact, so that everybody has the same', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const ranges = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) =>
    /[\^~*]/.test(String(version)),
  );
  expect(ranges).toEqual([]);
});
