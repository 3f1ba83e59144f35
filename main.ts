import { processContext, runCommand } from './lib/cli/command';
import { synth } from './lib/cli/synth';

process.exitCode = runCommand(synth, process.argv.slice(2), processContext(), 'npm run synth --') as number;
