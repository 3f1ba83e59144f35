/** The suite that needs a cluster with nodes: `npm run test:e2e`. One file, whose tests build on each other. */
module.exports = {
  ...require('./jest.config'),
  testMatch: ['<rootDir>/test/e2e/cluster/*.e2e.ts'],
  maxWorkers: 1,
};
