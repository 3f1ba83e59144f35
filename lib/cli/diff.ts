import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { defaultOutdir } from '../output/synthesize';
import type { Command } from './command';

export const diff: Command = {
  synopsis: '[flags of kubectl diff]',
  summary: 'shows what applying them would change in the cluster',
  help: (called) => `Shows what "kubectl apply" would change in the cluster, as "kubectl diff" does.

  ${called} [FLAGS OF kubectl diff]

  -f FILE, -k DIRECTORY   what is compared
                          (default: the manifests in the environment variable CDK8S_OUTDIR, or dist)
  all others              go to kubectl: -n NAMESPACE, --context NAME, --server-side, ...

Exit codes: 0 no differences, 1 there are some, above: kubectl could not compare.
`,
  run: (args, { stderr, cwd, env }) => {
    const outdir = defaultOutdir(env);
    const named = args.some((arg) => /^-(R?[fk]|-(filename|kustomize)(=|$))/.test(arg));
    if (!named && !existsSync(resolve(cwd, outdir))) {
      stderr.write(`There is no ${outdir}/: synthesize first (npm run synth, or cdk8s-milvus synth).\n`);
      return NOT_COMPARED;
    }
    const source = named ? [] : sourceIn(cwd, outdir);
    const { status, error } = spawnSync('kubectl', ['diff', ...source, ...args], {
      cwd,
      env,
      stdio: 'inherit',
    });
    if (error !== undefined) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const reason = missing ? 'no directory of PATH has it' : error.message;
      stderr.write(`kubectl can not be run: ${reason}. See https://kubernetes.io/docs/tasks/tools/\n`);
      return NOT_COMPARED;
    }
    const exitCode = status ?? NOT_COMPARED;
    stderr.write(`${MEANINGS[exitCode] ?? 'kubectl could not compare: see its message above.'}\n`);
    return exitCode;
  },
};

/** The least that kubectl itself ends with when it could not compare. */
const NOT_COMPARED = 2;

const MEANINGS: Readonly<Record<number, string>> = {
  0: 'No differences: what runs is what the manifests say (exit code 0).',
  1: 'There are differences, which applying would make true (exit code 1).',
};

/** Several clusters are directories, which -f would not look into. */
function sourceIn(cwd: string, outdir: string): readonly string[] {
  const several = !readdirSync(resolve(cwd, outdir)).some((file) => file.endsWith('.k8s.yaml'));
  return [several ? '-k' : '-f', outdir];
}
