import { type ConfigurationKey, configurationKeys } from '../config/keys';
import type { LoadedCluster } from '../config/load';
import {
  formatPath,
  formatProblem,
  mayBeCredential,
  parsePath,
  showValue,
  suggest,
} from '../config/problems';
import { serverKeys } from '../config/server-keys';
import { expectedAt } from '../config/validate';
import { firstOf, listOf } from '../list-of';
import { valueAt } from '../mapping';
import type { Changes, FieldChange, ObjectChange } from '../output/changes';
import { filledIn, sectionsWords } from './filled-in';
import { kubernetesField } from './kubernetes-fields';
import { type Trial, tryAnother } from './trials';

/** What there is to know about a key of the configuration. */
export interface Explanation {
  readonly key: string;
  readonly description: string;
  /** What it takes, as a phrase with its unit; unset of a section. */
  readonly takes?: string;
  /** What it is when it is left out, and what that follows from. */
  readonly default?: string;
  /** What it is in this configuration; never a credential. Unset: nothing, or a section. */
  readonly value?: string;
  /** Where that comes from. */
  readonly from?: string;
  /** Who reads it, found out with another value: `ConfigMap/milvus: data.server_config.yaml: cache.cache_size`. */
  readonly readBy?: readonly string[];
  /** What another value does. */
  readonly change?: {
    /** Which one was tried. */
    readonly tried: string;
    /** What was switched on for it. */
    readonly beside: readonly string[];
    readonly effects: readonly string[];
  };
  /** Where the facts are from. */
  readonly source: string;
  /** Of a section: its keys, with the first sentence of each. */
  readonly keys?: readonly { readonly key: string; readonly description: string }[];
}

/** There is no such key; the message says which there are. */
export class UnknownKey extends Error {}

/**
 * Explains a key.
 * @param cluster for which cluster
 * @throws UnknownKey when there is none of that name
 */
export function explain(key: string, cluster: Omit<LoadedCluster, 'source' | 'warnings'>): Explanation {
  const keys = configurationKeys();
  const all = new Map(keys.map((one) => [one.path, one]));
  const known = all.get(key);
  if (known === undefined) {
    const [, template, field] = /^((?:\w+\.)?podTemplate)\.(.+)$/.exec(key) ?? [];
    if (template !== undefined && all.has(template) && field !== undefined)
      return explainField(key, template, field, cluster);
    throw new UnknownKey(unknown(key, keys));
  }
  const steps = parsePath(key) as string[];
  const { config, from } = filledIn(cluster);
  const value = valueAt(config, steps);
  const fallback = sectionsWords(known, all);
  const shared = {
    key,
    description: known.description,
    default: fallback === '' ? undefined : fallback,
    source: sourceOf(known),
  };
  if (known.section) {
    const inside = keys.filter(
      ({ path }) => path.startsWith(`${key}.`) && !path.slice(key.length + 1).includes('.'),
    );
    return { ...shared, keys: inside.map((one) => ({ key: one.path, description: one.description })) };
  }
  return {
    ...shared,
    takes: expectedAt(steps),
    value: value === undefined ? undefined : shown(value, steps),
    from: from(steps),
    ...changeOf(tryAnother(cluster.config, key, known.schema, value), steps, value),
  };
}

