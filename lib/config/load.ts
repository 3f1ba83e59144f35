import * as fs from 'node:fs';
import * as path from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';
import { check } from './index';
import { ConfigurationError, formatPath, type Problem, type ProblemReport, showValue } from './problems';
import type { Settings } from './settings';
import { isMapping } from './validate';

/** A cluster as it was loaded: where from, and its settings. */
export interface LoadedCluster {
  readonly source: string;
  readonly settings: Settings;
}

export interface LoadOptions {
  /**
   * What to load: a file, a directory, a glob, or several of them separated by commas.
   * @default - the environment variable MILVUS_CONFIG, or `milvus.yaml`
   */
  readonly config?: string;
  /** Directory that relative paths start from. @default - the current directory */
  readonly cwd?: string;
  /** Environment for `${env:NAME}`. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A YAML document that describes a cluster, before it is checked. */
interface Source {
  readonly name: string;
  readonly input: unknown;
  /** Files that it extends, directly or not. */
  readonly bases: readonly string[];
}

/**
 * Loads every cluster of the configuration and checks all of them, one by one and against each other.
 * @throws ConfigurationError with every problem of every file
 */
export function loadClusters(options: LoadOptions = {}): LoadedCluster[] {
  const env = options.env ?? process.env;
  const cwd = options.cwd ?? process.cwd();
  const config = options.config ?? env['MILVUS_CONFIG'] ?? 'milvus.yaml';

  const reports: ProblemReport[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      reports.push(...error.reports);
      return undefined;
    }
  };

  const reader = new Reader(cwd);
  const files = config
    .split(',')
    .map((pattern) => pattern.trim())
    .flatMap((pattern) => attempt(() => findFiles(pattern, cwd)) ?? []);
  const sources = files.map(({ file, listed }) => ({
    file,
    listed,
    documents: attempt(() => reader.clustersIn(file)) ?? [],
  }));
  const extended = new Set(sources.flatMap(({ documents }) => documents.flatMap(({ bases }) => bases)));

  const clusters = sources
    // A base that lies beside the clusters that extend it is no cluster of its own, unless it is named.
    .filter(({ file, listed }) => listed || !extended.has(file))
    .flatMap(({ documents }) => documents)
    .flatMap((source): LoadedCluster[] => {
      const substituted = substitute(source.input, env);
      const { settings, problems } = check(substituted.value, substituted.references);
      const all = [...substituted.problems, ...withoutRepeats(problems ?? [], substituted.problems)];
      if (all.length === 0 && settings !== undefined) return [{ source: source.name, settings }];
      reports.push({ source: source.name, problems: all });
      return [];
    });

  if (reports.length > 0) throw new ConfigurationError(reports);
  const conflicts = conflictsBetween(clusters);
  if (conflicts.length > 0) throw new ConfigurationError(conflicts);
  return clusters;
}

const YAML_FILE = /\.(ya?ml|json)$/;

