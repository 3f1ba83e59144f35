import { valueAt } from '../mapping';
import { Owners } from './conflicts';
import { type Checked, check } from './index';
import type { MilvusConfig } from './milvus-config';
import {
  ConfigurationError,
  type FilePlace,
  formatProblem,
  type Problem,
  type ProblemReport,
  parsePath,
} from './problems';
import { type Substituted, substitute } from './references';
import type { Settings } from './settings';
import { type FileContent, findFiles, patternsIn, Reader, type Source } from './sources';

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

function basesOf({ documents }: Source): Source['documents'] {
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

/** A reference that could not be resolved is one problem, not also a value of the wrong form. */
function withoutRepeats(problems: readonly Problem[], reported: readonly Problem[]): readonly Problem[] {
  const paths = new Set(reported.map(({ path: where }) => where));
  return problems.filter(({ path: where }) => !paths.has(where));
}
