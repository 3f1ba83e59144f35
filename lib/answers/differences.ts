import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadOptions, loadClusters } from '../config/load';
import { isMapping, valueAt } from '../config/validate';
import { type Changes, changesBetween, type FieldChange, type Manifest } from '../output/changes';
import { objectsIn } from '../output/cluster-files';
import { filesOfEarlierRuns } from '../output/earlier';
import { guarded } from '../output/files';
import { readYaml } from '../yaml/read';
import { effectsOf } from './explain';

/** What becomes of one cluster. */
export interface ClusterChanges {
  /** Its label app.kubernetes.io/instance. */
  readonly instance: string;
  readonly changes: Changes;
}

/** What the configuration gives now. */
export function configuredObjects(options: LoadOptions): readonly Manifest[] {
  return loadClusters(options).flatMap(({ settings }) => objectsIn(settings));
}

/** What is applied of a file: the Jobs that a person starts are not. */
function isApplied(file: string): boolean {
  return file.endsWith('.k8s.yaml') && !/(^|[\\/])jobs[\\/]/.test(file);
}

/** The objects of an output directory. */
export function objectsOf(outdir: string): readonly Manifest[] {
  return guarded(outdir, 'read', () =>
    filesOfEarlierRuns(outdir)
      .filter(isApplied)
      .flatMap((file) => manifestsIn(readFileSync(join(outdir, file), 'utf8'))),
  );
}

/** git could not tell; the message is for the person who asked. */
export class GitError extends Error {}

/**
 * The objects of an output directory as they were committed.
 * @throws GitError when there is no such revision, or no git
 */
export function objectsAt(revision: string, outdir: string, cwd: string): readonly Manifest[] {
  const git = (...args: string[]): string => {
    const { status, stdout, stderr, error } = spawnSync('git', args, {
      cwd,
      encoding: 'utf8',
      maxBuffer: Number.POSITIVE_INFINITY,
    });
    if (error !== undefined) throw new GitError(`git can not be run: ${error.message}`);
    if (status !== 0) throw new GitError(`git ${args.join(' ')}: ${stderr.trim()}`);
    return stdout;
  };
  // A revision, and nothing that git takes for an option.
  const commit = git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`).trim();
  const files = git('ls-tree', '-r', '-z', '--name-only', commit, '--', outdir).split('\0').filter(isApplied);
  return files.flatMap((file) => manifestsIn(git('show', `${commit}:./${file}`)));
}

function manifestsIn(text: string): Manifest[] {
  return readYaml(text).map(({ value }) => value as Manifest);
}

/**
 * The two sets of objects that `kubectl diff` has compared, from what `diff` says of whole files.
 * @param output of `diff -U 100000 -rN`, which has every line of each file that differs
 */
export function objectsInDiff(output: string): {
  readonly before: readonly Manifest[];
  readonly after: readonly Manifest[];
} {
  const sides: { before: string[]; after: string[] }[] = [];
  for (const line of output.split('\n')) {
    if (line.startsWith('diff ')) sides.push({ before: [], after: [] });
    const side = sides.at(-1);
    if (side === undefined || /^(diff |--- |\+\+\+ |@@ |\\)/.test(line)) continue;
    if (!line.startsWith('+')) side.before.push(line.slice(1));
    if (!line.startsWith('-')) side.after.push(line.slice(1));
  }
  const objects = (which: 'before' | 'after') =>
    sides.flatMap((side) => manifestsIn(side[which].join('\n'))).map(withoutServerFields);
  return { before: objects('before'), after: objects('after') };
}

const SERVER_FIELDS = ['generation', 'resourceVersion', 'uid', 'creationTimestamp', 'managedFields'];

/** Without what nobody has given. */
function withoutServerFields({ status: _, ...object }: Manifest): Manifest {
  const metadata = Object.entries(object.metadata).filter(([key]) => !SERVER_FIELDS.includes(key));
  return { ...object, metadata: Object.fromEntries(metadata) } as Manifest;
}

/** What an apply does to each cluster; those to which it does nothing are left out. */
export function changesOfClusters(
  before: readonly Manifest[],
  after: readonly Manifest[],
  all: readonly Manifest[] = after,
): readonly ClusterChanges[] {
  const instanceOf = (object: Manifest) =>
    String(valueAt(object, ['metadata', 'labels', 'app.kubernetes.io/instance']) ?? '');
  const by = (objects: readonly Manifest[]) => {
    const groups = new Map<string, Manifest[]>();
    for (const object of objects) {
      const instance = instanceOf(object);
      const group = groups.get(instance);
      if (group === undefined) groups.set(instance, [object]);
      else group.push(object);
    }
    return groups;
  };
  const [old, young, everything] = [by(before), by(after), by(all)];
  return [...new Set([...young.keys(), ...old.keys()])].flatMap((instance) => {
    const changes = changesBetween(
      old.get(instance) ?? [],
      young.get(instance) ?? [],
      everything.get(instance),
    );
    return changes.objects.length === 0 ? [] : [{ instance, changes }];
  });
}

// --- text -----------------------------------------------------------------------------------------------------------

/** Of one object; more say no more. */
const MOST_FIELDS = 8;
const LONGEST_VALUE = 60;

/** The changes in words: objects with their fields, then what happens. */
export function differencesText(clusters: readonly ClusterChanges[]): string {
  return clusters.map(clusterText).join('\n');
}

function clusterText({ instance, changes }: ClusterChanges): string {
  const { objects, restarts } = changes;
  const lines = objects.flatMap(({ id, kind, how, fields }) => {
    const rest = fields.length - MOST_FIELDS;
    const shown = fields
      .slice(0, rest <= 1 ? undefined : MOST_FIELDS)
      .map((field) => `    ${fieldText(kind, field)}`);
    return [`  ${how.padEnd(7)}  ${id}`, ...shown, ...(rest <= 1 ? [] : [`    and ${rest} more`])];
  });
  const effects = effectsOf(changes).map((effect) => `  - ${effect}`);
  const order =
    restarts.length > 1
      ? [
          '  - All of them begin at once, and wait in their init containers for what they need: they are ready in this order.',
        ]
      : [];
  const count = objects.length === 1 ? '1 object' : `${objects.length} objects`;
  return `${instance}: ${count}\n${lines.join('\n')}\n\nWhat an apply does:\n${[...effects, ...order].join('\n')}\n`;
}

function fieldText(kind: string, { path, before, after }: FieldChange): string {
  if (kind === 'Secret') return path;
  return `${path}: ${valueText(before)} -> ${valueText(after)}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string' && value.includes('\n')) return `a text of ${value.split('\n').length} lines`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= LONGEST_VALUE) return text;
  return isMapping(value) || Array.isArray(value) ? `${text.slice(0, LONGEST_VALUE)}...` : text;
}
