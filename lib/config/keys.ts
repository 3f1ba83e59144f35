import * as z from 'zod';
import { clusterSchema } from './schema';

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
  known ??= readKeys();
  return known;
}

let known: readonly ConfigurationKey[] | undefined;

function readKeys(): readonly ConfigurationKey[] {
  const schema = clusterJsonSchema();
  const definitions = (schema.$defs ?? {}) as Readonly<Record<string, JsonSchema>>;
  const resolved = (given: JsonSchema): JsonSchema =>
    given.$ref === undefined ? given : { ...definitions[given.$ref.replace('#/$defs/', '')], ...given };
  const walk = (path: string, given: JsonSchema): ConfigurationKey[] => {
    const own = resolved(given);
    const children = Object.entries((own.properties ?? {}) as Readonly<Record<string, JsonSchema>>);
    const key = {
      path,
      ...wordsOf(own),
      fixed: own.default !== undefined,
      section: children.length > 0,
      schema: own,
    };
    return [key, ...children.flatMap(([name, child]) => walk(`${path}.${name}`, child))];
  };
  return Object.entries((schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>).flatMap(
    ([name, child]) => walk(name, child),
  );
}

export function clusterJsonSchema(): JsonSchema {
  return z.toJSONSchema(clusterSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

/** What a description says, and the default that it ends in. */
export function wordsOf(schema: JsonSchema): { readonly description: string; readonly fallback: string } {
  const [description = '', fallback] = (schema.description ?? '').split('\n\n@default - ');
  return { description, fallback: fallback ?? literal(schema) };
}

function literal({ default: fallback, properties: keys }: JsonSchema): string {
  if (keys !== undefined || fallback === undefined) return '';
  return fallback === '' ? '""' : typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
}
