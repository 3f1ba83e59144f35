// The steps of a workflow of GitHub, run in a project that commits its manifests.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './project';

export interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly if?: string;
}

/** A workflow of an example, and a project to run its steps in. */
export class Workflow {
  public readonly directory = mkdtempSync(join(tmpdir(), 'workflow-'));
  public readonly project = join(this.directory, 'project');
  public readonly definition: Readonly<Record<string, unknown>>;
  public readonly steps: readonly Step[];
  private readonly bin = join(this.directory, 'bin');

  /** @param file relative to the directory of examples */
  public constructor(file: string) {
    this.definition = parse(readFileSync(join(ROOT, 'examples', file), 'utf8'));
    const [job] = Object.values(this.definition['jobs'] as Record<string, { steps: readonly Step[] }>);
    this.steps = job?.steps ?? [];
    mkdirSync(this.project);
    mkdirSync(this.bin);
    // What the command that reaches out would do is looked at here.
    writeFileSync(
      join(this.bin, 'gh'),
      `#!/bin/sh\necho "$@" > ${join(this.directory, 'gh')}\ncp comment.md ${join(this.directory, 'comment')}\n`,
    );
    chmodSync(join(this.bin, 'gh'), 0o755);
  }

  /** Runs a script as the runner does it. */
  public bash(script: string): { status: number | null; stdout: string; stderr: string } {
    return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: this.project,
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: `${this.bin}:${process.env['PATH']}`,
        BASE: 'main',
        PULL_REQUEST: '7',
        GITHUB_STEP_SUMMARY: join(this.directory, 'summary'),
        GIT_CONFIG_GLOBAL: '/dev/null',
        NO_COLOR: '1',
      },
    });
  }

  /** Runs a script that has to succeed. */
  public done(script: string): void {
    const { status, stderr } = this.bash(script);
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  }

  /** The script of a step, by its name or what it runs. */
  public step(words: string): string {
    const found = this.steps.find(({ name, run }) => name === words || run === words);
    expect(found?.run).toBeDefined();
    return String(found?.run);
  }

  /** What a step has left: the call of gh, the comment, the summary of the run. */
  public left(file: 'gh' | 'comment' | 'summary'): string {
    return readFileSync(join(this.directory, file), 'utf8');
  }

  public remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}

/** Commits everything. */
export const COMMIT = "git add -A && git -c user.name=x -c user.email=x@example.com commit -qm 'a change'";
