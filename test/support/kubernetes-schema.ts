// The schemas of Kubernetes: the published types of three versions, through the TypeScript compiler, say which
// fields exist and which are required; the compiled JSON schemas add formats, enums and quantities.
import path from 'node:path';
import ts from 'typescript';
import { groupOf, idOf, type Manifest } from './manifests';

const versions = ['1.21', '1.25', '1.30'] as const;
type Version = (typeof versions)[number];

/** API versions that an older Kubernetes of the range does not have yet. */
const absent: Readonly<Record<Version, readonly string[]>> = {
  '1.21': ['autoscaling/v2'],
  '1.25': [],
  '1.30': [],
};

/** Whose custom resources have types and schemas of their own, by the ends of their groups. */
const CUSTOM: Readonly<Record<string, string>> = {
  'argoproj.io': '@kubernetes-models/argo-cd',
  'toolkit.fluxcd.io': '@kubernetes-models/flux-cd',
};
const packageOf = ({ apiVersion }: Manifest): string | undefined =>
  Object.entries(CUSTOM).find(([group]) => apiVersion.split('/')[0]?.endsWith(group))?.[1];

export interface SchemaOptions {
  /** API groups of custom resources, which have no schema here. */
  readonly skipGroups?: readonly string[];
}

export function schemaProblems(manifests: readonly Manifest[], options: SchemaOptions = {}): string[] {
  const checked = manifests.filter((one) => !options.skipGroups?.includes(groupOf(one))).map(withoutNoTime);
  const known = checked.filter((one) => modelOf(one) !== undefined);
  return [
    ...checked
      .filter((one) => !known.includes(one))
      .map((one) => `${idOf(one)}: unknown kind ${one.kind} of ${one.apiVersion}`),
    ...typeProblems(known),
    ...known.flatMap(modelProblems),
  ];
}

/** A creationTimestamp of null is none, and what Kubernetes itself writes for it; its published types forget that. */
const withoutNoTime = (manifest: Manifest): Manifest =>
  JSON.parse(
    JSON.stringify(manifest, (key, value) =>
      key === 'creationTimestamp' && value === null ? undefined : value,
    ),
  );

// --- formats, enums, quantities -----------------------------------------------------------------------------

type Model = new (data: unknown) => { validate(): void };

function modelOf(manifest: Manifest): Model | undefined {
  const { apiVersion, kind } = manifest;
  try {
    const from = packageOf(manifest) ?? 'kubernetes-models';
    const loaded: Readonly<Record<string, Model>> = require(`${from}/${apiVersion}/${kind}`);
    return loaded[kind];
  } catch {
    return undefined;
  }
}

function modelProblems(manifest: Manifest): string[] {
  const Model = modelOf(manifest);
  try {
    if (Model) new Model(manifest).validate();
    return [];
  } catch (error) {
    if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors)) throw error;
    return error.errors.map(
      (one: { instancePath?: string; message?: string; params?: unknown }) =>
        `${idOf(manifest)}: ${one.instancePath} ${one.message} ${JSON.stringify(one.params)}`,
    );
  }
}

// --- fields ---------------------------------------------------------------------------------------------------

const compilerOptions: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  noLib: true,
  types: [],
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10,
};

// The few global types that the compiler insists on: much faster than its library.
const globals = `interface Array<T> { length: number; [index: number]: T }
${[
  'Boolean',
  'CallableFunction',
  'Function',
  'IArguments',
  'NewableFunction',
  'Number',
  'Object',
  'RegExp',
  'String',
]
  .map((name) => `interface ${name} {}`)
  .join('\n')}`;

const fileFor = (name: string): string => path.join(__dirname, `in-memory-${name}.ts`);
const typeFiles = new Map<string, ts.SourceFile | undefined>();
let lastProgram: ts.Program | undefined;

