import * as fs from 'node:fs';
import * as path from 'node:path';
import { decode, FaultyFile, readYaml, type YamlDocument } from '../yaml/read';
import { Owners } from './conflicts';
import { type Checked, check } from './index';
import type { MilvusConfig } from './milvus-config';
import {
  ConfigurationError,
  type FilePlace,
  formatPath,
  formatProblem,
  type Problem,
  type ProblemReport,
  parsePath,
  problemsOf,
  showValue,
} from './problems';
import type { Settings } from './settings';
import { isMapping, valueAt } from './validate';

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
  /** Where a value of `config` comes from, by its path such as `s3.bucket`; undefined where no file has it. */
  readonly origin: (path: string) => Origin | undefined;
}

/** Where a value stands, in the file of the cluster or in one that it extends. */
export interface Origin extends FilePlace {
  /** What stands there: a reference to the environment as it was written. */
  readonly written: unknown;
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

/** What an earlier call found out, for one that looks at the same files again: only what changed is looked at anew. */
export class LoadMemory {
  /** Files that were looked for, with what was in them if they were there. */
  public files = new Map<string, FileContent | undefined>();
  /** Directories whose files count, whatever they are called, with those that were in them. */
  public directories = new Map<string, string | undefined>();
  /** What became of each configuration, by its text. */
  public checked = new Map<string, Checked>();
}

interface FileContent {
  readonly bytes: Uint8Array;
  readonly documents: readonly YamlDocument[] | ConfigurationError;
}

/** A YAML document that describes a cluster, before it is checked. */
interface Source {
  readonly name: string;
  readonly input: unknown;
  /** Its own document, and those that it extends, directly or not. */
  readonly documents: readonly FileDocument[];
}

interface FileDocument {
  readonly file: string;
  /** The file as messages name it. */
  readonly shown: string;
  readonly document: YamlDocument;
}

/**
 * Loads every cluster of the configuration and checks all of them, one by one and against each other.
 * @param memory of earlier calls, for the next one; without it nothing is remembered
 * @throws ConfigurationError with every problem of every file
 */
export function loadClusters(options: LoadOptions = {}, memory?: LoadMemory): LoadedCluster[] {
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

  const reader = new Reader(cwd, memory);
  const checkOnce = remembering(memory);
  const found = patternsIn(config).flatMap(
    (pattern) => attempt(() => findFiles(pattern, cwd, memory?.directories)) ?? [],
  );
  const named = new Set(found.filter(({ listed }) => listed).map(({ file }) => file));
  const sources = [...new Set(found.map(({ file }) => file))].map((file) => ({
    file,
    documents: attempt(() => reader.clustersIn(file)) ?? [],
  }));
  const extended = new Set(
    sources.flatMap(({ documents }) =>
      documents.flatMap((source) => basesOf(source).map(({ file }) => file)),
    ),
  );

  const loaded: { readonly source: Source; readonly cluster: LoadedCluster }[] = [];
  const wrong: { readonly source: Source; readonly problems: readonly Problem[] }[] = [];
  const all = sources
    // A base that lies beside the clusters that extend it is no cluster of its own, unless it is named.
    .filter(({ file }) => named.has(file) || !extended.has(file))
    .flatMap(({ documents }) => documents);
  for (const source of all) {
    const substituted = substitute(source.input, env);
    const checked = checkOnce(substituted);
    const { problems = [] } = checked;
    const together = [...substituted.problems, ...withoutRepeats(problems, substituted.problems)];
    if (together.length > 0 || checked.settings === undefined) wrong.push({ source, problems: together });
    else {
      const origin = (where: string) => originOf(source, parsePath(where));
      loaded.push({ source, cluster: { ...checked, source: source.name, origin } });
    }
  }

  const owners = new Owners();
  for (const { source, cluster } of loaded) {
    const problems = owners.take(source.name, cluster.settings);
    if (problems.length > 0) wrong.push({ source, problems });
  }
  for (const report of reportsOf(wrong, all)) reports.add(report);
  if (reports.size > 0) throw new ConfigurationError([...reports]);
  return loaded.map(({ cluster }) => cluster);
}

/** Checks a configuration, unless it was checked as it is the last time. */
function remembering(memory: LoadMemory | undefined): (given: Substituted) => Checked {
  if (memory === undefined) return ({ value, references }) => check(value, references);
  const before = memory.checked;
  memory.checked = new Map();
  return ({ value, references }) => {
    const text = JSON.stringify([value, ...references]);
    const checked = before.get(text) ?? check(value, references);
    memory.checked.set(text, checked);
    return checked;
  };
}

function basesOf({ documents }: Source): readonly FileDocument[] {
  return documents.slice(1);
}

/**
 * The reports of clusters that have problems. Those of a value that stands in a base are reported once, for the base.
 * @param all every cluster that was looked at
 */
function reportsOf(
  wrong: readonly { readonly source: Source; readonly problems: readonly Problem[] }[],
  all: readonly Source[],
): ProblemReport[] {
  const located = wrong.map(({ source, problems }) => ({
    source,
    problems: problems.map((problem) => {
      const { found: _, ...at } = placeOf(source, parsePath(problem.path));
      return { ...problem, at };
    }),
  }));
  const isOwn = ({ documents: [own] }: Source, { at }: { at: FilePlace }) => at.file === own?.shown;
  const ofClusters = located.map(({ source, problems }) => ({
    source: source.name,
    problems: problems.filter((problem) => isOwn(source, problem)),
  }));
  // A base may be a cluster of its own as well.
  const reported = new Set(ofClusters.flatMap(({ problems }) => problems.map(formatProblem)));
  const ofBases = new Map<string, Problem[]>();
  for (const { source, problems } of located) {
    for (const problem of problems.filter(
      (one) => !isOwn(source, one) && !reported.has(formatProblem(one)),
    )) {
      reported.add(formatProblem(problem));
      ofBases.set(problem.at.file, [...(ofBases.get(problem.at.file) ?? []), problem]);
    }
  }
  const bases = [...ofBases].map(([base, problems]) => {
    const count = all.filter((source) => basesOf(source).some(({ shown }) => shown === base)).length;
    return {
      source: `${base}, which ${count === 1 ? 'a cluster extends' : `${count} clusters extend`}`,
      problems,
    };
  });
  return [...bases, ...ofClusters.filter(({ problems }) => problems.length > 0)];
}

type Steps = ReturnType<typeof parsePath>;

/** Where a value stands: in the file that has it, or, if none has, where the file of the cluster lacks it. */
function placeOf({ documents }: Source, steps: Steps): FilePlace & { readonly found: boolean } {
  const places = documents.map(({ shown, document }) => ({ shown, ...document.placeOf(steps) }));
  // What a file replaces does not count in those that it extends.
  const decisive = places.findIndex(({ depth, isMapping: isOpen }) => depth === steps.length || !isOpen);
  const { shown: file = '', line = 1, column = 1, depth } = places[Math.max(decisive, 0)] ?? {};
  return { file, line, column, found: depth === steps.length };
}

function originOf(source: Source, steps: Steps): Origin | undefined {
  const { found, ...place } = placeOf(source, steps);
  const written = valueAt(source.input, steps as PropertyKey[]);
  return found && written !== undefined && written !== null ? { ...place, written } : undefined;
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

function findFiles(
  pattern: string,
  cwd: string,
  directories = new Map<string, string | undefined>(),
): { readonly file: string; readonly listed: boolean }[] {
  const target = path.resolve(cwd, pattern);
  const found = (names: readonly string[]) => {
    if (names.length === 0) {
      fail(pattern, { path: '', given: 'no files', expected: 'YAML files (*.yaml, *.yml, *.json)' });
    }
    return [...names].sort().map((file) => ({ file, listed: false }));
  };
  const names = namesIn(target);
  if (names !== undefined) {
    directories.set(target, listingOf(target));
    return found(names.filter((name) => YAML_FILE.test(name)).map((name) => path.join(target, name)));
  }
  if (/[*?{[]/.test(pattern) && !fs.existsSync(target)) {
    const [fixed = ''] = pattern.split(/[*?{[]/);
    const base = path.dirname(path.resolve(cwd, `${fixed}x`));
    directories.set(base, listingOf(base));
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

/** The names of what is in a directory; undefined where it can not be read. */
export function listingOf(directory: string): string | undefined {
  return namesIn(directory)?.join('/');
}

/** Reads YAML files, each once, with what they extend. */
class Reader {
  private readonly cache = new Map<string, FileContent | undefined>();
  private readonly before: ReadonlyMap<string, FileContent | undefined>;

  public constructor(
    private readonly cwd: string,
    memory?: LoadMemory,
  ) {
    this.before = memory?.files ?? new Map();
    if (memory !== undefined) memory.files = this.cache;
  }

  public clustersIn(file: string): Source[] {
    const documents = this.documents(file);
    return documents.map((document, index) => {
      const { value, documents: chain } = this.extend(document, file, [file]);
      const name =
        isMapping(value) && typeof value['name'] === 'string' ? ` (${value['name'].slice(0, 63)})` : '';
      const position = documents.length > 1 ? `, document ${index + 1}${name}` : '';
      return { name: `${this.show(file)}${position}`, input: value, documents: chain };
    });
  }

  private extend(
    document: YamlDocument,
    file: string,
    chain: readonly string[],
  ): { value: unknown; documents: readonly FileDocument[] } {
    const { value } = document;
    const here = { file, shown: this.show(file), document };
    if (!isMapping(value) || value['extends'] === undefined) return { value, documents: [here] };
    const { extends: base, ...own } = value;
    const at = this.placeIn(document, file, ['extends']);
    if (typeof base !== 'string') {
      return fail(this.show(file), {
        at,
        path: 'extends',
        given: showValue(base, ['extends']),
        expected: 'the path of a YAML file, relative to this one',
      });
    }
    const baseFile = path.resolve(path.dirname(file), base);
    if (chain.includes(baseFile)) {
      return fail(this.show(file), {
        at,
        path: 'extends',
        given: JSON.stringify(base),
        expected: `a file that does not extend this one again (${[...chain, baseFile].map((name) => this.show(name)).join(' -> ')})`,
      });
    }
    const [first, ...others] = this.documents(baseFile, { at, path: 'extends' });
    if (first === undefined || others.length > 0) {
      return fail(this.show(file), {
        at,
        path: 'extends',
        given: JSON.stringify(base),
        expected: 'a file with one YAML document',
      });
    }
    const extended = this.extend(first, baseFile, [...chain, baseFile]);
    return { value: merge(extended.value, own), documents: [here, ...extended.documents] };
  }

  private placeIn(document: YamlDocument, file: string, steps: readonly PropertyKey[]): FilePlace {
    const { line, column } = document.placeOf(steps);
    return { file: this.show(file), line, column };
  }

  private documents(file: string, wanted?: { at: FilePlace; path: string }): readonly YamlDocument[] {
    const { documents } = this.cache.get(file) ?? this.load(file, wanted);
    if (documents instanceof ConfigurationError) throw documents;
    return documents;
  }

  private load(file: string, wanted?: { at: FilePlace; path: string }): FileContent {
    this.cache.set(file, undefined);
    const bytes = this.read(file, wanted);
    const known = this.before.get(file);
    const content =
      known !== undefined && Buffer.compare(known.bytes, bytes) === 0
        ? known
        : { bytes, documents: this.parse(bytes, this.show(file)) };
    this.cache.set(file, content);
    return content;
  }

  private parse(bytes: Uint8Array, source: string): readonly YamlDocument[] | ConfigurationError {
    try {
      const documents = readYaml(decode(bytes));
      if (documents.length > 0) return documents;
      const problem = {
        at: { file: source, line: 1, column: 1 },
        path: '',
        given: 'an empty file',
        expected: 'a cluster: at least name, s3.address and s3.bucket',
        fix: `For example:\n${LEAST}`,
      };
      return new ConfigurationError([{ source, problems: [problem] }]);
    } catch (error) {
      if (!(error instanceof FaultyFile)) throw error;
      return new ConfigurationError([{ source, problems: problemsOf(error, source) }]);
    }
  }

  private read(file: string, wanted?: { at: FilePlace; path: string }): Uint8Array {
    try {
      return fs.readFileSync(file);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const missing = code === 'ENOENT';
      return fail(wanted?.at.file ?? this.show(file), {
        at: wanted?.at,
        path: wanted?.path ?? '',
        given: missing ? 'no such file' : `a file that can not be read (${code})`,
        expected: `the configuration in ${this.show(file)}`,
        fix: wanted ? undefined : missing ? CREATE : NAME_ANOTHER,
      });
    }
  }

  private show(file: string): string {
    const relative = path.relative(this.cwd, file);
    return relative.startsWith('..') ? file : relative || '.';
  }
}

const NAME_ANOTHER = 'Name another one with -c or MILVUS_CONFIG.';
/** The three keys that a cluster has to have. */
const LEAST = 'name: milvus\ns3: { address: s3.example.com, bucket: vectors }';
const CREATE = `Let "npm run init" (or "cdk8s-milvus init") make one, or create it with these lines at least:\n${LEAST}\nOr name another one with -c or MILVUS_CONFIG.`;

/** Mappings are merged key by key, everything else is replaced; null takes a key of the base away. */
function merge(base: unknown, over: unknown): unknown {
  if (!isMapping(base) || !isMapping(over)) return over;
  const merged = Object.entries(over).map(
    ([key, value]) => [key, Object.hasOwn(base, key) ? merge(base[key], value) : value] as const,
  );
  return Object.fromEntries([...Object.entries(base), ...merged]);
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

function fail(source: string, problem: Problem): never {
  throw new ConfigurationError([{ source, problems: [problem] }]);
}
