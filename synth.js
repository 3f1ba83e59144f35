/** What `cdk8s synth` and `npm run synth` run: main.ts, compiled when it has changed. */
require('./scripts/bundled').run('main');
