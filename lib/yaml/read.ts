import { isUtf8 } from 'node:buffer';
import {
  Composer,
  type CST,
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { ItemKeys } from '../config/problems';
import { isMapping } from '../mapping';

/** A place in a text: both count from 1, columns as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a file at one place; never with a word of the file, which may be a credential. */
export interface Fault extends Place {
  /** What stands there. Unset: what is expected says it. */
  readonly given?: string;
  readonly expected: string;
  readonly fix?: string;
}

/** A file that can not be read as text, or as YAML. */
export class FaultyFile extends Error {
  public constructor(public readonly faults: readonly Fault[]) {
    super(
      faults
        .map(({ line, column, given, expected }) => {
          const found = given === undefined ? '' : `given ${given}; `;
          return `line ${line}, column ${column}: ${found}expected ${expected}`;
        })
        .join('\n'),
    );
  }
}

const SAVE_AS_UTF8 = 'Save it as UTF-8 (iconv can convert it).';

/**
 * The text of a file, without its byte order mark.
 * @throws FaultyFile when it is not UTF-8
 */
export function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // Without a mark: half of the bytes of any ASCII character are zero.
  if (marked || (bytes.length > 1 && (first === 0 || second === 0))) {
    throw new FaultyFile([{ line: 1, column: 1, given: 'UTF-16', expected: 'UTF-8', fix: SAVE_AS_UTF8 }]);
  }
  if (!isUtf8(bytes)) {
    const given = 'bytes that are not UTF-8, but of an older encoding';
    throw new FaultyFile([{ ...placeOfBadBytes(bytes), given, expected: 'UTF-8', fix: SAVE_AS_UTF8 }]);
  }
  return new TextDecoder().decode(bytes);
}

const LINE_FEED = 10;
const REPLACEMENT = '\ufffd';

/** No part of a sequence of UTF-8 is a line feed: so each line can be looked at alone. */
function placeOfBadBytes(bytes: Uint8Array): Place {
  let line = 1;
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(LINE_FEED, start);
    const content = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (!isUtf8(content) || end < 0) return { line, column: columnOfBadBytes(content) };
    line += 1;
    start = end + 1;
  }
}

function columnOfBadBytes(line: Uint8Array): number {
  let column = 1;
  let at = 0;
  for (const character of new TextDecoder('utf-8', { ignoreBOM: true }).decode(line)) {
    const length = Buffer.byteLength(character);
    // The one that stands for what is wrong may be in the file as well.
    if (character === REPLACEMENT && !isUtf8(line.subarray(at, at + length))) break;
    column += character.length;
    at += length;
  }
  return column;
}

/** What no YAML file has but in escapes. */
const FORBIDDEN = /[^\P{Cc}\t\n\r\u0085]|[\ud800-\udfff\ufeff\ufffe\uffff]/u;
/** More than any configuration has; aliases of aliases soon have more. */
const MOST_VALUES = 100_000;

/** How to mend what people do most, by the code of the parser. */
const FIXES: Readonly<Partial<Record<ErrorCode, string>>> = {
  BLOCK_AS_IMPLICIT_KEY:
    'A line below begins too far to the right, or the value has ": " in it. Keys of one section begin in the same column. Put a value with ": " in quotes.',
  TAB_AS_INDENT: 'Write spaces.',
  BAD_INDENT: 'Keys of one section begin in the same column.',
  DUPLICATE_KEY: 'Write the key once, with all that belongs to it.',
};

export interface ReadOptions {
  /** Of the YAML. @default '1.2' */
  readonly version?: '1.1' | '1.2';
  /** Whether a key may stand in a mapping more than once, and whether tags that nobody knows are passed over. @default false */
  readonly lenient?: boolean;
}

/**
 * The documents of a YAML text, those without a value left out. No two values are the same object, whatever the aliases.
 * @throws FaultyFile with everything that is wrong
 */
