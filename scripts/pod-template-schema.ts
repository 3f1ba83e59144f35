import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { mergeKeys } from '../lib/kubernetes/strategic-merge';

/** The Kubernetes whose fields the package below has: messages name it, and package.json, in the name of the package. */
const KUBERNETES = '1.36';
/**
 * Read here alone, at generation: of the kept packages (@kubernetes/client-node, kubernetes-types, cdk8s-plus) only this
 * one has every field with its type, its values and its description; its compiled checks pass over unknown fields, and
 * weigh 19 MB with what they need, so a synth reads the 40 KB that are written down of it.
 */
const PACKAGE = join(__dirname, '..', 'node_modules', `kubernetes-models-${KUBERNETES}`);
const ROOT = 'io.k8s.api.core.v1.PodTemplateSpec';

/** As much of JSON Schema as these schemas need. */
export interface JsonSchema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | null)[];
  readonly pattern?: string;
  readonly $ref?: string;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
}

type Definitions = Readonly<Record<string, JsonSchema>>;

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
/** What the API server reads as a quantity: the declarations say no more than that it is a text or a number. */
const QUANTITY_PATTERN = '^[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\\d+)?$';

// --- what Kubernetes says -------------------------------------------------------------------------------------

/** Kubernetes' own schema of a pod template: every shape in it once, by the name that Kubernetes gives it. */
export function podTemplateDefinitions(): Definitions {
  const definitions: Record<string, JsonSchema> = {};
  const read = (file: string): string => {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const [declared] = source.statements.filter(
      (statement) => ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement),
    );
    if (declared === undefined) throw new Error(`${file} declares nothing`);
    const name = definitionName(file, declared.name.text);
    if (name in definitions) return name;
    definitions[name] = {};
    const imports = importsOf(source);
    const typeOf = (node: ts.TypeNode): JsonSchema => {
      if (node.kind === ts.SyntaxKind.StringKeyword) return { type: 'string' };
      // A pod template has no other numbers.
      if (node.kind === ts.SyntaxKind.NumberKeyword) return { type: 'integer' };
      if (node.kind === ts.SyntaxKind.BooleanKeyword) return { type: 'boolean' };
      if (ts.isUnionTypeNode(node)) return unionOf(node);
      if (ts.isTypeLiteralNode(node)) {
        const [member] = node.members;
        if (member === undefined || !ts.isIndexSignatureDeclaration(member)) return { type: 'object' };
        return { type: 'object', additionalProperties: typeOf(member.type) };
      }
      if (!ts.isTypeReferenceNode(node))
        throw new Error(`${file}: an unknown kind of type: ${node.getText()}`);
      const [argument] = node.typeArguments ?? [];
      const text = node.typeName.getText();
      if (text === 'Array' && argument !== undefined) return { type: 'array', items: typeOf(argument) };
      const imported = imports.get(text);
      if (imported === undefined) throw new Error(`${file}: an unknown type: ${text}`);
      return { $ref: `#/$defs/${read(imported)}` };
    };
    const description = descriptionOf(declared);
    if (ts.isTypeAliasDeclaration(declared)) {
      const quantity = name === QUANTITY ? { type: ['number', 'string'], pattern: QUANTITY_PATTERN } : {};
      definitions[name] = { ...description, ...typeOf(declared.type), ...quantity };
    } else {
      const fields = declared.members.filter(ts.isPropertySignature).map((member) => {
        if (member.type === undefined || !ts.isStringLiteral(member.name))
          throw new Error(`${file}: ${member.getText()}`);
        const schema = { ...descriptionOf(member), ...typeOf(member.type) };
        return { name: member.name.text, required: member.questionToken === undefined, schema };
      });
      definitions[name] = {
        ...description,
        type: 'object',
        // `{}`: whatever is in it.
        ...(fields.length === 0
          ? {}
          : {
              properties: Object.fromEntries(fields.map(({ name: field, schema }) => [field, schema])),
              required: fields.filter(({ required }) => required).map(({ name: field }) => field),
              additionalProperties: false,
            }),
      };
    }
    return name;
  };
  read(join(PACKAGE, 'v1/PodTemplateSpec.d.ts'));
  return Object.fromEntries(Object.entries(definitions).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The API's own name of what is at `v1/Pod` in the package, or at `apis/meta/v1/ObjectMeta` in the one beside it. */
function definitionName(file: string, declared: string): string {
  const kind = declared.replace(/^I(?=[A-Z])/, '');
  const folder = dirname(file);
  if (!folder.includes('apimachinery')) return `io.k8s.api.core.${relative(PACKAGE, folder)}.${kind}`;
  const [, path = ''] = folder.split(/apimachinery\//);
  return `io.k8s.apimachinery.pkg.${path.replaceAll('/', '.')}.${kind}`;
}

function importsOf(source: ts.SourceFile): ReadonlyMap<string, string> {
  const imports = source.statements.filter(ts.isImportDeclaration).flatMap((statement) => {
    const from = (statement.moduleSpecifier as ts.StringLiteral).text;
    const bindings = statement.importClause?.namedBindings;
    const file = fileOf(from, dirname(source.fileName));
    if (file === undefined || bindings === undefined || !ts.isNamedImports(bindings)) return [];
    return bindings.elements.map((element) => [element.name.text, file] as const);
  });
  return new Map(imports);
}

function fileOf(from: string, folder: string): string | undefined {
  if (from.startsWith('.')) return resolve(folder, from.replace(/\.js$/, '.d.ts'));
  // Of other versions of this package there may be others, further up.
  const candidates = [join(PACKAGE, 'node_modules'), dirname(PACKAGE)].map((modules) =>
    join(modules, `${from}.d.ts`),
  );
  return candidates.find((candidate) => existsSync(candidate));
}

function unionOf(node: ts.UnionTypeNode): JsonSchema {
  const values = node.types.flatMap((type) =>
    ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : [],
  );
  if (values.length === node.types.length) return { enum: values };
  return { type: ['integer', 'string'] };
}

function descriptionOf(node: ts.Node): { description?: string } {
  const [comment] = ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment: text }) => ts.getTextOfJSDocComment(text));
  return comment === undefined ? {} : { description: comment.replaceAll('\\*', '*') };
}

