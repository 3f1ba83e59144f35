import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { decode, FaultyFile, type ReadOptions, readYaml } from '../../lib/yaml/read';
import { everyOption } from '../support/clusters';

const values = (text: string, options?: ReadOptions) => readYaml(text, options).map(({ value }) => value);

/** Where it is faulty, and with what; nothing else may be thrown. */
function faults(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof FaultyFile)) throw error;
    return error.faults.map(({ line, column, given, expected }) => `${line}:${column} ${given ?? expected}`);
  }
}

describe('bytes', () => {
  const bytes = (...parts: (string | readonly number[])[]) =>
    Buffer.concat(parts.map((part) => Buffer.from(part as string)));

  test('UTF-8, with and without a byte order mark', () => {
    for (const text of ['', 'a: Müller', '中 😀 \ufffd\n']) {
      expect(decode(Buffer.from(text))).toBe(text);
      expect(decode(Buffer.from(`\ufeff${text}`))).toBe(text);
    }
  });

  test('UTF-16 is refused, in both orders, with and without a mark', () => {
    for (const text of ['name: a\n', '\ufeffname: a\n', '\ufeff中\n']) {
      const little = Buffer.from(text, 'utf16le');
      for (const encoded of [little, Buffer.from(little).swap16()]) {
        expect(faults(() => decode(encoded))).toEqual(['1:1 UTF-16']);
      }
    }
  });

  test.each([
    ['latin-1', bytes('a: "M', [0xfc], 'ller"'), '1:6'],
    ['on a later line, after other characters', bytes('a\nä中😀\ufffd x: ', [0xe9, 0x0a]), '2:10'],
    ['a sequence that is cut by the end of the line', bytes('a: ', [0xe4, 0xb8], '\nb'), '1:4'],
    ['at the end of the file', bytes('a\n', [0xc3]), '2:1'],
    ['longer than it need be', bytes('ab', [0xc0, 0x80]), '1:3'],
    ['half of a surrogate pair', bytes('a', [0xed, 0xa0, 0x80]), '1:2'],
  ])('what is not UTF-8 is refused where it is: %s', (_, content, place) => {
    expect(faults(() => decode(content))).toEqual([
      `${place} bytes that are not UTF-8, but of an older encoding`,
    ]);
  });

  test('any byte of 128 and more, anywhere in a text of ASCII', () => {
    for (let byte = 0x80; byte <= 0xff; byte += 1) {
      for (const at of [0, 3, 7]) {
        const text = Buffer.from('ab\ncd\nef');
        text[at] = byte;
        // 0xfe and 0xff begin a file in UTF-16 only with one another.
        expect(faults(() => decode(text))).toEqual([expect.stringMatching(/^[123]:[12] bytes/)]);
      }
    }
  });
});

