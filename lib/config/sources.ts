import * as fs from 'node:fs';
import * as path from 'node:path';
import { isMapping } from '../mapping';
import { decode, FaultyFile, readYaml, type YamlDocument } from '../yaml/read';
import { ConfigurationError, type FilePlace, type Problem, problemsOf, showValue } from './problems';

/** The files with clusters: which there are, and what is in them with what they extend. */

/** What was in a file, or what is wrong with that. */
export interface FileContent {
  readonly bytes: Uint8Array;
  readonly documents: readonly YamlDocument[] | ConfigurationError;
}

/** A YAML document that describes a cluster, before it is checked. */
export interface Source {
  readonly name: string;
  readonly input: unknown;
  /** Its own document, and those that it extends, directly or not. */
  readonly documents: readonly FileDocument[];
}

export interface FileDocument {
  readonly file: string;
  /** The file as messages name it. */
  readonly shown: string;
  readonly document: YamlDocument;
}

/** The names that are separated by commas, of which there is at least one: no cluster would be no manifests, either. */
export function patternsIn(config: string): readonly string[] {
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

export function findFiles(
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
export class Reader {
  private readonly cache = new Map<string, FileContent | undefined>();
  private readonly before: ReadonlyMap<string, FileContent | undefined>;

  public constructor(
    private readonly cwd: string,
    memory?: { files: ReadonlyMap<string, FileContent | undefined> },
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
    const { line, column } = document.placeOf(['extends']);
    const at = { file: here.shown, line, column };
    const refuse = (given: string, expected: string) =>
      fail(here.shown, { at, path: 'extends', given, expected });
    if (typeof base !== 'string')
      return refuse(showValue(base, ['extends']), 'the path of a YAML file, relative to this one');
    const baseFile = path.resolve(path.dirname(file), base);
    if (chain.includes(baseFile)) {
      const circle = [...chain, baseFile].map((name) => this.show(name)).join(' -> ');
      return refuse(JSON.stringify(base), `a file that does not extend this one again (${circle})`);
    }
    const [first, ...others] = this.documents(baseFile, { at, path: 'extends' });
    if (first === undefined || others.length > 0)
      return refuse(JSON.stringify(base), 'a file with one YAML document');
    const extended = this.extend(first, baseFile, [...chain, baseFile]);
    return { value: merge(extended.value, own), documents: [here, ...extended.documents] };
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

function fail(source: string, problem: Problem): never {
  throw new ConfigurationError([{ source, problems: [problem] }]);
}
