import { ConfigurationError, type Problem, problemsOf, suggest } from '../config/problems';
import { listOf } from '../list-of';
import { isMapping } from '../mapping';
import { decode, FaultyFile, readYaml, type YamlDocument } from '../yaml/read';
import { SetValueError, setValues, type ValueKind } from './set-values';

/** What somebody asked of Helm. */
export interface InstallCommand {
  /** Name of the release. */
  readonly release: string;
  /** The chart as it was given, e.g. `milvus/milvus`. */
  readonly chart: string;
  /** Version of the chart. Unset: not given. */
  readonly chartVersion?: string;
  /** Namespace of the release. Unset: not given. */
  readonly namespace?: string;
  /** The user's values, merged in Helm's order; without the chart's defaults. A null takes a default away. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Flags that say nothing about the cluster, as they were given. */
  readonly ignoredFlags: readonly string[];
  /** What may make the values other than what runs. */
  readonly warnings: readonly string[];
  /** Where values came from, those that count most at last. */
  readonly origins: readonly Origin[];
}

/** A file or a flag that has values. */
export type Origin =
  | { readonly file: string; readonly document: YamlDocument }
  | { readonly flag: string; readonly values: Readonly<Record<string, unknown>> };

/** Reads a file that an argument names: its bytes, or its text when they are known to be UTF-8. */
export type ReadFile = (path: string) => Uint8Array | string;

/** Flags with values for the chart, in the order in which Helm applies them, whatever that on the command line. */
const VALUE_FLAGS: Readonly<Record<string, ValueKind>> = {
  '--set-json': 'json',
  '--set': 'typed',
  '--set-string': 'string',
  '--set-file': 'file',
  '--set-literal': 'literal',
};

const flagsIn = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Flags of `helm install`, `upgrade` and `template` that change nothing about the cluster. */
const IGNORED_WITHOUT_VALUE = flagsIn(`
  --atomic --rollback-on-failure --cleanup-on-fail --create-namespace --debug --dependency-update
  --devel --disable-openapi-validation --enable-dns --force --hide-notes --include-crds
  --insecure-skip-tls-verify --install --no-hooks --pass-credentials --plain-http
  --render-subchart-notes --replace --reset-then-reuse-values --reset-values --reuse-values --skip-crds
  --skip-schema-validation --skip-tests --take-ownership --validate --verify --wait-for-jobs
`);
/** These take a value after a `=` only. */
const IGNORED_WITH_OPTIONAL_VALUE = ['--dry-run', '--wait'];
const IGNORED_WITH_VALUE = flagsIn(`
  --api-versions --burst-limit --ca-file --cert-file --description --history-max --key-file --keyring
  --kube-apiserver --kube-as-group --kube-as-user --kube-ca-file --kube-context --kube-tls-server-name
  --kube-token --kube-version --kubeconfig --labels --output --output-dir --password --post-renderer
  --post-renderer-args --qps --registry-config --repo --repository-cache --repository-config --timeout
  --username
`);
const SHORT_FLAGS: Readonly<Record<string, string>> = {
  '-f': '--values',
  '-n': '--namespace',
  '-o': '--output',
  '-g': '--generate-name',
  '-i': '--install',
  '-l': '--labels',
};
const REFUSED = ['--generate-name', '--name-template'];
const USED_WITH_VALUE = ['--values', '--namespace', '--version', ...Object.keys(VALUE_FLAGS)];
const KNOWN = [
  ...USED_WITH_VALUE,
  ...IGNORED_WITHOUT_VALUE,
  ...IGNORED_WITH_OPTIONAL_VALUE,
  ...IGNORED_WITH_VALUE,
  ...REFUSED,
];

/** What a problem of the command line is a problem of. */
export const COMMAND_LINE = 'helm install';

interface Flag {
  readonly name: string;
  readonly value?: string;
}

/**
 * Reads what follows `helm install` (or `helm upgrade --install`, or `helm template`; the words themselves may be there).
 * @param readFile reads the files of `-f` and `--set-file`
 * @throws ConfigurationError with every problem; no value of a `--set` is in its message
 */
