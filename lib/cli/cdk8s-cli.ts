import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { guarded } from '../output/files';
import { defaultOutdir, STDOUT } from '../output/synthesize';
import { type CommandContext, EXIT, type ExitCode, runCommand } from './command';
import { synth } from './synth';

/**
 * What cdk8s.yaml calls the output directory. The cdk8s CLI deletes whatever it is called before it runs the app, and that
 * is not to be `dist`: so here it is a link, made anew each time, under which the CLI finds what was written.
 */
const LINK = '.cdk8s';
/** The file of a stream. The CLI prints several files at the same time, one into the other. */
const STREAM = 'manifests.k8s.yaml';

/** Synthesizes for a person, or for the cdk8s CLI, which says by CDK8S_OUTDIR what it wants. */
export function forCdk8s(args: readonly string[], context: CommandContext, called: string): ExitCode {
  const outdir = context.env['CDK8S_OUTDIR'] ?? '';
  if (outdir === LINK) {
    const env = { ...context.env, CDK8S_OUTDIR: undefined };
    const code = runCommand(synth, args, { ...context, env }, called);
    if (code === EXIT.ok)
      link(path.resolve(context.cwd, LINK), path.resolve(context.cwd, defaultOutdir(env)));
    return code;
  }
  if (!isForStdout(outdir)) return runCommand(synth, args, context, called);
  const write = (text: string) =>
    guarded(outdir, 'written', () => fs.writeFileSync(path.join(outdir, STREAM), text));
  return runCommand(synth, [...args, '-o', STDOUT], { ...context, stdout: { write } }, called);
}

/** Without a link, which some systems do not have, the CLI lists nothing; all is where it belongs. */
function link(from: string, to: string): void {
  try {
    fs.symlinkSync(path.relative(path.dirname(from), to), from, 'junction');
  } catch {
    fs.mkdirSync(from, { recursive: true });
  }
}

/** `cdk8s synth --stdout` has an empty directory for it, as it makes them. */
function isForStdout(outdir: string): boolean {
  const { dir, base } = path.parse(outdir);
  return /^cdk8s-\w{6}$/.test(base) && dir === tmpdir() && isEmpty(outdir);
}

function isEmpty(directory: string): boolean {
  try {
    return fs.readdirSync(directory).length === 0;
  } catch {
    return false;
  }
}
