/** What `npm test` leaves to `npm run test:all`: servers and shells for real, whole copies of the project, large fleets. */
const LONG = [
  'assets/',
  'cli/diff-of-a-fleet.test.ts',
  'docs-commands.test.ts',
  'e2e/',
  'gitops.test.ts',
  'promotion.test.ts',
  'published-package.test.ts',
  'synth.test.ts',
];

/** @type {import('jest').Config} */
module.exports = {
  ...require('./jest.config'),
  testPathIgnorePatterns: LONG.map((end) => `<rootDir>/test/${end}`),
};
