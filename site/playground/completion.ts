import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { Text } from '@codemirror/state';
import { type EditorView, hoverTooltip } from '@codemirror/view';
import milvusSchema from '../../milvus.schema.json';

/*
 * Completion and descriptions from the JSON schema. codemirror-json-schema, which is kept, does not complete a key of
 * YAML before its colon is there, which is when one is wanted. Where a line belongs is told by how far it is indented,
 * so that a text that is no YAML yet will do.
 */

interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}
const ROOT = milvusSchema as unknown as Schema;

/** A schema and all that it may be instead. */
function alternatives(schema: Schema): readonly Schema[] {
  const { $ref, anyOf = [] } = schema;
  const named = $ref === undefined ? undefined : ROOT.$defs?.[$ref.replace('#/$defs/', '')];
  return [schema, ...[...(named === undefined ? [] : [named]), ...anyOf].flatMap(alternatives)];
}

/** A step into a list. */
const ITEM = Symbol('item');
type Step = string | typeof ITEM;

function schemasAt(path: readonly Step[]): readonly Schema[] {
  return path.reduce<readonly Schema[]>(
    (schemas, step) =>
      schemas
        .flatMap(({ items, properties, additionalProperties: others }) => {
          const found =
            step === ITEM ? items : (properties?.[step] ?? (typeof others === 'object' ? others : undefined));
          return found === undefined ? [] : [found];
        })
        .flatMap(alternatives),
    alternatives(ROOT),
  );
}

interface Line {
  /** Columns of the first dash and of what comes after all of them. */
  readonly dash: number;
  readonly column: number;
  readonly isItem: boolean;
  readonly key?: string;
}

/** Undefined for what does not count: empty lines and comments. */
function lineOf(text: string): Line | undefined {
  const [, spaces = '', dashes = '', rest = '', key] =
    /^( *)((?:- +)*)((?:"?([\w./-]+)"?:(?= |$))?.*)$/.exec(text) ?? [];
  if (rest === '' || rest.startsWith('#')) return undefined;
  const dash = spaces.length;
  return { dash, column: dash + dashes.length, isItem: dashes !== '', key };
}

/** What a line that begins at a column is in, and the keys that stand beside it. */
function placeOf(
  doc: Text,
  number: number,
  here: Omit<Line, 'key'>,
): { path: Step[]; siblings: Set<string> } {
  const path: Step[] = [];
  const siblings = new Set<string>();
  let limit = here.column;
  let beside = true;
  const enterItem = (dash: number) => {
    path.unshift(ITEM);
    // A list may begin at the column of its key.
    limit = dash + 1;
    beside = false;
  };
  if (here.isItem) enterItem(here.dash);
  for (let above = number - 1; above >= 1 && limit > 0; above--) {
    const text = doc.line(above).text;
    if (text.startsWith('---')) break;
    const line = lineOf(text);
    if (line === undefined) continue;
    if (beside && line.column === limit) {
      if (line.key !== undefined) siblings.add(line.key);
    } else if (line.column < limit && line.key !== undefined) {
      path.unshift(line.key);
      limit = line.column;
      beside = false;
    }
    if (line.isItem && line.dash < limit && line.column === limit) enterItem(line.dash);
  }
  for (let below = number + 1; below <= doc.lines; below++) {
    const text = doc.line(below).text;
    const line = lineOf(text);
    if (line === undefined) continue;
    if (text.startsWith('---') || line.column < here.column || (line.isItem && line.dash < here.column))
      break;
    if (line.column === here.column && line.key !== undefined) siblings.add(line.key);
  }
  return { path, siblings };
}

function describe(schemas: readonly Schema[]): string {
  const description = schemas.find((schema) => schema.description !== undefined)?.description ?? '';
  const fixed = schemas.find((schema) => schema.default !== undefined)?.default;
  return fixed === undefined || description.includes('@default')
    ? description.replace('@default - ', 'Default: ')
    : `${description}\n\nDefault: ${JSON.stringify(fixed)}`;
}

/** What follows a key, so that its value can be typed. */
function after(schemas: readonly Schema[], column: number): string {
  const is = (type: string) => schemas.some((schema) => schema.type === type);
  const below = `\n${' '.repeat(column)}`;
  if (is('object') && !is('string')) return `:${below}  `;
  return is('array') ? `:${below}  - ` : ': ';
}

function valuesOf(schemas: readonly Schema[]): string[] {
  const values = schemas.flatMap(({ type, enum: some = [], const: only, default: fixed }) => [
    ...some,
    only,
    ...(type === 'boolean' ? [true, false] : []),
    typeof fixed === 'object' ? undefined : fixed,
  ]);
  return [...new Set(values.filter((value) => value !== undefined).map(String))];
}

/** Keys and values that the schema knows, at the cursor. */
export function complete({ state, pos, explicit }: CompletionContext): CompletionResult | null {
  const { doc } = state;
  const { from, number, text } = doc.lineAt(pos);
  const found = /^( *)((?:- +)*)([\w-]*)(?:: +(\S*))?$/.exec(text.slice(0, pos - from));
  if (found === null) return null;
  const [, spaces = '', dashes = '', word = '', value] = found;
  const typed = value ?? word;
  if (typed === '' && !explicit && value === undefined) return null;
  const dash = spaces.length;
  const column = dash + dashes.length;
  const { path, siblings } = placeOf(doc, number, { dash, column, isItem: dashes !== '' });
  const inValue = value !== undefined;
  const schemas = schemasAt(inValue ? [...path, word] : path);
  const rest = text.slice(pos - from);
  const keys = (): Completion[] =>
    schemas.flatMap(({ properties = {} }) =>
      Object.entries(properties)
        .filter(([key]) => !siblings.has(key))
        .map(([key, property]) => {
          const all = alternatives(property);
          const apply = /^[\w-]*:/.test(rest) ? key : key + after(all, column);
          return { label: key, type: 'property', apply, info: describe(all) };
        }),
    );
  const options = [
    ...(inValue ? [] : keys()),
    ...(inValue || (dashes !== '' && keys().length === 0)
      ? valuesOf(schemas).map((label) => ({ label, type: 'constant' }))
      : []),
  ];
  return options.length === 0 ? null : { from: pos - typed.length, options, validFor: /^[\w-]*$/ };
}

/** What the key under the mouse is, in a line that it begins. */
function descriptionAt({ state }: EditorView, pos: number) {
  const { from, number, text } = state.doc.lineAt(pos);
  const line = lineOf(text);
  if (line?.key === undefined) return null;
  const start = from + line.column;
  if (pos < start || pos > start + line.key.length) return null;
  const { path } = placeOf(state.doc, number, line);
  const description = describe(schemasAt([...path, line.key]));
  if (description === '') return null;
  return {
    pos: start,
    end: start + line.key.length,
    create: () => {
      const dom = document.createElement('div');
      dom.className = 'description';
      dom.textContent = description;
      return { dom };
    },
  };
}

export const descriptions = hoverTooltip(descriptionAt);
