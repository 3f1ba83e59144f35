import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parsePath, suggest } from '../config/problems';
import { KUBERNETES_VERSION } from '../kubernetes/pod-shapes';

/** A field of a pod template, in Kubernetes' words. */
interface KubernetesField {
  readonly description: string;
  readonly type: string;
  readonly version: string;
  readonly keys: readonly { readonly key: string; readonly description: string }[];
}

interface Schema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
}

const ROOT = 'io.k8s.api.core.v1.PodTemplateSpec';

/**
 * Looks up a field; a list is passed through, with or without `[...]`.
 * @param path below a podTemplate: `spec.containers.resources`
 * @returns what is wrong with the path, where there is no such field
 */
export function kubernetesField(path: string): KubernetesField | string {
  const { $defs = {} } = editorSchema();
  let schema = resolve($defs[ROOT] ?? {}, $defs);
  let description = schema.description ?? '';
  for (const step of parsePath(path)) {
    if (typeof step !== 'string') continue; // an item of a list has the fields of the list
    const properties = fieldsOf(schema, $defs);
    const own = Object.hasOwn(properties, step) ? properties[step] : freeField(schema);
    if (own === undefined) {
      const names = Object.keys(properties);
      const meant = suggest(step, names);
      return meant === undefined
        ? `known there: ${names.join(', ') || 'nothing'}`
        : `did you mean "${meant}"?`;
    }
    schema = resolve(own, $defs);
    description = own.description ?? schema.description ?? '';
  }
  const keys = Object.entries(fieldsOf(schema, $defs)).filter(([name]) => !name.startsWith('$'));
  return {
    description,
    type: typeOf(schema, $defs),
    version: KUBERNETES_VERSION,
    keys: keys.map(([key, one]) => ({
      key,
      description: one.description ?? resolve(one, $defs).description ?? '',
    })),
  };
}

type Definitions = Readonly<Record<string, Schema>>;

/** The schema that editors have, in this package: of all that is here only that has Kubernetes' descriptions. */
export function schemaFile(directory = __dirname): string | undefined {
  const file = join(directory, 'milvus.schema.json');
  if (existsSync(file)) return file;
  const parent = dirname(directory);
  return parent === directory ? undefined : schemaFile(parent);
}

function editorSchema(): { readonly $defs?: Definitions } {
  const file = schemaFile();
  if (file === undefined) throw new Error('the file milvus.schema.json of cdk8s-milvus is missing');
  return JSON.parse(readFileSync(file, 'utf8')) as { readonly $defs?: Definitions };
}

function resolve(schema: Schema, definitions: Definitions): Schema {
  const { $ref, anyOf } = schema;
  if ($ref !== undefined) return resolve(definitions[$ref.replace('#/$defs/', '')] ?? {}, definitions);
  // Beside a reference to the environment, or null, which takes a field away.
  const [first] = anyOf ?? [];
  return first === undefined ? schema : { ...schema, ...resolve(first, definitions), anyOf: undefined };
}

function fieldsOf(schema: Schema, definitions: Definitions): Readonly<Record<string, Schema>> {
  if (schema.items !== undefined) return fieldsOf(resolve(schema.items, definitions), definitions);
  return schema.properties ?? {};
}

function freeField({ additionalProperties: free }: Schema): Schema | undefined {
  return typeof free === 'object' ? free : free === true ? {} : undefined;
}

function typeOf(schema: Schema, definitions: Definitions): string {
  if (schema.items !== undefined)
    return `a list of ${typeOf(resolve(schema.items, definitions), definitions)}`;
  if (schema.enum !== undefined) return `one of ${schema.enum.filter((one) => one !== null).join(', ')}`;
  const [type = 'any value'] = [schema.type ?? []].flat().filter((one) => one !== 'null');
  return schema.properties !== undefined || type === 'object' ? 'a mapping' : type;
}