export function readYaml(text: string, options: ReadOptions = {}): YamlDocument[] {
  const { documents, placeAt } = parse(text, options);
  const faults: Fault[] = [];
  const read = documents.map((document, index) => {
    const complaints = [...document.errors, ...(options.lenient === true ? [] : document.warnings)].filter(
      ({ code, pos }, at, all) =>
        code !== 'MULTILINE_IMPLICIT_KEY' || !all.slice(0, at).some((other) => other.pos[0] === pos[0]),
    );
    faults.push(
      ...complaints.map((error) => ({
        ...placeAt(error.pos[0]),
        expected:
          error.code === 'NON_STRING_KEY'
            ? 'a text as a key'
            : `valid YAML (${withoutSource(error.message)})`,
        ...(FIXES[error.code] === undefined ? {} : { fix: FIXES[error.code] }),
      })),
    );
    if (complaints.length > 0) return undefined;
    const conversion = new Conversion(placeAt);
    const value = conversion.node(document.contents);
    faults.push(...conversion.faults);
    return new YamlDocument(value, text, index, options);
  });
  if (faults.length > 0) throw new FaultyFile(faults);
  return read.filter((document) => document !== undefined && document.value !== null) as YamlDocument[];
}

interface Parsed {
  readonly documents: readonly Document[];
  readonly placeAt: (offset: number) => Place;
}

function parse(text: string, { version = '1.2', lenient = false }: ReadOptions): Parsed {
  // Not by the parser's line counter, which misses breaks in what it could not read.
  const placeAt = (offset: number): Place => {
    const before = text.slice(0, offset).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  };
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden !== null) {
    const code = text.codePointAt(forbidden.index)?.toString(16).toUpperCase().padStart(4, '0');
    const expected = 'YAML, which has such characters as escapes only, in double quotes ("\\uXXXX")';
    throw new FaultyFile([{ ...placeAt(forbidden.index), given: `the character U+${code}`, expected }]);
  }
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    // What follows would call itself for each level, and this take longer and longer.
    if (parser.stack.length > DEEPEST) {
      const given = 'lists or mappings in one another';
      const expected = `at most ${DEEPEST} levels of them`;
      throw new FaultyFile([{ ...placeAt(parser.offset), given, expected }]);
    }
  }
  tokens.push(...parser.end());
  const strictness = lenient ? { uniqueKeys: false } : { stringKeys: true };
  const composer = new Composer({ merge: true, version, ...strictness });
  return { documents: [...composer.compose(tokens)], placeAt };
}

/** More levels than any configuration has. */
const DEEPEST = 100;

/** The message without what it cites from the file, which may be a credential. */
function withoutSource(message: string): string {
  return message.replace(/(?<=[\w)]): .*$/s, '').replace(/ [\\%].*$/s, '');
}

/** From the nodes of a document to its value. Aliases and merge keys are followed here, each to a value of its own. */
class Conversion {
  public readonly faults: Fault[] = [];
  private readonly anchors = new Map<string, unknown>();
  private values = 0;

  public constructor(private readonly placeAt: (offset: number) => Place) {}