function shown(value: unknown, steps: readonly PropertyKey[]): string {
  if (mayBeCredential(value, steps)) return showValue(value, steps);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

// --- a field of a pod ---------------------------------------------------------------------------------------------

function explainField(
  key: string,
  template: string,
  path: string,
  cluster: Pick<LoadedCluster, 'config'>,
): Explanation {
  const field = kubernetesField(path);
  const patch = configurationKeys().find((one) => one.path === template);
  // Whatever is in it, it is another template.
  const change = changeOf(patch && tryAnother(cluster.config, template, patch.schema, undefined), [template]);
  if (typeof field === 'string') throw new UnknownKey(`${template} has no ${JSON.stringify(path)}: ${field}`);
  return {
    key,
    description: field.description,
    takes: field.type,
    default: 'that of the pod as this project has it',
    source: `the API of Kubernetes ${field.version}: PodTemplateSpec.${path}`,
    keys:
      field.keys.length === 0 ? undefined : field.keys.map((one) => ({ ...one, key: `${key}.${one.key}` })),
    readBy: change.readBy?.map((place) => place.replace(/: .*/, `: spec.template.${path}`)),
    change: change.change,
  };
}

// --- what a change does -------------------------------------------------------------------------------------------

/** @param held what the configuration has there as it is written: what a reference to the environment stands for is not shown */
function changeOf(
  trial: Trial | undefined,
  steps: readonly string[],
  held?: unknown,
): Pick<Explanation, 'readBy' | 'change'> {
  if (trial === undefined) return {};
  const { after, beside, changes, refused } = trial;
  const before = held ?? trial.before;
  const text = (value: unknown) => (value === undefined ? 'nothing' : shown(value, steps));
  const tried = `${text(before)} -> ${text(after)}`;
  if (refused === undefined) {
    return { readBy: readersOf(changes), change: { tried, beside, effects: effectsOf(changes) } };
  }
  const words = formatProblem(refused).replace(/\s+/g, ' ');
  return { change: { tried, beside, effects: [`Refused beside the rest of the configuration: ${words}`] } };
}

/** More places say no more. */
export const MOST_PLACES = 6;

function readersOf({ objects }: Changes): string[] {
  const places = objects.flatMap(({ id, how, fields }) =>
    how === 'changed' ? fields.map(({ path }) => `${id}: ${path}`) : [`${id} (${how})`],
  );
  const { some, more } = firstOf(places, MOST_PLACES);
  return [...some, ...more];
}

/** Which workloads get another number of pods. */
export function scaledIn({ objects }: Changes): { readonly id: string; readonly field: FieldChange }[] {
  return objects.flatMap(({ id, fields }) =>
    fields.filter(({ path }) => path === 'spec.replicas').map((field) => ({ id, field })),
  );
}

/** What an apply of the changes does, a sentence or more for each thing that happens. */
export function effectsOf(changes: Changes): string[] {
  const { objects, restarts, refusals } = changes;
  if (objects.length === 0) return ['Nothing: no object changes.'];
  const of = (how: ObjectChange['how']) => objects.filter((object) => object.how === how);
  const list = (named: readonly ObjectChange[]) => {
    const { some, more } = firstOf(
      named.map(({ id }) => id),
      MOST_PLACES,
    );
    return [some.join(', '), ...more].join(' ');
  };
  const scaled = scaledIn(changes).map(({ id, field }) => scaledWords(id, field));
  const added = of('added');
  const removed = of('removed');
  const quiet =
    restarts.length === 0 && scaled.length === 0 && refusals.length === 0 && of('changed').length > 0;
  return listOf(
    added.length !== 0 && `Added: ${list(added)}.`,
    removed.length !== 0 &&
      `No longer there: ${list(removed)}. kubectl apply leaves them in the cluster and in force: delete them.`,
    refusals.map(({ id, path, words }) => `Can not be changed in place: ${id} ${path}. ${words}`),
    scaled,
    restarts.map(({ id, words }) => `Restarts ${id}. ${words}`),
    quiet && `No pod restarts: ${quietly(of('changed'))}.`,
  );
}

function scaledWords(id: string, { before, after }: FieldChange): string {
  if (after === 0) return `Scales ${id} to 0: all of its pods end.`;
  const [old, young] = [before, after].map((count) => String(count ?? 'what the autoscaler says'));
  return `Scales ${id} from ${old} to ${young} pods; those that are there stay as they are.`;
}

/** When the kinds that have no pods take a change. */
function quietly(changed: readonly ObjectChange[]): string {
  const later = changed.every(({ kind }) => ['CronJob', 'Job'].includes(kind));
  return later ? 'the next run has it' : 'it is in force at once';
}

// --- sources, other keys ------------------------------------------------------------------------------------------

function sourceOf({ path }: ConfigurationKey): string {
  const rowOf = (wanted: string) => serverKeys().find(({ option }) => option === wanted);
  const row = rowOf(path) ?? rowOf(path.replace(/^(writable|readonly)\./, 'milvus.'));
  if (row === undefined) return 'the schema of this project; docs/reference/configuration.md';
  const own = row.server === undefined ? '' : `; without the key the server takes ${row.server || 'nothing'}`;
  return `${row.section}.${row.key} of server_config.yaml, as Milvus 1.1.1 reads it (core/src/config/Config.cpp)${own}`;
}

function unknown(key: string, keys: readonly ConfigurationKey[]): string {
  const paths = keys.map(({ path }) => path);
  const last = key.slice(key.lastIndexOf('.') + 1).toLowerCase();
  const same = paths.filter((path) => path.slice(path.lastIndexOf('.') + 1).toLowerCase() === last);
  const meant = suggest(key, paths) ?? (same.length > 0 && same.length <= 6 ? same.join('", "') : undefined);
  const top = paths.filter((path) => !path.includes('.'));
  return `there is no key ${JSON.stringify(key)}${
    meant === undefined ? `. At the top are: ${top.join(', ')}` : `; did you mean "${meant}"?`
  }`;
}

// --- text -----------------------------------------------------------------------------------------------------------

/** How wide a line is. */
const WIDTH = 100;
const MARGIN = 12;

/** An explanation for people. */
export function explanationText(explanation: Explanation): string {
  const { key, description, takes, value, from, readBy, change, source, keys } = explanation;
  const beside = change?.beside ?? [];
  const idle = change !== undefined && readBy?.length === 0;
  const rows: [string, readonly string[]][] = [
    ['Takes', listOf(takes)],
    ['Default', listOf(explanation.default)],
    ['Now', listOf(value !== undefined && `${value} (${from ?? 'default'})`)],
    ['Needs', beside.length === 0 ? [] : [`Nothing reads it without ${beside.join(', ')}; with that:`]],
    ['Read by', idle ? ['no object: checks and sizes alone'] : (readBy ?? [])],
    ['A change', change === undefined ? [] : [...change.effects, `Tried: ${change.tried}.`]],
    ['Keys', (keys ?? []).map((one) => `${formatLast(one.key)}: ${firstSentence(one.description)}`)],
    ['Source', [source]],
  ];
  const blocks = rows.flatMap(([name, lines]) =>
    lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(MARGIN - 2)}${wrapped(line, MARGIN)}`),
  );
  return `${key}\n  ${wrapped(description, 2)}\n\n${blocks.join('\n')}\n`;
}

function formatLast(key: string): string {
  return formatPath([key.slice(key.lastIndexOf('.') + 1)]);
}

function firstSentence(text: string): string {
  const [first = ''] = text.split(/(?<=\.)\s/);
  return first.replace(/\.$/, '');
}

function wrapped(text: string, margin: number): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > WIDTH - margin) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join(`\n${' '.repeat(margin)}`);
}
