// Snapshots live in one directory at the top level, where a reviewer of a pull request looks for them.
const path = require('node:path');

const root = path.resolve(__dirname, '../..');
const tests = path.join(root, 'test');
const snapshots = path.join(root, '__snapshots__');

module.exports = {
  resolveSnapshotPath: (testPath, extension) =>
    path.join(snapshots, path.relative(tests, testPath)) + extension,
  resolveTestPath: (snapshotPath, extension) =>
    path.join(tests, path.relative(snapshots, snapshotPath).slice(0, -extension.length)),
  testPathForConsistencyCheck: path.join(tests, 'example', 'some.test.ts'),
};