  public node(node: unknown): unknown {
    this.values += 1;
    if (isAlias(node)) return this.alias(node, node.source);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    // Until it is whole, no alias can mean it.
    if (node.anchor !== undefined) this.anchors.set(node.anchor, UNFINISHED);
    const value = this.valueOf(node);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, value);
    return value;
  }

  private valueOf(node: Scalar | YAMLMap | YAMLSeq): unknown {
    if (isMap(node)) return this.mapping(node);
    if (isSeq(node)) return node.items.map((item) => this.node(item));
    // What is neither text, number, boolean nor null is what it was read from: a date of YAML 1.1.
    return typeof node.value === 'object' && node.value !== null ? node.source : node.value;
  }

  private mapping({ items }: YAMLMap): Record<string, unknown> {
    const merged: Record<string, unknown>[] = [];
    const own: [string, unknown][] = [];
    for (const { key, value } of items) {
      if (isMergeKey(key)) merged.push(...this.merged(key, this.node(value)));
      else own.push([String(this.node(key) ?? ''), this.node(value)]);
    }
    // Of several the first counts, and what stands here itself before all of them.
    return Object.fromEntries([...merged.reverse().flatMap((mapping) => Object.entries(mapping)), ...own]);
  }

  private merged(key: unknown, value: unknown): Record<string, unknown>[] {
    const values = Array.isArray(value) ? (value as unknown[]) : [value];
    // An alias that leads nowhere is a fault already.
    if (!values.every((one) => one === undefined || isMapping(one))) {
      this.fault(key, {
        given: 'a merge key (<<) with something that is no mapping',
        expected: 'a mapping, or a list of mappings',
      });
    }
    return values.filter(isMapping);
  }

  private alias(node: unknown, name: string): unknown {
    const value = this.anchors.get(name);
    if (value === UNFINISHED) {
      return this.fault(node, {
        given: 'an alias (*name) inside the value of its own anchor (&name)',
        expected: 'an alias below that value',
      });
    }
    if (!this.anchors.has(name)) {
      return this.fault(node, {
        given: 'an alias (*name) without an anchor (&name) above it',
        expected: 'an anchor above the alias, or quotes around a text that begins with *',
      });
    }
    const tooMany = this.values > MOST_VALUES;
    if (!tooMany) this.values += count(value);
    if (this.values > MOST_VALUES) {
      // Once is enough.
      if (tooMany) return undefined;
      return this.fault(node, {
        given: 'aliases of aliases that multiply',
        expected: `at most ${MOST_VALUES} values in a document`,
      });
    }
    return structuredClone(value);
  }

  private fault(node: unknown, fault: Omit<Fault, keyof Place>): undefined {
    this.faults.push({ ...this.placeAt(offsetOf(node)), ...fault });
  }
}

const UNFINISHED = Symbol('unfinished');

/** How many values there are in it. */
function count(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + count(item), 1);
}

function isMergeKey(key: unknown): boolean {
  if (!isScalar(key)) return false;
  return typeof key.value === 'symbol' || (key.value === '<<' && key.type === Scalar.PLAIN);
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

interface Child {
  readonly key: unknown;
  readonly value: unknown;
}

type Step = PropertyKey | ItemKeys;

/** The value below a key, an index or the keys of an item, wherever an alias or a merge key takes it from. */
function childOf(document: Document, parent: unknown, step: Step): Child | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node)) {
    const value =
      typeof step === 'object'
        ? node.items.find((item) => hasKeys(document, item, step))
        : typeof step === 'number'
          ? node.items[step]
          : undefined;
    return value === undefined ? undefined : { key: value, value };
  }
  if (!isMap(node)) return undefined;
  const own = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  if (own !== undefined) return own;
  for (const { value } of node.items.filter(({ key }) => isMergeKey(key))) {
    for (const merged of isSeq(value) ? value.items : [value]) {
      const found = childOf(document, merged, step);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function hasKeys(document: Document, item: unknown, keys: ItemKeys): boolean {
  return keys.every(([key, value]) => {
    const child = childOf(document, item, key)?.value;
    return isScalar(child) && String(child.value) === value;
  });
}

/** A document of a YAML text. */
export class YamlDocument {
  private parsed?: Parsed;

  public constructor(
    public readonly value: unknown,
    private readonly text: string,
    private readonly index: number,
    private readonly options: ReadOptions,
  ) {}

  /**
   * Where a value stands, or what of its path there is: a text where it begins, a collection at its key.
   * @returns the place, and how many of the steps led there
   */
  public placeOf(steps: readonly Step[]): Place & { readonly depth: number; readonly isMapping: boolean } {
    // Read once more, and only when something is wrong: places of everything would cost more than the values.
    this.parsed ??= parse(this.text, this.options);
    const document = this.parsed.documents[this.index];
    let node: unknown = document?.contents;
    let offset = offsetOf(node);
    let depth = 0;
    for (const step of steps) {
      const found = document && childOf(document, node, step);
      if (found === undefined) break;
      node = found.value;
      offset = isScalar(node) && node.range?.[0] !== node.range?.[1] ? offsetOf(node) : offsetOf(found.key);
      depth += 1;
    }
    return {
      ...this.parsed.placeAt(offset),
      depth,
      isMapping: isMap(isAlias(node) && document ? node.resolve(document) : node),
    };
  }
}
