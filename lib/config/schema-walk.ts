import type * as z from 'zod';

/** What the schema of a part consists of, for whatever looks at schemas instead of values. */

type Schema = z.core.$ZodType;

/** A schema and those that it wraps, outermost first: defaults, what may be left out, the text that becomes a number. */
export function layersOf(schema: Schema): readonly Schema[] {
  // Of a transformation, what is given is what goes into it.
  const { innerType, in: input = innerType } = schema._zod.def as z.core.$ZodTypeDef & {
    readonly innerType?: Schema;
    readonly in?: Schema;
  };
  return input === undefined ? [schema] : [schema, ...layersOf(input)];
}

/** What is left when all wrappers are off. */
export function innermost(schema: Schema): z.core.$ZodTypeDef {
  return (layersOf(schema).at(-1) ?? schema)._zod.def;
}

/** The keys of a mapping with their schemas; undefined of anything else. */
export function shapeOf(schema: Schema): z.core.$ZodShape | undefined {
  const def = innermost(schema);
  return def.type === 'object' ? (def as z.core.$ZodObjectDef).shape : undefined;
}

/** The schema of what is one step below, if there may be anything. */
export function childOf(schema: Schema, step: PropertyKey): Schema | undefined {
  const def = innermost(schema);
  if (def.type === 'object') {
    const { shape, catchall } = def as z.core.$ZodObjectDef;
    if (Object.hasOwn(shape, step)) return shape[String(step)];
    return catchall?._zod.def.type === 'never' ? undefined : catchall;
  }
  if (def.type === 'record') return (def as z.core.$ZodRecordDef).valueType;
  if (def.type === 'array') return (def as z.core.$ZodArrayDef).element;
  return undefined;
}