export function parseInstallCommand(args: readonly string[], readFile: ReadFile): InstallCommand {
  const { positional, flags, problems: flagProblems } = splitArguments(args);
  const last = (name: string) => flags.findLast((flag) => flag.name === name)?.value;
  const words = withoutHelmItself(positional);
  const [release = '', chart = ''] = words;
  const chartVersion = last('--version') ?? /-(\d+\.\d+\.\d+[\w.-]*)\.tgz$/.exec(chart)?.[1];
  const namespace = last('--namespace');
  const { values, origins, problems: valueProblems } = mergedValues(flags, readFile);
  const problems = [
    ...flagProblems,
    ...checkNames(words, namespace),
    ...checkChart(chart),
    ...checkVersion(chartVersion),
    ...valueProblems,
  ];
  if (problems.length > 0) throw new ConfigurationError([{ source: COMMAND_LINE, problems }]);
  return {
    release,
    chart,
    chartVersion,
    namespace,
    values,
    ignoredFlags: flags
      .map(({ name }) => name)
      .filter((name) => !USED_WITH_VALUE.includes(name) && name !== '--reuse-values'),
    warnings: warningsFor(chartVersion, flags),
    origins,
  };
}

function splitArguments(args: readonly string[]) {
  const positional: string[] = [];
  const flags: Flag[] = [];
  const problems: Problem[] = [];
  let onlyPositional = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (onlyPositional || !/^-./.test(arg)) {
      positional.push(arg);
    } else if (arg === '--') {
      onlyPositional = true;
    } else {
      const { name, value } = splitFlag(arg);
      const takesValue = [...USED_WITH_VALUE, ...IGNORED_WITH_VALUE].includes(name);
      if (REFUSED.includes(name)) {
        problems.push({ path: name, expected: 'a name for the release, as the first argument' });
      } else if (!KNOWN.includes(name)) {
        const meant = suggest(name, KNOWN);
        problems.push({
          path: name,
          given: 'an unknown flag',
          expected: `a flag of helm install${meant === undefined ? '' : `; did you mean ${meant}?`}`,
        });
      } else if (takesValue && value === undefined) {
        i += 1;
        const next = args[i];
        if (next === undefined) problems.push({ path: name, given: 'nothing', expected: 'a value' });
        else flags.push({ name, value: next });
      } else {
        flags.push({ name, value });
      }
    }
  }
  return { positional, flags, problems };
}

/** `--flag=value`, `-nvalue`, `-n=value`, or the flag alone. */
function splitFlag(arg: string): Flag {
  if (arg.startsWith('--')) {
    const end = arg.indexOf('=');
    return end < 0 ? { name: arg } : { name: arg.slice(0, end), value: arg.slice(end + 1) };
  }
  const short = arg.slice(0, 2);
  const value = arg.slice(2).replace(/^=/, '');
  const name = SHORT_FLAGS[short] ?? short;
  return arg.length > 2 ? { name, value } : { name };
}

