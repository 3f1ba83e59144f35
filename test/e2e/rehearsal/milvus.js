#!/usr/bin/env node
/** Stands in for cdk8s-milvus on a cluster where all goes well. */
const { appendFileSync } = require('node:fs');

const args = process.argv.slice(2);
appendFileSync(process.env.CALLS, `${JSON.stringify({ program: args })}\n`);
const answers = {
  status: 'e2e-readonly: correct the secret key in Secret e2e-s3',
  job: 'Query result is correct',
};
process.stdout.write(`${answers[args[0]] ?? ''}\n`);
