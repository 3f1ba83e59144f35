/**
 * Writes YAML that every reader takes for the same, of YAML 1.1 and of 1.2.
 *
 * A writer of its own: the libraries leave a text plain unless their own table says that it is a number or a word, and
 * readers have other tables. Here it is plain only if no table has it. And it writes what JSON can hold and no more, in
 * a tenth of their time.
 */
export interface WriteOptions {
  /** Texts that stand in double quotes, whatever is in them. @default - only those that need it */
  readonly quote?: RegExp;
  /**
   * Comments before a key, a line each; an empty line is a blank one.
   * @param steps the keys and indices that lead to the key
   * @default - none
   */
  readonly comments?: (steps: readonly PropertyKey[]) => readonly string[];
}

/** A document, which ends in a newline. Keys without a value are left out. */
export function writeYaml(value: unknown, options: WriteOptions = {}): string {
  return `${new Writer(options).value(value, '\n', [])}\n`;
}

/** Documents, one after another. The first begins with a marker too, so that the whole can follow other documents. */
export function writeDocuments(values: readonly unknown[]): string {
  return values.map((value) => `---\n${writeYaml(value)}`).join('');
}

type Steps = readonly PropertyKey[];

class Writer {
  public constructor(private readonly options: WriteOptions) {}

  /** @param newline a line break, and the indentation of what belongs to the value */
  public value(value: unknown, newline: string, steps: Steps): string {
    if (typeof value === 'string') return this.text(value, newline);
    if (Array.isArray(value)) return value.length === 0 ? '[]' : this.list(value, newline, steps);
    if (typeof value === 'object' && value !== null) {
      return isEmpty(value) ? '{}' : this.mapping(value, newline, steps);
    }
    // In a list, as in JSON. YAML 1.1 knows exponents only of numbers with a dot.
    return String(value ?? null).replace(/^(-?\d+)e/, '$1.0e');
  }

  private mapping(value: object, newline: string, steps: Steps): string {
    const inner = `${newline}  `;
    let lines = '';
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const path = this.stepsTo(steps, key);
      if (lines !== '') lines += newline;
      lines += this.comments(path, newline);
      lines += this.isPlain(key) ? key : doubleQuoted(key);
      lines += isCollection(item) ? `:${inner}` : ': ';
      lines += this.value(item, inner, path);
    }
    return lines;
  }

  private list(value: readonly unknown[], newline: string, steps: Steps): string {
    const inner = `${newline}  `;
    return value
      .map((item, index) => `- ${this.value(item, inner, this.stepsTo(steps, index))}`)
      .join(newline);
  }

  /** Only for comments: they are long to make. */
  private stepsTo(steps: Steps, step: PropertyKey): Steps {
    return this.options.comments === undefined ? steps : [...steps, step];
  }

  private comments(steps: Steps, newline: string): string {
    const lines = this.options.comments?.(steps) ?? [];
    return lines.map((line) => (line === '' ? newline : `# ${escaped(line)}${newline}`)).join('');
  }

  private text(value: string, newline: string): string {
    if (this.isPlain(value)) return value;
    if (this.options.quote?.test(value) === true || INVISIBLE.test(value)) return doubleQuoted(value);
    if (value.includes('\n')) return BLOCK.test(value) ? block(value, newline) : doubleQuoted(value);
    return value.includes('"') && !value.includes("'") ? `'${value}'` : doubleQuoted(value);
  }

  private isPlain(value: string): boolean {
    return (
      BEGINNING.test(value) &&
      !SYNTAX.test(value) &&
      !TAKEN_FOR_OTHERS.test(value) &&
      !INVISIBLE.test(value) &&
      this.options.quote?.test(value) !== true
    );
  }
}

function isEmpty(value: object): boolean {
  for (const key in value) if (value[key as keyof typeof value] !== undefined) return false;
  return true;
}

/** Whether its lines stand below its key. */
function isCollection(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !isEmpty(value);
}

/** No parser takes it for the beginning of anything but a text. `--flag` is one, `---` begins a document. */
const BEGINNING = /^(?:[^\s?:,[\]{}#&*!|>'"%@`~=<-]|--?[^\s:-])/;
/** What ends a text that is plain, or is lost at its end. */
const SYNTAX = /: | #|:$| $|[\t\n]/;
/**
 * What some parser, or an older one, takes for something else: numbers of all bases, with `_` and `,` between the digits
 * and `:` between those of base 60; dates; words.
 */
const TAKEN_FOR_OTHERS = new RegExp(
  [
    String.raw`^[-+]?[._\d][\d_,:]*(?:\.[\d_]*)?(?:e[-+]?[\d_]*)?$`,
    String.raw`^[-+]?e[-+]?[\d_]+$`,
    String.raw`^[-+]?_*0_*[xob][\da-f_.p+-]*$`,
    String.raw`^\d{4}-\d\d?-\d\d?`,
    String.raw`^(?:null|true|false|yes|no|on|off|y|n|[-+]?\.?(?:inf|infinity|nan)|\.\.\..*)$`,
  ].join('|'),
  'i',
);
/**
 * What nobody sees, or only some readers take for a line break: controls, other spaces than the space, what turns the
 * direction of writing, byte order marks, halves of characters, and what is no character.
 */
const INVISIBLE =
  /[^\P{Cc}\t\n]|[\xa0\xad\u0600-\u0605\u061c\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ud800-\udfff\ufeff\ufff0-\ufffb\ufffe\uffff]/u;
const EVERY_INVISIBLE = new RegExp(INVISIBLE, 'gu');
/** Lines that keep all they have when a reader trims them: from a text to a text, or to the one line break after it. */
const BLOCK = /^\S(?:[\s\S]*\S)?\n?$/;

function block(value: string, newline: string): string {
  const clipped = value.endsWith('\n');
  const lines = clipped ? value.slice(0, -1) : value;
  return `|${clipped ? '' : '-'}${newline}${lines.replace(/\n(?!\n)/g, newline)}`;
}

function doubleQuoted(value: string): string {
  return escaped(JSON.stringify(value));
}

function escaped(text: string): string {
  return text.replace(
    EVERY_INVISIBLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
