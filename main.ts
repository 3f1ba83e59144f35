import { forCdk8s } from './lib/cli/cdk8s-cli';
import { processContext } from './lib/cli/command';

process.exitCode = forCdk8s(process.argv.slice(2), processContext(), 'npm run synth --') as number;
