// Jest waits half a second for a worker to go, and then says that tests leak. What takes longer is only that Node.js
// gives back the memory of all test files piece by piece; whoever calls exit() has the system do it.
const { TestEnvironment } = require('jest-environment-node');

process.once('exit', () => process.exit());

module.exports = TestEnvironment;
