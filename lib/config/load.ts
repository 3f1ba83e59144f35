import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Document, LineCounter, parseAllDocuments, type YAMLError } from 'yaml';
import { Owners } from './conflicts';
import { check } from './index';
import type { MilvusConfig } from './milvus-config';
import { ConfigurationError, formatPath, type Problem, type ProblemReport, showValue } from './problems';
import type { Settings } from './settings';
import { isMapping } from './validate';

/** A cluster as it was loaded. */
export interface LoadedCluster {
  /** Where from: the file, and the document if it has several. */
  readonly source: string;
  /** What was configured, with what it extends and what it takes from the environment; to be changed and given on. */
  readonly config: MilvusConfig;
  /** The same with all defaults filled in. */
  readonly settings: Settings;
  /** What works, but is to be known, each with its path. */
  readonly warnings: readonly string[];
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
  const config = options.config ?? (env['MILVUS_CONFIG'] || 'milvus.yaml');

  // A file that several clusters extend is reported once.
  const reports = new Set<ProblemReport>();
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      for (const report of error.reports) reports.add(report);
      return undefined;
    }
  };

  const reader = new Reader(cwd);
  const found = patternsIn(config).flatMap((pattern) => attempt(() => findFiles(pattern, cwd)) ?? []);
  const named = new Set(found.filter(({ listed }) => listed).map(({ file }) => file));
  const sources = [...new Set(found.map(({ file }) => file))].map((file) => ({
    file,
    documents: attempt(() => reader.clustersIn(file)) ?? [],
  }));
  const extended = new Set(sources.flatMap(({ documents }) => documents.flatMap(({ bases }) => bases)));

  const clusters = sources
    // A base that lies beside the clusters that extend it is no cluster of its own, unless it is named.
    .filter(({ file }) => named.has(file) || !extended.has(file))
    .flatMap(({ documents }) => documents)
    .flatMap((source): LoadedCluster[] => {
      const substituted = substitute(source.input, env);
      const checked = check(substituted.value, substituted.references);
      const { problems } = checked;
      const all = [...substituted.problems, ...withoutRepeats(problems ?? [], substituted.problems)];
      if (all.length === 0 && checked.settings !== undefined) return [{ ...checked, source: source.name }];
      reports.add({ source: source.name, problems: all });
      return [];
    });

  const conflicts = conflictsBetween(clusters);
  if (reports.size + conflicts.length > 0) throw new ConfigurationError([...reports, ...conflicts]);
  return clusters;
}

/** The names that are separated by commas, of which there is at least one: no cluster would be no manifests, either. */
function patternsIn(config: string): readonly string[] {
  const patterns = config
    // Not at the commas of a glob: {a,b}.yaml
    .split(/,(?![^{]*\})/)
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '');
  if (patterns.length > 0) return patterns;
  return fail('configuration', {
    path: '',
    given: `no file (${JSON.stringify(config)})`,
    expected: 'a file, a directory, a glob, or several of them separated by commas',
    fix: 'Name it with -c or MILVUS_CONFIG; without either it is milvus.yaml.',
  });
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
  const names = namesIn(target);
  if (names !== undefined) {
    return found(names.filter((name) => YAML_FILE.test(name)).map((name) => path.join(target, name)));
  }
  if (/[*?{[]/.test(pattern) && !fs.existsSync(target)) {
    const { globSync } = require('tinyglobby') as typeof import('tinyglobby');
    return found(globSync(pattern, { cwd, absolute: true, expandDirectories: false }));
  }
  return [{ file: target, listed: true }];
}

/** Undefined when it is no directory that can be read; reading it as a file then tells why. */
function namesIn(directory: string): readonly string[] | undefined {
  try {
    return fs.readdirSync(directory);
  } catch {
    return undefined;
  }
}

/** Reads YAML files, each once, with what they extend. */
class Reader {
  private readonly cache = new Map<string, readonly unknown[] | ConfigurationError>();

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
    const known = this.cache.get(file) ?? this.parse(this.read(file, wanted), this.show(file));
    this.cache.set(file, known);
    if (known instanceof ConfigurationError) throw known;
    return known;
  }

  private parse(text: string, source: string): readonly unknown[] | ConfigurationError {
    const lines = new LineCounter();
    const parsed = [
      ...parseAllDocuments(text, { prettyErrors: false, stringKeys: true, lineCounter: lines, merge: true }),
    ];
    const problems = parsed
      .flatMap(({ errors, warnings }) => [...errors, ...warnings])
      .map((error): Problem => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { path: `line ${line}, column ${col}`, expected: `valid YAML (${withoutSource(error)})` };
      });
    if (problems.length > 0) return new ConfigurationError([{ source, problems }]);
    const values = parsed.map(toValue).filter((value) => value !== null);
    const problem = values.includes(BAD_ALIAS)
      ? {
          path: '',
          given: 'an alias (*name) or merge key (<<) without a value that fits',
          expected: 'an alias to an anchor above it, and below << to a mapping',
        }
      : {
          path: '',
          given: 'an empty file',
          expected: 'a cluster: at least name, s3.address and s3.bucket',
        };
    return values.length === 0 || values.includes(BAD_ALIAS)
      ? new ConfigurationError([{ source, problems: [problem] }])
      : values;
  }

  private read(file: string, wanted?: { path: string; from: string }): string {
    try {
      return fs.readFileSync(file, 'utf8');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const missing = code === 'ENOENT';
      return fail(wanted?.from ?? this.show(file), {
        path: wanted?.path ?? '',
        given: missing ? 'no such file' : `a file that can not be read (${code})`,
        expected: `the configuration in ${this.show(file)}`,
        fix: wanted ? undefined : missing ? CREATE : NAME_ANOTHER,
      });
    }
  }

  private show(file: string): string {
    const relative = path.relative(this.cwd, file);
    return relative.startsWith('..') ? file : relative;
  }
}

