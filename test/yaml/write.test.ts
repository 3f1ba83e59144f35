import { parse } from 'yaml';
import { writeDocuments, writeYaml } from '../../lib/yaml/write';
import { clusterOf, minimal, yamlOf } from '../support/clusters';
import { yamlReaders } from '../support/yaml-readers';

const readers = yamlReaders();

/** All texts of up to so many of the pieces. */
function combinations(pieces: readonly string[], longest: number): string[] {
  let last = [''];
  const all = [''];
  for (let length = 1; length <= longest; length += 1) {
    last = last.flatMap((text) => pieces.map((piece) => text + piece));
    all.push(...last);
  }
  return [...new Set(all)];
}

/** The same texts in each run, and each of them as good as random. */
function generated(pieces: readonly string[], count: number): string[] {
  let state = 1;
  const next = (below: number) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: 3 + next(6) }, () => pieces[next(pieces.length)]).join(''),
  );
}

const NUMBERS = [
  ...combinations([...'0123456789abcdefox._:+-~yn'], 3),
  ...combinations([...'01exb._:+-'], 4),
];

const MORE_NUMBERS = [
  '0o17 0O17 0B11 0b1_0 0X1F 0x1.8p3 0x_f -0x1f +0b1 0_x1f -_1 1_000 1,000 1,000.5 12e03 1e+3 1.e+3 .5e-3 0777 08 1:20',
  '190:20:30 190:20:30.15 1:1:1:1:1:1 +.inf -.INF .NaN 1e400 9223372036854775808 0xFFFFFFFFFFFFFFFFFF 1. .1 ._1 _1',
  '2026-01-02 2026-1-2 2026-01-02T03:04:05Z 2001-12-14t21:59:43.10-05:00 2026-01-02-rc1',
].flatMap((line) => line.split(' '));
const DATES = ['2001-12-14 21:59:43.10 -5', '2001-12-15 2:59:43.10'];

const WORDS =
  'y n yes no on off true false null none nil ~ inf infinity nan .inf .nan = << ... --- - ? : ! & * | > % @ `'
    .split(' ')
    .flatMap((word) => [
      word,
      word.toUpperCase(),
      word.charAt(0).toUpperCase() + word.slice(1),
      `-${word}`,
      `+${word}`,
    ]);

const PIECES = [
  ...' \t\n\r#:-?\'"\\%@`&*!|>{}[],~=a0<.',
  ...'\u0000\u0001\u001b\u007f\u0080\u0085\u009f\u00a0\u00ad\u200b\u202e\u2028\u2029\u3000\ufeff\ufffd\ufffe\uffff',
  ...[
    'é',
    '中',
    '😀',
    '---',
    '...',
    ' #',
    ': ',
    '\n---\n',
    '\r\n',
    '\n ',
    ' \n',
    '\n\n',
    '<<: ',
    '%YAML 1.1',
  ],
];
const AWKWARD = [
  ...combinations(PIECES, 2),
  ...PIECES.flatMap((piece) => [
    `a${piece}`,
    `${piece}a`,
    `a${piece}a`,
    `a\n${piece}`,
    `a\n${piece}\n`,
    `${piece}\na\n`,
  ]),
  ...generated(PIECES, 4000),
];

const TEXTS = [...new Set([...NUMBERS, ...MORE_NUMBERS, ...DATES, ...WORDS, ...AWKWARD])];

/** An object that kubectl takes: the texts are its keys and its values. */
const OBJECT = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'texts' },
  data: Object.fromEntries(TEXTS.map((text) => [text, text])),
  deep: {
    lists: [TEXTS.filter((_, index) => index % 7 === 0), [[AWKWARD]], [{ key: AWKWARD[5], other: 'a\nb\n' }]],
  },
};

test('there is enough to look at, and most of it is no plain text', () => {
  expect(TEXTS.length).toBeGreaterThan(28_000);
  const plain = TEXTS.filter((text) => writeYaml(text) === `${text}\n`);
  expect(plain.length).toBeGreaterThan(1000);
  expect(plain).toEqual(
    expect.arrayContaining(['a', '0.0.0', 'a:b', '中', '-a'].filter((text) => TEXTS.includes(text))),
  );
});