function findFiles(pattern: string, cwd: string): { readonly file: string; readonly listed: boolean }[] {
  const target = path.resolve(cwd, pattern);
  const found = (names: readonly string[]) => {
    if (names.length === 0) {
      fail(pattern, { path: '', given: 'no files', expected: 'YAML files (*.yaml, *.yml, *.json)' });
    }
    return [...names].sort().map((file) => ({ file, listed: false }));
  };
  const stat = fs.statSync(target, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    return found(
      fs
        .readdirSync(target)
        .filter((name) => YAML_FILE.test(name))
        .map((name) => path.join(target, name)),
    );
  }
  if (stat === undefined && /[*?{[]/.test(pattern)) {
    const { globSync } = require('tinyglobby') as typeof import('tinyglobby');
    return found(globSync(pattern, { cwd, absolute: true, expandDirectories: false }));
  }
  return [{ file: target, listed: true }];
}

/** Reads YAML files, each once, with what they extend. */
class Reader {
  private readonly cache = new Map<string, readonly unknown[]>();

  public constructor(private readonly cwd: string) {}

  public clustersIn(file: string): Source[] {
    const documents = this.documents(file);
    return documents.map((document, index) => {
      const { value, bases } = this.extend(document, file, [file]);
      const name =
        isMapping(value) && typeof value['name'] === 'string' ? ` (${value['name'].slice(0, 63)})` : '';
      const position = documents.length > 1 ? `, document ${index + 1}${name}` : '';
      return { name: `${this.show(file)}${position}`, input: value, bases };
    });
  }

  private extend(
    value: unknown,
    file: string,
    chain: readonly string[],
  ): { value: unknown; bases: readonly string[] } {
    if (!isMapping(value) || value['extends'] === undefined) return { value, bases: [] };
    const { extends: base, ...own } = value;
    if (typeof base !== 'string') {
      return fail(this.show(file), {
        path: 'extends',
        given: showValue(base, ['extends']),
        expected: 'the path of a YAML file, relative to this one',
      });
    }
    const baseFile = path.resolve(path.dirname(file), base);
    if (chain.includes(baseFile)) {
      return fail(this.show(file), {
        path: 'extends',
        given: JSON.stringify(base),
        expected: `a file that does not extend this one again (${[...chain, baseFile].map((name) => this.show(name)).join(' -> ')})`,
      });
    }
    const documents = this.documents(baseFile, { path: 'extends', from: this.show(file) });
    if (documents.length > 1) {
      fail(this.show(file), {
        path: 'extends',
        given: JSON.stringify(base),
        expected: 'a file with one YAML document',
      });
    }
    const extended = this.extend(documents[0], baseFile, [...chain, baseFile]);
    return { value: merge(extended.value, own), bases: [baseFile, ...extended.bases] };
  }

  private documents(file: string, wanted?: { path: string; from: string }): readonly unknown[] {
    const known = this.cache.get(file);
    if (known !== undefined) return known;
    const text = this.read(file, wanted);
    const lines = new LineCounter();
    const parsed = parseAllDocuments(text, { prettyErrors: false, lineCounter: lines, merge: true });
    const problems = [...parsed].flatMap((document) =>
      document.errors.map((error): Problem => {
        const { line, col } = lines.linePos(error.pos[0]);
        return {
          path: '',
          given: `line ${line}, column ${col}`,
          // The message may end in a piece of the file, and the file may hold credentials.
          expected: `YAML (${error.message.replace(/:? *["'\x60].*$/s, '')})`,
        };
      }),
    );
    if (problems.length > 0) throw new ConfigurationError([{ source: this.show(file), problems }]);
    const values = parsed.map((document): unknown => document.toJS()).filter((value) => value !== null);
    if (values.length === 0) {
      fail(this.show(file), {
        path: '',
        given: 'an empty file',
        expected: 'a cluster: at least name, s3.address and s3.bucket',
      });
    }
    this.cache.set(file, values);
    return values;
  }

  private read(file: string, wanted?: { path: string; from: string }): string {
    try {
      return fs.readFileSync(file, 'utf8');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      return fail(wanted?.from ?? this.show(file), {
        path: wanted?.path ?? '',
        given: code === 'ENOENT' ? 'no such file' : `a file that can not be read (${code})`,
        expected: `the configuration in ${this.show(file)}`,
        fix: wanted
          ? undefined
          : 'Create it (see milvus.yaml of the project), or name another one in MILVUS_CONFIG.',
      });
    }
  }

  private show(file: string): string {
    const relative = path.relative(this.cwd, file);
    return relative.startsWith('..') ? file : relative;
  }
}

/** Mappings are merged key by key, everything else is replaced; null takes a key of the base away. */
function merge(base: unknown, over: unknown): unknown {
  if (!isMapping(base) || !isMapping(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over))
    merged[key] = key in base ? merge(base[key], value) : value;
  return merged;
}

interface Substituted {
  readonly value: unknown;
  /** Texts that came from the environment, as they were written, by path. */
  readonly references: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

const REFERENCE = /\$\{env:([^}]*)\}/g;
const REFERENCE_BODY = /^([A-Za-z_]\w*)(?::-([\s\S]*))?$/;

/** Replaces `${env:NAME}` and `${env:NAME:-default}` in values; keys without a value (null) count as not given. */
function substitute(input: unknown, env: Readonly<Record<string, string | undefined>>): Substituted {
  const references = new Map<string, string>();
  const problems: Problem[] = [];

  const resolve = (text: string, steps: readonly PropertyKey[]): string =>
    text.replace(REFERENCE, (reference, body: string) => {
      const [, name, fallback] = REFERENCE_BODY.exec(body) ?? [];
      if (name === undefined) {
        problems.push({
          path: formatPath(steps),
          given: showValue(reference, []),
          expected: '${env:NAME} or ${env:NAME:-default}',
        });
        return reference;
      }
      const value = env[name];
      if (value !== undefined && (value !== '' || fallback === undefined)) return value;
      if (fallback !== undefined) return fallback;
      problems.push({
        path: formatPath(steps),
        given: reference,
        expected: `the environment variable ${name} to be set`,
        fix: `Set it, or give a default: \${env:${name}:-default}.`,
      });
      return reference;
    });

  const walk = (value: unknown, steps: readonly PropertyKey[]): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...steps, index]));
    if (isMapping(value)) {
      return Object.fromEntries(
        Object.entries(value)
          .filter(([, item]) => item !== null)
          .map(([key, item]) => [key, walk(item, [...steps, key])]),
      );
    }
    if (typeof value !== 'string' || !value.includes('${env:')) return value;
    // Messages show the reference, never the value or the default: either may be a credential.
    references.set(
      formatPath(steps),
      value.replace(REFERENCE, (reference) => reference.replace(/:-[\s\S]*/, ':-...}')),
    );
    return resolve(value, steps);
  };
  return { value: walk(input, []), references, problems };
}

