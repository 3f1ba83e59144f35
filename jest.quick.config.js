/**
 * What `npm test` leaves to `npm run test:all`: servers and shells for real, whole copies of the project, large fleets,
 * and what goes through every option, every text or every program.
 */
const LONG = [
  'answers/explain.test.ts',
  'assets/',
  'cli/completion.test.ts',
  'cli/diff-of-a-fleet.test.ts',
  'cli/diff.test.ts',
  'cli/export.test.ts',
  'cli/job.test.ts',
  'cli/status.test.ts',
  'config/moved.test.ts',
  'docs-commands.test.ts',
  'e2e/',
  'examples.test.ts',
  'github-actions.test.ts',
  'gitops.test.ts',
  'inventory/',
  'kubernetes/strategic-merge.test.ts',
  'live/job.test.ts',
  'metadata/my-cnf.test.ts',
  'milvus/server-config.test.ts',
  'operations/monitoring/',
  'output-rules.test.ts',
  'output/fleet.test.ts',
  'output/images.test.ts',
  'promotion.test.ts',
  'properties/',
  'published-package.test.ts',
  'synth.test.ts',
  'yaml/write.test.ts',
];

/** @type {import('jest').Config} */
module.exports = {
  ...require('./jest.config'),
  testPathIgnorePatterns: LONG.map((end) => `<rootDir>/test/${end}`),
};
