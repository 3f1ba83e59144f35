import * as z from 'zod';
import { clusterSchema } from './schema';
import { layersOf, shapeOf } from './schema-walk';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A key of the configuration, from its schema. */
export interface ConfigurationKey {
  /** `readonly.cache.cacheSize` */
  readonly path: string;
  readonly description: string;
  /** What it is when it is left out, in words. Empty: the defaults of its keys. */
  readonly fallback: string;
  /** Whether that is one value, whatever else is configured. */
  readonly fixed: boolean;
  /** Whether it has keys of its own. */
  readonly section: boolean;
  readonly schema: JsonSchema;
}

/** Every key, in the order of the schema, each section before what is in it. */
export function configurationKeys(): readonly ConfigurationKey[] {
  known ??= keysIn(clusterSchema.shape);
  return known;
}

let known: readonly ConfigurationKey[] | undefined;

function keysIn(shape: z.core.$ZodShape, parent = ''): readonly ConfigurationKey[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const path = `${parent}${name}`;
    const inside = shapeOf(schema);
    return [keyOf(path, schema, inside), ...(inside === undefined ? [] : keysIn(inside, `${path}.`))];
  });
}

function keyOf(
  path: string,
  schema: z.core.$ZodType,
  properties: z.core.$ZodShape | undefined,
): ConfigurationKey {
  const { description, default: fallback } = saidOf(schema);
  return {
    path,
    ...wordsOf({ description, default: fallback, properties }),
    fixed: fallback !== undefined,
    section: properties !== undefined,
    // Few are asked for it, and it takes longer than all the rest.
    get schema() {
      return dereferenced(jsonSchemaOf(schema));
    },
  };
}

/** The description and the default of a schema: the outermost layer that has one says it. */
function saidOf(schema: z.core.$ZodType): Pick<Words, 'description' | 'default'> {
  const said = layersOf(schema).map((layer): Words => {
    const { defaultValue } = layer._zod.def as Partial<z.core.$ZodDefaultDef>;
    return { description: z.globalRegistry.get(layer)?.description, default: defaultValue };
  });
  return {
    description: said.find(({ description }) => description !== undefined)?.description,
    default: said.find((layer) => layer.default !== undefined)?.default,
  };
}

export function clusterJsonSchema(): JsonSchema {
  return jsonSchemaOf(clusterSchema);
}

function jsonSchemaOf(schema: z.core.$ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

/** A shape that comes again stands in the definitions. */
function dereferenced({ $defs = {}, $ref = '', ...own }: JsonSchema): JsonSchema {
  return { ...$defs[$ref.replace('#/$defs/', '')], ...own };
}

/** What a schema says of itself: one of zod or a JSON schema. */
interface Words {
  readonly description?: string | undefined;
  readonly default?: unknown;
  /** The keys of a section. */
  readonly properties?: object | undefined;
}

/** What a description says, and the default that it ends in. */
export function wordsOf(said: Words): { readonly description: string; readonly fallback: string } {
  const [description = '', fallback] = (said.description ?? '').split('\n\n@default - ');
  return { description, fallback: fallback ?? literal(said) };
}

function literal({ default: fallback, properties: keys }: Words): string {
  if (keys !== undefined || fallback === undefined) return '';
  return fallback === '' ? '""' : typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
}
