import { readFileSync } from 'node:fs';
import { fromHelm } from '../lib/helm';

const { stdout, stderr, exitCode } = fromHelm(process.argv.slice(2), (path) => readFileSync(path, 'utf8'));
process.stderr.write(stderr);
process.stdout.write(stdout);
process.exitCode = exitCode;
