// Programs and libraries that read YAML, each with tables of its own of what is a number or a word.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { find, report } from './requires';

export interface YamlReader {
  readonly name: string;
  /** Whether it takes any document, or only Kubernetes objects. */
  readonly objectsOnly: boolean;
  /** The documents of a text, as JSON has them. */
  readonly read: (text: string) => unknown[];
}

interface JsYaml {
  readonly loadAll: (text: string) => unknown[];
}

const run = (command: string, args: readonly string[], input: string) =>
  execFileSync(command, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 });

const YAML: readonly YamlReader[] = (['1.1', '1.2'] as const).map((version) => ({
  name: `yaml, as YAML ${version}`,
  objectsOnly: false,
  read: (text) =>
    parseAllDocuments(text, { version, uniqueKeys: false }).map((document) => {
      if (document.errors[0] !== undefined) throw document.errors[0];
      return document.toJS() as unknown;
    }),
}));

/** Several versions, which packages that we use bring along. */
const JS_YAML: readonly YamlReader[] = [
  'jest',
  '@apidevtools/json-schema-ref-parser',
  'json-schema-to-typescript',
].map((from) => {
  const { loadAll } = require(require.resolve('js-yaml', { paths: [require.resolve(from)] })) as JsYaml;
  return { name: `js-yaml of ${from}`, objectsOnly: false, read: (text) => loadAll(text) };
});

/** The one of the system: where \`python3\` of PATH is another one, it has no packages. */
const PYTHON = '/usr/bin/python3';
const PYYAML: readonly YamlReader[] = ['SafeLoader', 'CSafeLoader'].map((loader) => ({
  name: `PyYAML, ${loader}`,
  objectsOnly: false,
  read: (text) =>
    JSON.parse(
      run(
        PYTHON,
        [
          '-c',
          `import json, sys, yaml
text = sys.stdin.buffer.read().decode("utf-8")
json.dump(list(yaml.load_all(text, Loader=yaml.${loader})), sys.stdout, default=repr)`,
        ],
        text,
      ),
    ) as unknown[],
}));

/** Reads as \`kubectl apply\` does, and needs no server for what it does then. */
const KUBECTL: YamlReader = {
  name: 'kubectl',
  objectsOnly: true,
  read: (text) => {
    const args = ['annotate', '--local', '-f', '-', '-o', 'json', 'read-', '--overwrite'];
    // Objects one after another, which are no JSON document together.
    const printed = run('kubectl', args, text).trim();
    return printed === '' ? [] : (JSON.parse(`[${printed.replaceAll(/^\}\n\{$/gm, '},\n{')}]`) as unknown[]);
  },
};

function hasPyYaml(): boolean {
  try {
    if (existsSync(PYTHON)) execFileSync(PYTHON, ['-c', 'import yaml'], { stdio: 'ignore' });
    return existsSync(PYTHON);
  } catch {
    return false;
  }
}

/** Those that are here; in CI it is an error if one is not. */
export function yamlReaders(): readonly YamlReader[] {
  const readers = [...YAML, ...JS_YAML];
  if (hasPyYaml()) readers.push(...PYYAML);
  else report('python3-yaml is not installed');
  if (find('kubectl') !== undefined) readers.push(KUBECTL);
  else report('"kubectl" is not installed');
  return readers;
}
