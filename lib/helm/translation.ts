import { combined } from '../config/moved';
import { formatPath, type Problem } from '../config/problems';
import { isMapping, valueAt } from '../mapping';
import { bool, ReadError, type Reader } from './readers';

/** What became of a value. */
export interface Note {
  /** The value of the chart. */
  readonly path: string;
  readonly kind: 'changed' | 'replaced' | 'dropped';
  readonly text: string;
  /** Where the configuration shows it, for a comment there. */
  readonly at?: string;
}

/** A credential that belongs in a Secret. */
export interface SecretEntry {
  readonly key: string;
  /** The variable that stands for it in commands. */
  readonly variable: string;
  /** As it was given; unset: to be made up, unless `known`. */
  readonly value?: string;
  /** Whether somebody has it already, so that making one up would be wrong. */
  readonly known: boolean;
}

export interface SecretToMake {
  readonly name: string;
  readonly entries: readonly SecretEntry[];
}

type Tree = Record<string, unknown>;

/** A translation under way: the values that were given, and what has become of them so far. */
export class Translation {
  public readonly config: Tree = {};
  public readonly notes: Note[] = [];
  public readonly problems: Problem[] = [];
  public readonly secrets: SecretToMake[] = [];
  /** Whether there are mishards and readers, which some values are about. */
  public readonly cluster: boolean;

  public constructor(
    public readonly values: Readonly<Record<string, unknown>>,
    public readonly release: string,
    public readonly namespace: string | undefined,
    /** Take what a running release depends on from the chart, not from our defaults. */
    public readonly adopt: boolean,
  ) {
    const enabled = valueAt(values, ['cluster', 'enabled']);
    this.cluster = enabled === true || (typeof enabled === 'string' && enabled.toLowerCase() === 'true');
  }

  public get usesS3(): boolean {
    return this.given('storage.s3.enabled', bool) === true;
  }

  public get usesExternalMysql(): boolean {
    return this.given('externalMysql.enabled', bool) === true;
  }

  /** Whether the chart deploys MySQL, and Milvus uses it. */
  public get deploysMysql(): boolean {
    return this.given('mysql.enabled', bool) !== false && !this.usesExternalMysql;
  }

  public get usesSqlite(): boolean {
    return !this.deploysMysql && !this.usesExternalMysql;
  }

  /** The value that the user gave at that path; undefined for none, and for null, which is how Helm takes one away. */
  public raw(path: string): unknown {
    return valueAt(this.values, path.split('.')) ?? undefined;
  }

  /** The same, read; undefined with a problem noted when it can't be read. */
  public given<T>(path: string, reader: Reader<T>): T | undefined {
    const value = this.raw(path);
    if (value === undefined) return undefined;
    try {
      return reader(value);
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      this.problem(path, 'a value of another kind', error.expected);
      return undefined;
    }
  }

  /** Puts a value into the configuration; undefined puts nothing there. */
  public set(path: string, value: unknown): void {
    if (value === undefined) return;
    const steps = path.split('.');
    const key = steps.pop() ?? '';
    let parent: Tree = this.config;
    for (const step of steps) {
      const next = parent[step];
      const inner: Tree = isMapping(next) ? next : {};
      parent[step] = inner;
      parent = inner;
    }
    parent[key] = value;
  }

  /** Puts a part of a configuration beside what is there. */
  public merge(part: Readonly<Tree>): void {
    for (const [section, given] of Object.entries(part)) {
      this.config[section] = combined(this.config[section] ?? {}, given);
    }
  }

  /** Takes a value of the configuration away again, and the sections that it leaves empty. */
  public remove(path: string): void {
    const steps = path.split('.');
    const parents = steps.slice(0, -1);
    const parent = valueAt(this.config, parents);
    if (!isMapping(parent)) return;
    delete parent[String(steps.at(-1))];
    if (parents.length > 0 && Object.keys(parent).length === 0) this.remove(parents.join('.'));
  }

  /** What the configuration has at that path so far. */
  public get(path: string): unknown {
    return valueAt(this.config, path.split('.'));
  }

  public note(path: string, kind: Note['kind'], text: string, where?: string): void {
    this.notes.push({ path, kind, text, at: where });
  }

  public problem(path: string, given: string, expected: string, fix?: string): void {
    // Once for a value, however often it is looked at.
    if (this.problems.some((problem) => problem.path === path)) return;
    this.problems.push({ path: formatPath(path.split('.')), given, expected, fix });
  }
}
