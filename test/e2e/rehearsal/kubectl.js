#!/usr/bin/env node
/**
 * Stands in for kubectl on a cluster where all goes well: writes down what it is called with, has the real one check the
 * flags, and answers what the suite reads.
 */
const { spawnSync } = require('node:child_process');
const { appendFileSync, readFileSync } = require('node:fs');

const { REAL_KUBECTL, CALLS } = process.env;
const [, , flag, namespace, ...args] = process.argv;
const input = args.includes('-f') && args.includes('-') ? readFileSync(0, 'utf8') : '';
const before = readFileSync(CALLS, { encoding: 'utf8', flag: 'a+' });
const call = JSON.stringify({ args: [flag, namespace, ...args], input });
appendFileSync(CALLS, `${call}\n`);

// What was right once is.
if (!before.includes(`${call.slice(0, call.indexOf('],"input"'))}],"input"`)) {
  const length = ['rollout', 'set'].includes(args[0]) ? 2 : 1;
  const help = [...args.slice(0, length), '--help', flag, namespace, ...args.slice(length)];
  const { status, stderr } = spawnSync(REAL_KUBECTL, help, { encoding: 'utf8' });
  if (status !== 0) {
    process.stderr.write(stderr);
    process.exit(1);
  }
}

const earlier = before.split('\n').length;
const second = {
  calls: 10,
  failed: 0,
  slowest: 0.1,
  errors: [],
  time: earlier,
  acknowledged: 20_000,
  refused: 0,
};
const line = args.join(' ');
const component = /component=(\w+)/.exec(line)?.[1];
const answers = [
  [/^version /, JSON.stringify({ serverVersion: { minor: '32+' } })],
  [/^logs /, JSON.stringify(second)],
  [/ verify$/, JSON.stringify({ rows: 20_000, sampled: 200, notFound: 0 })],
  [/^get pods /, `pod/e2e-${component}-0\npod/e2e-${component}-1`],
  [/^get persistentvolumeclaims /, 'persistentvolumeclaim/data-e2e-mysql-0'],
  [/^apply .*--server-side/, 'deployment.apps/e2e-mishards serverside-applied'],
  [/^apply /, 'deployment.apps/e2e-mishards unchanged'],
];
process.stdout.write(`${answers.find(([words]) => words.test(line))?.[1] ?? ''}\n`);
