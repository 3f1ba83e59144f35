import { isMapping } from '../mapping';

/** What goes wrong in the text of a `--set`; the message never has a value in it. */
export class SetValueError extends Error {}

/** How the values of a flag are read. */
export type ValueKind = 'typed' | 'string' | 'file' | 'json' | 'literal';

type Values = Record<string, unknown>;
type ReadValue = (text: string) => unknown;

/** The bounds of Helm's own parser (strvals). */
const HIGHEST_INDEX = 65536;
const DEEPEST_NESTING = 30;

/**
 * Reads the text of a `--set`, `--set-string`, `--set-file`, `--set-json` or `--set-literal` as Helm 3 does, and puts its
 * values into `values`: `a.b=1,c={x,y},d[0].e=z`, with a backslash before what is not meant as syntax.
 * @param readFile reads the file that a `--set-file` names
 * @throws SetValueError
 */
export function setValues(
  values: Values,
  text: string,
  kind: ValueKind,
  readFile: (path: string) => string,
): void {
  const read: ReadValue = kind === 'typed' ? typedValue : kind === 'file' ? readFile : (value) => value;
  new SetParser(text, kind, read).parseInto(values);
}

/** `true`, `null` and whole numbers are what they look like, unless they begin with a zero; the rest is text. */
export function typedValue(text: string): unknown {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  if (/^null$/i.test(text)) return null;
  if (text === '0') return 0;
  if (/^[+-]?[1-9]\d*$/.test(text) || /^[+-]0\d*$/.test(text)) {
    const number = Number(text);
    // Beyond this, JavaScript has other numbers than Helm.
    return Number.isSafeInteger(number) ? number : text;
  }
  return text;
}

interface Word {
  readonly text: string;
  /** The character that ended it, which has been read; undefined at the end of the text. */
  readonly end: string | undefined;
}

class SetParser {
  private readonly characters: readonly string[];
  private position = 0;

  public constructor(
    text: string,
    private readonly kind: ValueKind,
    private readonly read: ReadValue,
  ) {
    this.characters = [...text];
  }

  public parseInto(values: Values): void {
    while (this.position < this.characters.length) this.pair(values, 0);
  }

  /** A key and its value, into the mapping in which the key stands. */
  private pair(values: Values, depth: number): void {
    const { text: key, end } = this.word('=[,.');
    switch (end) {
      case undefined:
        // A comma at the very end of the text.
        if (key === '') return;
        throw new SetValueError(`the key ${JSON.stringify(key)} has no value`);
      case ',':
        throw new SetValueError(`the key ${JSON.stringify(key)} has no value before the ","`);
      case '=':
        put(values, key, this.value());
        return;
      case '[': {
        const index = this.index();
        const known = Object.hasOwn(values, key) ? values[key] : [];
        if (!Array.isArray(known)) throw new SetValueError(`${JSON.stringify(key)} is not a list`);
        put(values, key, this.item(known, index, depth));
        return;
      }
      default:
        this.nested(values, key, depth + 1);
    }
  }

  private nested(values: Values, key: string, depth: number): void {
    if (depth > DEEPEST_NESTING) {
      throw new SetValueError(`keys are nested more than ${DEEPEST_NESTING} levels deep`);
    }
    const known = Object.hasOwn(values, key) ? values[key] : {};
    if (!isMapping(known)) throw new SetValueError(`${JSON.stringify(key)} is not a mapping`);
    this.pair(known, depth);
    if (Object.keys(known).length === 0)
      throw new SetValueError(`the key ${JSON.stringify(key)} has no value`);
    put(values, key, known);
  }

  /** What follows the `]` of an index, into that place of the list. */
  private item(list: readonly unknown[], index: number, depth: number): unknown[] {
    const { text, end } = this.word('[.=');
    if (text !== '') throw new SetValueError(`there is ${JSON.stringify(text)} after the "]" of an index`);
    const known = list[index];
    switch (end) {
      case '=':
        return placed(list, index, this.value());
      case '[': {
        const inner = this.index();
        if (known !== undefined && known !== null && !Array.isArray(known)) {
          throw new SetValueError(`the item with the index ${index} is not a list`);
        }
        return placed(list, index, this.item(known ?? [], inner, depth));
      }
      case '.': {
        const inner = isMapping(known) ? known : {};
        this.pair(inner, depth);
        return placed(list, index, inner);
      }
      default:
        throw new SetValueError(`the item with the index ${index} has no value`);
    }
  }

  private index(): number {
    const { text, end } = this.word(']');
    if (end === undefined) throw new SetValueError('an index has no "]"');
    if (!/^[+-]?\d+$/.test(text))
      throw new SetValueError(`the index ${JSON.stringify(text)} is not a number`);
    const index = Number(text);
    if (index < 0) throw new SetValueError(`the index ${index} is negative`);
    if (index > HIGHEST_INDEX) {
      throw new SetValueError(
        `the index ${index} is greater than ${HIGHEST_INDEX}, the greatest that Helm takes`,
      );
    }
    return index;
  }

  private value(): unknown {
    if (this.kind === 'json') return this.json();
    if (this.kind === 'literal') return this.rest();
    if (this.characters[this.position] !== '{') {
      if (this.position >= this.characters.length) return '';
      return this.read(this.word(',').text);
    }
    this.position += 1;
    return this.list();
  }

  private list(): unknown[] {
    const items: unknown[] = [];
    for (;;) {
      const { text, end } = this.word(',}');
      if (end === undefined) throw new SetValueError('a list has no "}"');
      items.push(this.read(text));
      if (end === '}') {
        if (this.characters[this.position] === ',') this.position += 1;
        return items;
      }
    }
  }

  /** The JSON value that begins here. It ends at a comma or the end of the text, the first at which it is whole. */
  private json(): unknown {
    const start = this.position;
    const ends = [...this.characters.keys()].filter((at) => at >= start && this.characters[at] === ',');
    for (const end of [...ends, this.characters.length]) {
      const text = this.characters.slice(start, end).join('').trim();
      const parsed = text === '' ? { value: null } : parseJson(text);
      if (parsed !== undefined) {
        this.position = end + 1;
        return parsed.value;
      }
    }
    throw new SetValueError('a value is not JSON');
  }

  private rest(): string {
    const text = this.characters.slice(this.position).join('');
    this.position = this.characters.length;
    return text;
  }

  /** Reads up to one of the characters, and that one. A backslash takes the meaning from the character after it. */
  private word(ends: string): Word {
    let text = '';
    while (this.position < this.characters.length) {
      const character = this.characters[this.position] ?? '';
      this.position += 1;
      if (ends.includes(character)) return { text, end: character };
      if (character === '\\' && this.kind !== 'literal') {
        text += this.characters[this.position] ?? '';
        this.position += 1;
      } else {
        text += character;
      }
    }
    return { text, end: undefined };
  }
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** A key without a name is read, and forgotten. */
function put(values: Values, key: string, value: unknown): void {
  if (key === '') return;
  // As a key of its own, whatever its name: `__proto__` would otherwise be something else.
  Object.defineProperty(values, key, { value, writable: true, enumerable: true, configurable: true });
}

/** The list with a value at that place; places that were skipped are null. */
function placed(list: readonly unknown[], index: number, value: unknown): unknown[] {
  return Array.from({ length: Math.max(list.length, index + 1) }, (_, place) =>
    place === index ? value : (list[place] ?? null),
  );
}
