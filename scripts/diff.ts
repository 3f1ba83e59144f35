import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

/**
 * What `kubectl apply` would change, as `kubectl diff` shows it, and its exit code in words. Further arguments go to
 * kubectl: `npm run diff -- -n milvus --server-side`.
 */
function main(args: readonly string[]): number {
  const outdir = process.env['CDK8S_OUTDIR'] || 'dist';
  if (!existsSync(outdir)) {
    console.error(`There is no ${outdir}/: npm run synth makes it.`);
    return 2;
  }
  const { status, error } = spawnSync('kubectl', ['diff', ...source(outdir), ...args], { stdio: 'inherit' });
  if (error !== undefined) {
    console.error(`kubectl can not be run: ${error.message}`);
    return 2;
  }
  console.error(MEANINGS[status ?? 2] ?? 'kubectl could not compare: see its message above.');
  return status ?? 2;
}

const MEANINGS: Readonly<Record<number, string>> = {
  0: 'No differences: what runs is what the manifests say (exit code 0).',
  1: 'There are differences, which applying would make true (exit code 1).',
};

/** Several clusters are directories, which -f would not look into. */
function source(outdir: string): readonly string[] {
  const several = !readdirSync(outdir).some((file) => file.endsWith('.k8s.yaml'));
  return several ? ['-k', outdir] : ['-f', outdir];
}

process.exitCode = main(process.argv.slice(2));