function withoutHelmItself(words: readonly string[]): readonly string[] {
  const [first, second] = words;
  const rest = first === 'helm' ? words.slice(1) : words;
  const command = first === 'helm' ? second : first;
  // A release may be called "install" as well; then the chart follows, and nothing else.
  return ['install', 'upgrade', 'template'].includes(String(command)) && rest.length > 2
    ? rest.slice(1)
    : rest;
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** Helm's own bound. */
const LONGEST_RELEASE = 53;

function checkNames(words: readonly string[], namespace: string | undefined): Problem[] {
  const [release, chart, ...others] = words;
  const problems: Problem[] = [];
  if (release === undefined || chart === undefined) {
    problems.push({
      path: '',
      given: words.length === 0 ? 'no names' : `only ${words.join(' ')}`,
      expected: 'the name of the release and the chart',
      fix: 'For example: milvus-test milvus/milvus --set cluster.enabled=true',
    });
  }
  if (others.length > 0) {
    problems.push({
      path: '',
      given: `${others.length} more than the release and the chart: ${others.join(' ')}`,
      expected: 'two names',
      fix: 'A value with spaces or { } needs quotes in the shell.',
    });
  }
  if (release !== undefined && (release.length > LONGEST_RELEASE || !DNS_LABEL.test(release))) {
    problems.push({
      path: 'release',
      given: JSON.stringify(release),
      expected: `a name of at most ${LONGEST_RELEASE} lower-case letters, digits and hyphens, as Helm takes it`,
    });
  }
  if (namespace !== undefined && (namespace.length > 63 || !DNS_LABEL.test(namespace))) {
    problems.push({
      path: '--namespace',
      given: JSON.stringify(namespace),
      expected: 'a name of at most 63 lower-case letters, digits and hyphens',
    });
  }
  return problems;
}

function checkChart(chart: string): Problem[] {
  const name = chart
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '')
    .replace(/^.*\//, '')
    .replace(/(-\d+\.\d+\.\d+[\w.-]*)?\.tgz$/, '');
  if (chart === '' || name === 'milvus') return [];
  return [
    {
      path: 'chart',
      given: JSON.stringify(chart),
      expected: 'the chart milvus, e.g. milvus/milvus',
      fix: 'Only its values are understood here.',
    },
  ];
}

function checkVersion(version: string | undefined): Problem[] {
  if (version === undefined || /^[v=~^]?1\.1(\.\d+)?$/.test(version)) return [];
  return [
    {
      path: '--version',
      given: JSON.stringify(version),
      expected: '1.1.6, the chart of Milvus 1.1.1',
      fix: 'Charts of other versions have other values, and those from 2.0 on another Milvus.',
    },
  ];
}

function warningsFor(version: string | undefined, flags: readonly Flag[]): string[] {
  const reused = flags.some(({ name }) => ['--reuse-values', '--reset-then-reuse-values'].includes(name));
  return listOf(
    version === undefined && 'no --version was given; the values are read as those of chart 1.1.6',
    version !== undefined &&
      !version.endsWith('1.1.6') &&
      `the values of chart ${version} are read as those of 1.1.6`,
    reused &&
      '--reuse-values needs the values of the running release, which are not known here: save them with "helm get values RELEASE -o yaml > values.yaml", and give -f values.yaml first',
  );
}

const PAIRS = 'key=value, as Helm takes it (a.b=1,c={x,y},d[0]=z)';

function mergedValues(flags: readonly Flag[], readFile: ReadFile) {
  const problems: Problem[] = [];
  let reading = '';
  const readText = (file: string) => {
    reading = file;
    const content = readFile(file);
    return typeof content === 'string' ? content : decode(content);
  };
  const attempt = <T>(path: string, action: () => T): T | undefined => {
    try {
      return action();
    } catch (error) {
      if (error instanceof FaultyFile) {
        problems.push(...problemsOf(error, reading).map((problem) => ({ ...problem, path })));
        return undefined;
      }
      const reason = error instanceof SetValueError ? error.message : readError(error, reading);
      if (reason === undefined) throw error;
      problems.push({
        path,
        given: reason,
        expected: path === '--values' ? 'a YAML file with values' : PAIRS,
      });
      return undefined;
    }
  };

  let values: Record<string, unknown> = {};
  const origins: Origin[] = [];
  const files = flags.filter(({ name }) => name === '--values').flatMap(({ value = '' }) => value.split(','));
  for (const file of files) {
    const document = attempt('--values', () => valuesFile(file, readText));
    if (document === undefined || !isMapping(document.value)) continue;
    values = mergeValues(values, document.value);
    origins.push({ file, document });
  }
  for (const [name, kind] of Object.entries(VALUE_FLAGS)) {
    for (const { value = '' } of flags.filter((flag) => flag.name === name)) {
      attempt(name, () => {
        setValues(values, value, kind, readText);
        // Of it alone: an item of a list may have others before it elsewhere, which makes no difference to where it is.
        const own = {};
        setValues(own, value, kind, () => '');
        origins.push({ flag: name, values: own });
      });
    }
  }
  return { values, origins, problems };
}

/** Why a file could not be read; undefined for any other error. */
function readError(error: unknown, file: string): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `${file}, which is not there`;
  if (code === 'EISDIR') return `${file}, which is a directory`;
  return code === undefined ? undefined : message;
}

/** Undefined for a file without values. */
function valuesFile(file: string, readText: (path: string) => string): YamlDocument | undefined {
  if (file.trim() === '-' || /^[a-z][\w+.-]*:\/\//i.test(file)) {
    throw new SetValueError(`${JSON.stringify(file)}, which is no file here: save it first`);
  }
  // What "helm get values" prints without -o yaml begins with a line that is no value.
  const text = readText(file);
  const [heading, kind] = /^(USER-SUPPLIED|COMPUTED) VALUES:[ \t]*(?=\r?\n|$)/.exec(text) ?? [];
  if (kind === 'COMPUTED') {
    throw new SetValueError(
      `${file}, which also has the defaults of the chart: leave --all out of "helm get values"`,
    );
  }
  // A comment keeps the lines where they are. Helm reads YAML 1.1, where yes and on are booleans, and of several documents
  // the first.
  const yaml = heading === undefined ? text : `#${text.slice(heading.length)}`;
  const [document] = readYaml(yaml, { version: '1.1', lenient: true });
  if (document !== undefined && !isMapping(document.value)) {
    const { line, column } = document.placeOf([]);
    throw new FaultyFile([{ line, column, given: 'no mapping', expected: 'a mapping with values' }]);
  }
  return document;
}

/** Mappings are merged key by key; everything else, lists and nulls among it, is replaced. */
function mergeValues(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const known = merged[key];
    merged[key] = isMapping(known) && isMapping(value) ? mergeValues(known, value) : value;
  }
  return merged;
}