/** A reference that could not be resolved is one problem, not also a value of the wrong form. */
function withoutRepeats(problems: readonly Problem[], reported: readonly Problem[]): readonly Problem[] {
  const paths = new Set(reported.map(({ path: where }) => where));
  return problems.filter(({ path: where }) => !paths.has(where));
}

/** What two clusters must not share. */
const EXCLUSIVE: readonly {
  readonly path: string;
  readonly key: (settings: Settings) => string | undefined;
  readonly expected: string;
  readonly fix?: string;
}[] = [
  {
    path: 'name',
    key: ({ name, namespace }) => (namespace === undefined ? name : `${name} in namespace ${namespace}`),
    expected: 'a name that no other cluster in the namespace has',
  },
  {
    path: 's3.bucket',
    key: ({ s3, storage }) => `bucket ${s3.bucket} at ${s3.address}:${s3.port}, path ${storage.path}`,
    expected: 'a bucket, or a storage.path in it, of its own',
    fix: "Clusters that share both delete each other's objects.",
  },
  {
    path: 'externalMysql.database',
    key: ({ mysql, database }) =>
      mysql === undefined ? `${database.database} at ${database.host}:${database.port}` : undefined,
    expected: 'a database of its own',
    fix: "Two writers on one database destroy each other's files.",
  },
  ...(['wal', 'mysql'] as const).map((part) => ({
    path: `${part}.persistence.existingClaim`,
    key: (settings: Settings) => {
      const claim = settings[part]?.persistence.existingClaim;
      return claim === undefined ? undefined : `${claim} in namespace ${settings.namespace ?? '(unset)'}`;
    },
    expected: 'a claim of its own',
  })),
];

function conflictsBetween(clusters: readonly LoadedCluster[]): ProblemReport[] {
  const problems = new Map<string, Problem[]>();
  for (const { path: where, key, expected, fix } of EXCLUSIVE) {
    const owners = new Map<string, string>();
    for (const { source, settings } of clusters) {
      const value = key(settings);
      const owner = value === undefined ? undefined : owners.get(value);
      if (value === undefined) continue;
      if (owner === undefined) owners.set(value, source);
      else
        problems.set(source, [
          ...(problems.get(source) ?? []),
          { path: where, given: `${value}, as in ${owner}`, expected, fix },
        ]);
    }
  }
  return [...problems].map(([source, list]) => ({ source, problems: list }));
}

function fail(source: string, problem: Problem): never {
  throw new ConfigurationError([{ source, problems: [problem] }]);
}