describe('faults', () => {
  test.each([
    [
      'an alias inside its anchor',
      'a: &x { b: *x }\n',
      '1:12 an alias (*name) inside the value of its own anchor',
    ],
    ['deeper inside', 'a: &x\n  - b: [ *x ]\n', '2:10 an alias (*name) inside'],
    ['an unknown alias', 'a: 1\nb: *x\n', '2:4 an alias (*name) without an anchor'],
    ['an alias before its anchor', 'a: *x\nb: &x 1\n', '1:4 an alias (*name) without an anchor'],
    ['an alias of another document', 'a: &x 1\n---\nb: *x\n', '3:4 an alias (*name) without an anchor'],
    ['an alias as a key', 'a: 1\n*x : 2\n', '2:1 a text as a key'],
    ['a merge of a number', 'a: { <<: 3 }\n', '1:6 a merge key (<<) with something that is no mapping'],
    ['a merge of a list with a number', 'a: &x {}\nb: { <<: [*x, 3] }\n', '2:6 a merge key'],
    ['a merge of nothing', '<<:\n', '1:1 a merge key'],
    ['an unknown tag', 'a: !vault b\n', '1:4 valid YAML (Unresolved tag)'],
    ['a tag without a definition', 'a: !x!y b\n', '1:4 valid YAML'],
    ['a key twice', 'a: 1\nb: 2\na: 3\n', '3:1 valid YAML (Map keys must be unique)'],
    ['a tab', 'a:\n\tb: 1\n', '2:1 valid YAML (Tabs are not allowed as indentation)'],
    ['a control character', 'a: "\u0007"\n', '1:5 the character U+0007'],
    ['a byte order mark in the middle', 'a: 1\n---\n\ufeffb: 1\n', '3:1 the character U+FEFF'],
    ['an odd directive', '%FOO\n--- a\n', '1:1 valid YAML'],
  ])('%s', (_, text, fault) => {
    const [found, ...others] = faults(() => readYaml(text));
    expect(found).toContain(fault);
    expect(others).toEqual([]);
  });

  test('all of them in one report', () => {
    const text = 'a: *x\nb: { <<: 1 }\nc: *y\n---\nd: 1\nd: 2\n';
    expect(faults(() => readYaml(text)).map((fault) => fault.split(' ')[0])).toEqual([
      '1:4',
      '2:6',
      '3:4',
      '6:1',
    ]);
  });

  test.each([
    ['lists in lists', '['],
    ['mappings in mappings', '{a: '],
    ['mappings in lists', '[{a: '],
    ['block lists', '- '],
    ['keys of keys', '? '],
    ['block mappings', 'a:\n'],
  ])('depth: %s', (_, part) => {
    const text = (count: number) =>
      part === 'a:\n'
        ? Array.from({ length: count }, (__, depth) => `${' '.repeat(depth)}a:`).join('\n')
        : part.repeat(count);
    const start = Date.now();
    for (const count of [150, 3000]) {
      expect(faults(() => readYaml(text(count)))).toEqual([
        expect.stringContaining('lists or mappings in one another'),
      ]);
    }
    expect(Date.now() - start).toBeLessThan(5000);
  });

  test('as deep as anybody needs is fine', () => {
    expect(values(`${'['.repeat(50)}${']'.repeat(50)}`)).toHaveLength(1);
  });

  test('bombs: by aliases of aliases, and by merges of merges', () => {
    const bomb = (first: string, next: (name: string) => string) =>
      [
        `a: &a ${first}`,
        ...[...'bcdefghijk'].map((name, at) => `${name}: &${name} ${next('abcdefghij'[at] ?? '')}`),
      ].join('\n');
    const start = Date.now();
    expect(faults(() => readYaml(bomb('[x, x]', (name) => `[${Array(9).fill(`*${name}`)}]`)))).toEqual([
      expect.stringContaining('aliases of aliases that multiply'),
    ]);
    const merges = bomb('{ x: 1 }', (name) => `{ <<: [${Array(9).fill(`*${name}`)}] }`);
    expect(values(merges)).toEqual([expect.objectContaining({ k: { x: 1 } })]);
    expect(Date.now() - start).toBeLessThan(5000);
  });

  test('whatever a file is made of, it is read, or faulty where it says', () => {
    const pieces = [
      '&a ',
      '*a',
      '<<: ',
      'a: ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '\n',
      '\n  ',
      '"',
      "'",
      '|',
      '>',
      '!x ',
      '!!str ',
      '#',
      ',',
      '? ',
      ': ',
      '---\n',
      '...',
      '%TAG ! x\n',
      '\t',
      'b',
      '1',
      '~',
      '\r',
      '\u0085',
      '\u2028',
      '!!binary ',
      '!!set ',
      '!!omap ',
      '!!float ',
    ];
    let state = 7;
    const next = (below: number) => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    let read = 0;
    for (let round = 0; round < 4000; round += 1) {
      const text = Array.from({ length: 1 + next(12) }, () => pieces[next(pieces.length)]).join('');
      for (const options of [{}, { version: '1.1', lenient: true }] as const) {
        const found = faults(() => readYaml(text, options));
        const lines = text.split('\n').length;
        for (const fault of found) {
          const line = Number(fault.split(':')[0]);
          expect([text, line >= 1 && line <= lines]).toEqual([text, true]);
        }
        if (found.length === 0) read += 1;
      }
    }
    expect(read).toBeGreaterThan(1000);
  });
});

