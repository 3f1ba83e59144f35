const { cpus } = require('node:os');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/support/environment.js',
  // What is crawled at the start: not node_modules, which holds some twenty thousand files.
  roots: ['<rootDir>/test', '<rootDir>/lib', '<rootDir>/imports', '<rootDir>/__snapshots__'],
  // Servers and processes are slow to start on a machine that has other things to do.
  testTimeout: 30_000,
  // More than cores: about a third of the time tests wait for servers and processes that they have started.
  maxWorkers: Math.ceil(1.5 * cpus().length),
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }],
  },
  // Each is looked up by way of an interceptor otherwise, wherever the sources say its name: it took a third of the time.
  sandboxInjectedGlobals: [
    'Array',
    'Boolean',
    'Error',
    'JSON',
    'Map',
    'Math',
    'Number',
    'Object',
    'Set',
    'String',
  ],
  snapshotResolver: '<rootDir>/test/support/snapshot-resolver.js',
};
