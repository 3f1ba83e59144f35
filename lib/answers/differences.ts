import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadOptions, loadClusters } from '../config/load';
import { firstOf, listOf } from '../list-of';
import { isMapping, valueAt } from '../mapping';
import {
  type Changes,
  changesBetween,
  type FieldChange,
  type Manifest,
  type ObjectChange,
  type Restart,
} from '../output/changes';
import { objectsIn } from '../output/cluster-files';
import { filesOfAllRuns } from '../output/earlier';
import { guarded } from '../output/files';
import { readYaml } from '../yaml/read';
import { writeYaml } from '../yaml/write';
import { effectsOf } from './explain';
import { timeline } from './timeline';

/** What becomes of one cluster. */
export interface ClusterChanges {
  /** Its label app.kubernetes.io/instance; of several of one name, with the namespace before it. */
  readonly instance: string;
  readonly changes: Changes;
}

/** What the configuration gives now, one cluster after another: those of a fleet are too many to be kept. */
export function* configuredObjects(options: LoadOptions): Generator<Manifest> {
  for (const { settings } of loadClusters(options)) yield* objectsIn(settings);
}

/** What is applied of a file: the Jobs that a person starts are not. */
function isApplied(file: string): boolean {
  return file.endsWith('.k8s.yaml') && !/(^|[\\/])jobs[\\/]/.test(file);
}

/** The documents of an output directory, as texts: most are what the configuration gives, and reading YAML takes long. */
export function documentsOf(outdir: string): readonly string[] {
  return guarded(outdir, 'read', () =>
    filesOfAllRuns(outdir)
      .filter(isApplied)
      .flatMap((file) => documentsIn(readFileSync(join(outdir, file), 'utf8'))),
  );
}

/** No line of an object begins with a marker: its texts are indented. */
function documentsIn(text: string): readonly string[] {
  return text.split(/^---\r?\n/m).slice(1);
}

/** The objects of an output directory. */
export function objectsOf(outdir: string): readonly Manifest[] {
  return documentsOf(outdir).flatMap(manifestsIn);
}

/**
 * What is not the same to the byte.
 * @param documents what was applied
 * @param objects what would be applied
 * @returns of `all` objects what changesOfClusters() and clustersOf() want: no more than their metadata
 */
export function differing(
  documents: readonly string[],
  objects: Iterable<Manifest>,
): Readonly<Record<'before' | 'after' | 'all', readonly Manifest[]>> {
  const there = new Set(documents);
  const [after, all]: [Manifest[], Manifest[]] = [[], []];
  for (const object of objects) {
    const { apiVersion, kind, metadata } = object;
    all.push({ apiVersion, kind, metadata });
    if (!there.delete(writeYaml(object))) after.push(object);
  }
  return { before: [...there].flatMap(manifestsIn), after, all };
}

/** git could not tell; the message is for the person who asked. */
export class GitError extends Error {}

/**
 * The documents of an output directory as they were committed.
 * @throws GitError when there is no such revision, or no git
 */
export function documentsAt(revision: string, outdir: string, cwd: string): readonly string[] {
  const run = (args: readonly string[], input = ''): Buffer => {
    const { status, stdout, stderr, error } = spawnSync('git', args, {
      cwd,
      input,
      maxBuffer: Number.POSITIVE_INFINITY,
    });
    if (error !== undefined) throw new GitError(`git can not be run: ${error.message}`);
    if (status !== 0) throw new GitError(`git ${args.join(' ')}: ${stderr.toString().trim()}`);
    return stdout;
  };
  const git = (...args: string[]): string => run(args).toString();
  // A revision, and nothing that git takes for an option.
  const commit = git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`).trim();
  const blobs = git('ls-tree', '-r', '-z', commit, '--', outdir)
    .split('\0')
    .filter(isApplied)
    .map((line) => line.split(/\s/)[2]);
  // One process for all of them: of each a line with its length, then its content.
  const output = run(['cat-file', '--batch'], blobs.map((blob) => `${blob}\n`).join(''));
  const documents: string[] = [];
  for (let at = 0; at < output.length; ) {
    const start = output.indexOf('\n', at) + 1;
    const size = Number(output.toString('utf8', at, start).split(' ')[2]);
    at = start + size + 1;
    documents.push(...documentsIn(output.toString('utf8', start, start + size)));
  }
  return documents;
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
  const [old, young, everything] = [byCluster(before), byCluster(after), byCluster(all)];
  const keys = [...new Set([...young.keys(), ...old.keys()])];
  const named = namesOf([...keys, ...everything.keys()]);
  return keys.flatMap((key) => {
    const changes = changesBetween(old.get(key) ?? [], young.get(key) ?? [], everything.get(key));
    return changes.objects.length === 0 ? [] : [{ instance: named(key), changes }];
  });
}

/** The clusters that objects belong to, with how many each has. */
export function clustersOf(objects: readonly Manifest[]): ReadonlyMap<string, number> {
  const clusters = byCluster(objects);
  const named = namesOf([...clusters.keys()]);
  return new Map([...clusters].map(([key, { length }]) => [named(key), length]));
}

/** By `namespace.name`, of which the first may be empty. */
function byCluster(objects: readonly Manifest[]): Map<string, Manifest[]> {
  const clusters = new Map<string, Manifest[]>();
  for (const object of objects) {
    const instance = valueAt(object, ['metadata', 'labels', 'app.kubernetes.io/instance']) ?? '';
    const key = `${object.metadata.namespace ?? ''}.${instance}`;
    const others = clusters.get(key) ?? [];
    clusters.set(key, others);
    others.push(object);
  }
  return clusters;
}

/** As directories are called: by the name, unless there are several of it. */
function namesOf(keys: readonly string[]): (key: string) => string {
  const nameOf = (key: string) => key.slice(key.indexOf('.') + 1);
  const seen = new Map<string, string>();
  const twice = new Set<string>();
  for (const key of keys) {
    const name = nameOf(key);
    if ((seen.get(name) ?? key) !== key) twice.add(name);
    seen.set(name, key);
  }
  return (key) => (twice.has(nameOf(key)) ? key.replace(/^\./, '') : nameOf(key));
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
  const objects = changes.objects.map(({ id, kind, how, fields }) => ({
    id,
    how,
    fields: fields.map((field) => fieldText(kind, field)),
  }));
  const count = objects.length === 1 ? '1 object' : `${objects.length} objects`;
  const effects = effectsOf(changes);
  return reportText(`${instance}: ${count}`, objects, 'What an apply does:', effects, changes.restarts);
}

/** An object with its changes in words. */
export interface ObjectReport extends Pick<ObjectChange, 'id' | 'how'> {
  readonly fields: readonly string[];
}

/** A report on one cluster, or on several to which the same happens. */
export function reportText(
  heading: string,
  objects: readonly ObjectReport[],
  meaning: string,
  effects: readonly string[],
  restarts: readonly Restart[],
): string {
  const lines = objects.flatMap(({ id, how, fields }) => {
    const { some, more } = firstOf(fields, MOST_FIELDS);
    return [`  ${how.padEnd(7)}  ${id}`, ...[...some, ...more].map((field) => `    ${field}`)];
  });
  const order =
    restarts.length > 1 &&
    'All of them begin at once, and wait in their init containers for what they need: they are ready in this order.';
  const sentences = listOf(effects, order).map((effect) => `  - ${effect}`);
  return `${heading}\n${lines.join('\n')}\n\n${meaning}\n${sentences.join('\n')}\n${timeline(restarts)}`;
}

/** A change in words. */
export function fieldText(kind: string, { path, before, after }: FieldChange): string {
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