describe('values', () => {
  test('aliases and merge keys, each to a value of its own', () => {
    const [value] = values(
      'a: &x { y: [1] }\nb: *x\nc: { <<: [*x, { y: 2, z: 3 }], w: 4 }\nd: { z: 5, <<: *x }\n',
    ) as [Record<string, { y: number[] }>];
    expect(value).toEqual({ a: { y: [1] }, b: { y: [1] }, c: { y: [1], z: 3, w: 4 }, d: { z: 5, y: [1] } });
    value['a']?.y.push(2);
    expect(value['b']).toEqual({ y: [1] });
  });

  test('an anchor that comes again counts from there', () => {
    expect(values('- &x 1\n- *x\n- &x 2\n- *x\n')).toEqual([[1, 1, 2, 2]]);
  });

  test('a key in quotes is no merge key, and __proto__ a key as others are', () => {
    expect(values('"<<": 1\n')).toEqual([{ '<<': 1 }]);
    const [value] = values('__proto__: { a: 1 }\n');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
  });

  test('documents without a value are left out', () => {
    expect(values('---\n---\na: 1\n---\n# nothing\n---\nnull\n')).toEqual([{ a: 1 }]);
  });

  test('of YAML 1.1, as Helm reads it: words and numbers, dates as texts, keys of any kind, later ones first', () => {
    const text = 'a: yes\nb: 0777\nc: 2001-01-02\n1: !local x\na: off\n';
    expect(values(text, { version: '1.1', lenient: true })).toEqual([
      { a: false, b: 511, c: '2001-01-02', 1: 'x' },
    ]);
  });
});

describe('places', () => {
  /** Every value of a configuration, with its path. */
  function leaves(value: unknown, steps: readonly PropertyKey[] = []): [PropertyKey[], unknown][] {
    if (typeof value !== 'object' || value === null) return [[[...steps], value]];
    return Object.entries(value).flatMap(([key, item]) =>
      leaves(item, [...steps, Array.isArray(value) ? Number(key) : key]),
    );
  }

  test.each([
    ['blocks', {}],
    ['flow', { collectionStyle: 'flow', lineWidth: 40 }],
    ['CRLF', {}],
    ['JSON', { collectionStyle: 'flow', defaultKeyType: 'QUOTE_DOUBLE', defaultStringType: 'QUOTE_DOUBLE' }],
  ] as const)('of every value, in %s', (style, options) => {
    const written = `# first\n---\n${stringify(everyOption('externalSecret'), options)}`;
    const text = style === 'CRLF' ? written.replaceAll('\n', '\r\n') : written;
    const [document] = readYaml(text);
    const lines = text.split('\n');
    for (const [steps, value] of leaves(document?.value)) {
      const place = document?.placeOf(steps);
      const rest = lines[(place?.line ?? 0) - 1]?.slice((place?.column ?? 0) - 1) ?? '';
      const begins =
        typeof value === 'string'
          ? /^["'|>]/.test(rest) || rest.startsWith(value.slice(0, 3))
          : rest.startsWith(String(value));
      expect([steps, rest, place?.depth, begins]).toEqual([steps, rest, steps.length, true]);
    }
  });

  test('of what an alias or a merge key takes from elsewhere it is there', () => {
    const [document] = readYaml('a: &x\n  b: 1\n  c: [2]\nd: *x\ne:\n  <<: [{ f: 3 }, *x]\n  b: 4\n');
    const place = (...steps: PropertyKey[]) => {
      const { line, column, depth, isMapping } = document?.placeOf(steps) ?? {};
      return [line, column, depth, isMapping];
    };
    expect(place('d')).toEqual([4, 1, 1, true]);
    expect(place('d', 'c', 0)).toEqual([3, 7, 3, false]);
    expect(place('d', 'x')).toEqual([4, 1, 1, true]);
    expect(place('e', 'f')).toEqual([6, 13, 2, false]);
    expect(place('e', 'b')).toEqual([7, 6, 2, false]);
    expect(place('e', 'c', 0)).toEqual([3, 7, 3, false]);
  });

  test('of a collection it is its key, of what is missing what it is missing from, of nothing its key', () => {
    const [document] = readYaml('a: 1\nb:\n  c: { d: 1 }\n  e:\n  f: [1, { g: 2 }]\n');
    const place = (...steps: PropertyKey[]) => {
      const { line, column, depth } = document?.placeOf(steps) ?? {};
      return [line, column, depth];
    };
    expect(place()).toEqual([1, 1, 0]);
    expect(place('b', 'c')).toEqual([3, 3, 2]);
    expect(place('b', 'c', 'x', 'y')).toEqual([3, 3, 2]);
    expect(place('b', 'e')).toEqual([4, 3, 2]);
    expect(place('b', 'f', 1, 'g')).toEqual([5, 15, 4]);
    expect(place('b', 'f', 7)).toEqual([5, 3, 2]);
    expect(place('x')).toEqual([1, 1, 0]);
  });
});

test('our own files are what they were', () => {
  expect(values(decode(readFileSync('milvus.yaml')))).toEqual([
    expect.objectContaining({ name: 'milvus-test' }),
  ]);
});
