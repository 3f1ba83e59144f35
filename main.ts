import { forCdk8s } from './lib/cli/cdk8s-cli';
import { endWith, processContext } from './lib/cli/process';

endWith(forCdk8s(process.argv.slice(2), processContext(), 'npm run synth --'));