// --- what is made of it -----------------------------------------------------------------------------------------

/** lib/kubernetes/pod-shapes.ts: what a synth holds a pod template against, a line for each shape. */
export function podShapes(): string {
  const shapes = Object.entries(podTemplateDefinitions()).map(
    ([name, schema]) => `  ${JSON.stringify(name)}: ${JSON.stringify(undescribed(schema))},`,
  );
  return `/* Generated from the package kubernetes-models-${KUBERNETES} by \`npm run generate\`; do not edit. */
import type { Shape } from './pod-schema';

/** The Kubernetes that has these fields. */
export const KUBERNETES_VERSION = '${KUBERNETES}';

/** Every shape in a pod template, by the name that Kubernetes gives it. */
export const SHAPES: Readonly<Record<string, Shape>> = {
${shapes.join('\n')}
};
`;
}

function undescribed({ description: _, ...schema }: JsonSchema): JsonSchema {
  return mapChildren(schema, undescribed);
}

function mapChildren(schema: JsonSchema, change: (child: JsonSchema) => JsonSchema): JsonSchema {
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, child]) => [name, change(child)]),
          ),
        }),
    ...(items === undefined ? {} : { items: change(items) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: change(additionalProperties) }
      : {}),
  };
}

const DIRECTIVE: JsonSchema = {
  description:
    '`delete` takes this away, or the whole list if nothing else is in the item; `replace` puts what is here in the place of what is there.',
  enum: ['delete', 'replace', 'merge'],
};

/**
 * `$defs` for the schema of milvus.yaml, in which the name below is a partial pod template: nothing is required but what
 * tells items of a list apart, `null` takes away, `$patch` is known. Lists that are replaced as a whole are as
 * Kubernetes wants them, unless their shapes stand elsewhere, too.
 * @param reference what a text has to match to stand for a number, a boolean or one of several values
 */
export function podTemplatePatchDefinitions(reference: string): Definitions {
  const definitions = podTemplateDefinitions();
  const { merged, keys } = mergedShapes(definitions);
  const adapt = (schema: JsonSchema, partial: boolean): JsonSchema => {
    const inner = mapChildren(schema, (child) => adapt(child, partial));
    if (schema.enum !== undefined) {
      const { enum: values, ...rest } = inner;
      return {
        ...rest,
        anyOf: [
          { enum: [...(values ?? []), ...(partial ? [null] : [])] },
          { type: 'string', pattern: reference },
        ],
      };
    }
    if (schema.type === undefined) return inner;
    const types = [schema.type].flat();
    const referable = types.includes('boolean') || (types.includes('integer') && !types.includes('string'));
    return {
      ...inner,
      type: plain([...types, ...(referable ? ['string'] : []), ...(partial ? ['null'] : [])]),
      ...(referable ? { pattern: reference } : {}),
      ...(partial && types.includes('object')
        ? { properties: { ...inner.properties, $patch: DIRECTIVE } }
        : {}),
    };
  };
  return Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => {
      if (!merged.has(name)) return [name, adapt(schema, false)];
      const { required: _, ...partial } = adapt(schema, true);
      const key = keys.get(name);
      const told = key === undefined ? {} : { anyOf: [{ required: [key] }, { required: ['$patch'] }] };
      return [name, { ...partial, ...told }];
    }),
  );
}

/** The name of the partial pod template in these definitions. */
export const POD_TEMPLATE_DEFINITION = ROOT;

/** Of one type it is the type that stands there. */
function plain(types: readonly string[]): string | readonly string[] {
  const [only, ...others] = types;
  return only !== undefined && others.length === 0 ? only : types;
}

/** Which shapes a patch gives in parts, and what tells the items of a list apart, by their shape. */
function mergedShapes(definitions: Definitions): {
  readonly merged: ReadonlySet<string>;
  readonly keys: ReadonlyMap<string, string>;
} {
  const merged = new Set<string>();
  const keys = new Map<string, string>();
  const visit = (schema: JsonSchema, list: string): void => {
    const name = schema.$ref?.replace('#/$defs/', '');
    if (name !== undefined && !merged.has(name)) {
      merged.add(name);
      visit(definitions[name] ?? {}, '');
    }
    for (const [field, child] of Object.entries(schema.properties ?? {})) visit(child, field);
    if (typeof schema.additionalProperties === 'object') visit(schema.additionalProperties, '');
    const listKeys = mergeKeys(list);
    if (schema.items === undefined || listKeys === undefined) return;
    const item = schema.items.$ref?.replace('#/$defs/', '');
    const [key] = listKeys;
    if (item !== undefined && key !== undefined) keys.set(item, key);
    visit(schema.items, '');
  };
  visit({ $ref: `#/$defs/${ROOT}` }, '');
  return { merged, keys };
}