const NAME_ANOTHER = 'Name another one with -c or MILVUS_CONFIG.';
/** With the three keys that a cluster has to have. */
const CREATE =
  'Create it ("name: milvus" and "s3: { address: s3.example.com, bucket: vectors }" are enough), or name another one with -c or MILVUS_CONFIG.';

const BAD_ALIAS = Symbol('bad alias');

/** Aliases are followed here, and not before: to nowhere, to no mapping, or far too often. */
function toValue(document: Document): unknown {
  try {
    return document.toJS();
  } catch {
    return BAD_ALIAS;
  }
}

/** The message without what it cites from the file, which may be a credential. */
function withoutSource({ message }: YAMLError): string {
  return message.replace(/(?<=[\w)]): .*$/s, '').replace(/ [\\%].*$/s, '');
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

/** Also one without its end, so that it is not taken for a text. */
const REFERENCE = /\$\{env:[^}]*\}?/g;
const WELL_FORMED = /^\$\{env:([A-Za-z_]\w*)(?::-([\s\S]*))?\}$/;

/** Replaces `${env:NAME}` and `${env:NAME:-default}` in values. */
function substitute(input: unknown, env: Readonly<Record<string, string | undefined>>): Substituted {
  const references = new Map<string, string>();
  const problems: Problem[] = [];

  const resolve = (text: string, steps: readonly PropertyKey[]): string =>
    text.replace(REFERENCE, (reference) => {
      const [, name, fallback] = WELL_FORMED.exec(reference) ?? [];
      if (name === undefined) {
        problems.push({
          path: formatPath(steps),
          given: showReference(reference),
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
        Object.entries(value).map(([key, item]) => [key, walk(item, [...steps, key])]),
      );
    }
    if (typeof value !== 'string' || !value.includes('${env:')) return value;
    references.set(formatPath(steps), (value.match(REFERENCE) ?? []).map(showReference).join(' and '));
    return resolve(value, steps);
  };
  return { value: walk(input, []), references, problems };
}

/** A reference as a message may show it: not its default, nor its value, which may be credentials. */
function showReference(reference: string): string {
  const [, name = '', rest = ''] = /^\$\{env:(\w*)(.*)$/s.exec(reference) ?? [];
  if (rest === '}') return reference;
  return `\${env:${name}${rest.startsWith(':-') ? ':-' : ''}...${rest.endsWith('}') ? '}' : ''}`;
}

/** A reference that could not be resolved is one problem, not also a value of the wrong form. */
function withoutRepeats(problems: readonly Problem[], reported: readonly Problem[]): readonly Problem[] {
  const paths = new Set(reported.map(({ path: where }) => where));
  return problems.filter(({ path: where }) => !paths.has(where));
}

function conflictsBetween(clusters: readonly LoadedCluster[]): ProblemReport[] {
  const owners = new Owners();
  return clusters
    .map(({ source, settings }) => ({ source, problems: owners.take(source, settings) }))
    .filter(({ problems }) => problems.length > 0);
}

function fail(source: string, problem: Problem): never {
  throw new ConfigurationError([{ source, problems: [problem] }]);
}
