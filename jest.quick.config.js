/** What `npm test` leaves to `npm run test:all`: servers and shells for real, whole copies of the project. */
const LONG = ['assets/', 'e2e/', 'docs-commands.test.ts', 'published-package.test.ts', 'synth.test.ts'];

/** @type {import('jest').Config} */
module.exports = {
  ...require('./jest.config'),
  testPathIgnorePatterns: LONG.map((end) => `<rootDir>/test/${end}`),
};
