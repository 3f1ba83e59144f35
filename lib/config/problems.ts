import type { FaultyFile } from '../yaml/read';

/** A place in a file; lines and columns count from 1. */
export interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Where it stands, or where it is missing. Unset: it comes from no file, or from one that can not be read. */
  readonly at?: FilePlace;
  /** The flag of a command that has the value: `--set`. Unset: it is in no flag. */
  readonly flag?: string;
  /** Where: the key as a path, e.g. `s3.address`. Empty for the configuration as a whole. */
  readonly path: string;
  /** What was given, already fit to be shown: never a credential. Unset: there is nothing to show. */
  readonly given?: string;
  /** What is expected there, as a phrase: `a port number from 1 to 65535`. */
  readonly expected: string;
  /** How to mend it, as one or more sentences. */
  readonly fix?: string;
}

/** The problems of one source: a file, one of several documents in it, or a construct's props. */
export interface ProblemReport {
  /** Where the configuration came from, e.g. `milvus.yaml` or `fleet.yaml, document 2 (milvus-b)`. */
  readonly source: string;
  readonly problems: readonly Problem[];
}

/**
 * A configuration that can't be used. Its message is the whole report: every problem of every source, so
 * that one run is enough to mend them all.
 */
export class ConfigurationError extends Error {
  public override readonly name = 'ConfigurationError';

  public readonly reports: readonly ProblemReport[];

  public constructor(reports: readonly ProblemReport[]) {
    const sorted = reports
      .map((report) => ({ ...report, problems: report.problems.toSorted(byPlace) }))
      .toSorted((a, b) => byPlace(a.problems[0], b.problems[0]));
    super(sorted.map(formatReport).join('\n\n'));
    this.reports = sorted;
  }
}

/** What stands in no file comes first, in the order in which it was found. */
function byPlace(a?: Problem, b?: Problem): number {
  const [one, other] = [a?.at, b?.at];
  if (one === undefined || other === undefined)
    return Number(one !== undefined) - Number(other !== undefined);
  if (one.file !== other.file) return one.file < other.file ? -1 : 1;
  return one.line - other.line || one.column - other.column;
}

/** What is wrong with a file that is no text, or no YAML. */
export function problemsOf({ faults }: FaultyFile, file: string): Problem[] {
  return faults.map(({ line, column, ...fault }) => ({ at: { file, line, column }, path: '', ...fault }));
}

/** Each problem once, of those that were found in two ways. */
export function eachOnce(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [formatProblem(problem), problem])).values()];
}

/** A problem in one line, the hint indented under it, and lines to paste at the margin. */
export function formatProblem(problem: Problem): string {
  const given = problem.given === undefined ? '' : `given ${problem.given}; `;
  const place =
    problem.at === undefined ? '' : `${problem.at.file}:${problem.at.line}:${problem.at.column}: `;
  const flag = problem.flag === undefined ? '' : `${problem.flag} `;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  const line = `${place}${flag}${path}${given}expected ${problem.expected}`;
  return problem.fix === undefined ? line : `${line}\n    ${problem.fix.replaceAll('\n', '\n    ')}`;
}

function formatReport({ source, problems }: ProblemReport): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return `${source}: ${count}\n${problems.map((problem) => `  - ${formatProblem(problem)}`).join('\n')}`;
}

/** `a.b[2].c` from its steps; keys that are no plain words are quoted. */
export function formatPath(steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === 'number') return `${path}[${step}]`;
    const key = /^[\w-]+$/.test(String(step)) ? String(step) : JSON.stringify(String(step));
    return path === '' ? key : `${path}.${key}`;
  }, '');
}

/** What tells an item of a list apart: `[containerPort=80,protocol=TCP]`. */
export type ItemKeys = readonly (readonly [key: string, value: string])[];

const STEP = /^(?:\.?([\w-]+)|\.?("(?:[^"\\]|\\.)*")|\[(?:(\d+)|([^\]]*))\])/;

/** The steps of such a path, or of one that names items by their keys; those of its beginning when the rest is none. */
export function parsePath(path: string): (string | number | ItemKeys)[] {
  const steps: (string | number | ItemKeys)[] = [];
  for (let rest = path; rest !== ''; ) {
    const [found, word, quoted, index, item] = STEP.exec(rest) ?? [];
    if (found === undefined) break;
    if (index !== undefined) steps.push(Number(index));
    else if (item !== undefined) steps.push(item.split(',').map(keyAndValue));
    else steps.push(word ?? String(JSON.parse(quoted ?? '""')));
    rest = rest.slice(found.length);
  }
  return steps;
}

function keyAndValue(pair: string): ItemKeys[number] {
  const [key = '', ...value] = pair.split('=');
  return [key, value.join('=')];
}

const LONGEST_SHOWN = 60;

/**
 * A value as an error message may show it. What stands under `credentials` and the like is never shown, nor are
 * user information and parameters in a URL.
 */
export function showValue(value: unknown, steps: readonly PropertyKey[]): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const kind = typeof value === 'string' ? 'a text' : `a ${typeof value}`;
  if (mayBeCredential(value, steps)) return `${kind} (not shown: it may be a credential)`;
  if (typeof value !== 'string') return `${String(value)} (${kind})`;
  const shown = JSON.stringify(value.replace(/^.*@(?!sha256:)/s, '***@').replace(/\?.*$/s, '?***'));
  if (shown.length > LONGEST_SHOWN) {
    return `${shown.slice(0, LONGEST_SHOWN)}..." (${value.length} characters)`;
  }
  // Otherwise "80" where 80 is expected would look right.
  return /^(-?\d+(\.\d+)?|true|false)$/.test(value) ? `${shown} (a text)` : shown;
}

/** Whether a value is not to be shown, for the place in which it stands. */
export function mayBeCredential(value: unknown, steps: readonly PropertyKey[]): boolean {
  const sensitive =
    steps.some((step) => /credential|password|secret|token|accesskey/i.test(String(step))) ||
    // Of a variable whose name says no more here.
    (steps.includes('env') && steps.at(-1) === 'value');
  return sensitive && !isSecretName(value, steps);
}

/** Whether what has this name is a credential. */
export function isCredentialName(name: string): boolean {
  return /PASSW|SECRET|TOKEN|ACCESS_?KEY|CREDENTIAL/i.test(name);
}

const SECRET_NAMES = [
  'existingSecret',
  'caSecret',
  'secretName',
  'keys',
  'secretStoreRef',
  'imagePullSecrets',
  'secretKeyRef',
];

/**
 * Names of Secrets and of their keys are no secrets, and a message without them would help nobody; unless it is
 * the credential that somebody wrote in the place of its name.
 */
function isSecretName(value: unknown, steps: readonly PropertyKey[]): boolean {
  return steps.some((step) => SECRET_NAMES.includes(String(step))) && /^[\w.-]+$/.test(String(value));
}

/** The candidate that is most like the word, when it is like enough to be what was meant. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const same = candidates.find((candidate) => plain(candidate) === plain(word));
  if (same !== undefined) return same;
  // Loaded when something is wrong.
  const { closest, distance } = require('fastest-levenshtein') as typeof import('fastest-levenshtein');
  const best = closest(word, [...candidates]);
  return distance(word.toLowerCase(), best.toLowerCase()) <= Math.max(1, Math.floor(word.length / 3))
    ? best
    : undefined;
}

/** The end of a sentence about a word that is none of those that are known; empty where nothing is like it. */
export function didYouMean(meant: string | undefined): string {
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}

/** How people may spell a key: `storage_class_name`, `storageclassname`. */
export function plain(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '');
}