describe.each(readers)('$name', ({ read }) => {
  test('reads every text as that text, as a key and as a value, at every depth', () => {
    const [object] = read(writeDocuments([OBJECT])) as (typeof OBJECT)[];
    expect(differences(object?.data)).toEqual([]);
    expect(object?.deep).toEqual(OBJECT.deep);
  });

  test('reads files one after another, and from a stream', () => {
    const file = (name: string, text: string) =>
      `# Generated\n${writeDocuments([
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { last: text } },
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${name}2` }, data: { last: text } },
      ])}`;
    const texts = ['a\n', 'a\n\n', 'a', '', 'a\n---\nb', 'a\n...\n', '# a\n', ' a\n\n\n'];
    const all = texts.map((text, index) => file(`n${index}`, text)).join('');
    expect(objectsIn(read(all))).toEqual(
      texts.flatMap((text, index) => [
        [`n${index}`, text],
        [`n${index}2`, text],
      ]),
    );
    // Split where a line is a marker, and some of them read on their own.
    const parts = all
      .split(/^---$/m)
      .filter((part) => part.includes('kind'))
      .slice(0, 4);
    expect(parts.flatMap((part) => objectsIn(read(part)))).toEqual(objectsIn(read(all)).slice(0, 4));
  });
});

/** The numbers and words, and what is awkward, in the places where people put texts; the kernel takes no null characters. */
const VARIABLES = [...MORE_NUMBERS, ...DATES, ...WORDS, ...AWKWARD.slice(-300)].map((text) =>
  text.replaceAll('\0', '\x01'),
);
const CONFIGURATION = {
  ...minimal,
  annotations: Object.fromEntries(AWKWARD.slice(0, 300).map((text, index) => [`a${index}`, text])),
  writable: {
    podTemplate: {
      spec: {
        containers: [
          {
            name: 'milvus',
            env: VARIABLES.map((value, index) => ({
              name: `E${index}`,
              value,
            })),
          },
        ],
      },
    },
  },
  milvus: {
    extraConfigFiles: Object.fromEntries(AWKWARD.slice(300, 600).map((text, index) => [`f${index}`, text])),
  },
};

test.each(readers)('the manifests of a cluster are what they are to $name', ({ read }) => {
  const plain = (manifest: unknown) => {
    const { annotations, ...metadata } = (manifest as { metadata: Record<string, unknown> }).metadata;
    // kubectl adds an empty one.
    return { ...(manifest as object), metadata: { annotations: annotations ?? {}, ...metadata } };
  };
  expect(read(yamlOf(CONFIGURATION)).map(plain)).toEqual(clusterOf(CONFIGURATION).toJson().map(plain));
});

function differences(data: Readonly<Record<string, string>> = {}): string[] {
  return TEXTS.filter((text) => data[text] !== text).map((text) => JSON.stringify(text));
}

function objectsIn(documents: readonly unknown[]): [string, string][] {
  const objects = documents.filter((document) => document !== null) as {
    metadata: { name: string };
    data: { last: string };
  }[];
  return objects.map(({ metadata, data }) => [metadata.name, data.last]);
}

test('numbers, true, false, null and what is empty are themselves', () => {
  const value = {
    a: 1,
    b: -0.5,
    c: 1e21,
    d: 1e-7,
    e: true,
    f: false,
    g: null,
    h: [],
    i: {},
    j: [[], {}],
    k: '',
  };
  for (const { read, objectsOnly } of readers)
    if (!objectsOnly) expect(read(writeYaml(value))).toEqual([value]);
});

test('keys without a value are left out', () => {
  expect(writeYaml({ a: undefined, b: { c: undefined }, d: 1 })).toBe('b: {}\nd: 1\n');
});

test('ordinary texts are plain, and lines are lines', () => {
  const plain = [
    'milvusdb/milvus:1.1.1-cpu',
    '10.0.0.1',
    '4Gi',
    '100m',
    '--host=127.0.0.1',
    '-c',
    '0 3 * * *',
    '$(A) b',
  ];
  expect(writeYaml(plain)).toBe(plain.map((text) => `- ${text}\n`).join(''));
  expect(writeYaml({ a: ['x: "y"', 'echo\n\n  "b"\n', 'a\nb'] })).toBe(
    `a:\n  - 'x: "y"'\n  - |\n    echo\n\n      "b"\n  - |-\n    a\n    b\n`,
  );
});

test('comments stand before their keys, and are lines', () => {
  const comments = ([key, ...deeper]: readonly PropertyKey[]) =>
    key === 'b' ? (deeper.length === 0 ? ['', 'one', 'two\u2028three'] : ['below']) : [];
  const text = writeYaml({ a: 1, b: { c: [{ d: 1 }] } }, { comments });
  expect(text).toBe('a: 1\n\n# one\n# two\\u2028three\nb:\n  # below\n  c:\n    - # below\n      d: 1\n');
  expect(parse(text)).toEqual({ a: 1, b: { c: [{ d: 1 }] } });
});

test('texts that are asked for are in double quotes, and nothing else is read from them', () => {
  const values = ['@A@', 'x@A@', '"@A@"', "'@A@'", 'a\n@A@', 'b'];
  expect(writeYaml(values, { quote: /@A@/ })).toBe(
    String.raw`- "@A@"
- "x@A@"
- "\"@A@\""
- "'@A@'"
- "a\n@A@"
- b
`,
  );
});