function typeProblems(manifests: readonly Manifest[]): string[] {
  const sources = new Map([[fileFor('globals'), globals]]);
  for (const version of versions) sources.set(fileFor(version), sourceFor(version, manifests));
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost(compilerOptions),
    fileExists: (file) => sources.has(file) || ts.sys.fileExists(file),
    readFile: (file) => sources.get(file) ?? ts.sys.readFile(file),
    getSourceFile: (file, languageVersion) => {
      const source = sources.get(file);
      if (source !== undefined) return ts.createSourceFile(file, source, languageVersion, true);
      if (!typeFiles.has(file)) {
        const onDisk = ts.sys.readFile(file);
        typeFiles.set(
          file,
          onDisk === undefined ? undefined : ts.createSourceFile(file, onDisk, languageVersion, true),
        );
      }
      return typeFiles.get(file);
    },
  };
  const program = ts.createProgram([...sources.keys()], compilerOptions, host, lastProgram);
  lastProgram = program;
  const versionsOf = new Map<string, Version[]>();
  for (const version of versions) {
    const source = program.getSourceFile(fileFor(version));
    for (const diagnostic of program.getSemanticDiagnostics(source)) {
      const problem = describe(diagnostic, source);
      versionsOf.set(problem, [...(versionsOf.get(problem) ?? []), version]);
    }
  }
  return [...versionsOf].map(([problem, found]) => `${problem} (Kubernetes ${found.join(', ')})`);
}

/** One typed constant for each object, named in a comment that `describe` reads back. */
const sourceFor = (version: Version, manifests: readonly Manifest[]): string => {
  const constants = manifests
    .filter(({ apiVersion }) => !absent[version].includes(apiVersion))
    .map((manifest, index) => {
      const custom = packageOf(manifest);
      if (custom !== undefined) {
        const type = `import('${custom}/${manifest.apiVersion}/${manifest.kind}').I${manifest.kind}`;
        return `/*${idOf(manifest)}*/ const o${index}: ${type} = ${JSON.stringify(manifest)};`;
      }
      const [group = '', apiVersion] = manifest.apiVersion.includes('/')
        ? manifest.apiVersion.split('/')
        : ['core', manifest.apiVersion];
      const module = `kubernetes-types-${version}/${group.split('.')[0]}/${apiVersion}`;
      const type = `import(${JSON.stringify(module)}).${manifest.kind}`;
      return `/*${idOf(manifest)}*/ const o${index}: ${type} = ${JSON.stringify(manifest)};`;
    });
  return [...constants, 'export {};'].join('\n');
};

function describe(diagnostic: ts.Diagnostic, source: ts.SourceFile | undefined): string {
  const message = ts
    .flattenDiagnosticMessageText(diagnostic.messageText, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(`'"`, `'`)
    .replaceAll(`"'`, `'`);
  const position = diagnostic.start ?? 0;
  const statement = source?.statements.find((one) => one.end > position);
  if (!source || !statement) return message;
  const id = /\/\*(.*?)\*\//.exec(statement.getFullText(source))?.[1] ?? '';
  return `${id}: ${pathTo(position, statement, source)}: ${message.length > 300 ? `${message.slice(0, 300)}...` : message}`;
}

function pathTo(position: number, node: ts.Node, source: ts.SourceFile): string {
  const inner = ts.forEachChild(node, (child) =>
    child.getStart(source) <= position && position < child.end ? child : undefined,
  );
  const rest = inner ? pathTo(position, inner, source) : '';
  if (ts.isPropertyAssignment(node) && ts.isStringLiteral(node.name)) {
    return rest === '' || rest.startsWith('[') ? `${node.name.text}${rest}` : `${node.name.text}.${rest}`;
  }
  if (ts.isArrayLiteralExpression(node) && inner) {
    const index = `[${node.elements.filter((element) => element.end <= position).length}]`;
    return rest === '' || rest.startsWith('[') ? `${index}${rest}` : `${index}.${rest}`;
  }
  return rest;
}
