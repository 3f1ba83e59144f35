import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigurationError, loadClusters } from '../../lib';
import { CANARY, configurations } from '../support/arbitrary';
import { samples } from '../support/clusters';
import { seeded } from '../support/fuzz';

/** Whatever bytes a file has, it is a configuration or there is a report of what is wrong with it. */
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'files-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function load(files: Readonly<Record<string, string | Uint8Array>>): ConfigurationError | undefined {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  try {
    loadClusters({ config: 'milvus.yaml', cwd: directory, env: { TEXT: 'CANARY', PORT: '80' } });
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error;
  }
}

/** What a report has to have: places that are in the file, and no credential. */
function expectReport(error: ConfigurationError | undefined, files: Readonly<Record<string, string>>): void {
  if (error === undefined) return;
  expect(error.message).not.toMatch(CANARY);
  for (const { at, path, expected } of error.reports.flatMap(({ problems }) => problems)) {
    expect(expected).not.toBe('');
    expect(at ?? path).not.toBe('');
    if (at === undefined) continue;
    const lines = (files[at.file] ?? '').split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(at.line);
    expect(at.column).toBeGreaterThan(0);
    expect((lines[at.line - 1] ?? '').length + 1).toBeGreaterThanOrEqual(at.column);
  }
}

const FRAGMENTS = [
  '&a ',
  '*a',
  '*nope',
  '<<: *a',
  '<<: [*a, 3]',
  '!!binary ',
  '!!int ',
  '!custom ',
  '!<',
  '%YAML 1.1\n',
  '%TAG ! a\n',
  '---\n',
  '...\n',
  '? ',
  '- ',
  ': ',
  ' #',
  '|\n',
  '>-\n',
  '\t',
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  ',',
  '\\',
  '\ufeff',
  '\u2028',
  '\u0085',
  '\u0000',
  '\r',
  '\r\n',
  '\n',
  ' ',
  '${env:',
  '${env:TEXT}',
  '${env:PORT}',
  '${env:NONE}',
  '${env:NONE:-x}',
  '__proto__: 1\n',
  'extends: milvus.yaml\n',
  'extends: base.yaml\n',
  'extends: .\n',
  'extends: [1]\n',
  '~',
  '0o17',
  '1e999',
  '123456789012345678901234567890',
  '!!float .nan',
  '2021-06-17',
  'name: again\n',
  's3: null\n',
] as const;

const cut = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat({ max: 12 }),
  text: fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ unit: 'binary', maxLength: 4 })),
});
const bases = fc.oneof(
  fc.constantFrom(...Object.values(samples).map((config) => stringify(JSON.parse(JSON.stringify(config))))),
  configurations.map((config) => stringify(config)),
);
const mutated = fc
  .record({ base: bases, cuts: fc.array(cut, { minLength: 1, maxLength: 5 }) })
  .map(({ base, cuts }) =>
    cuts.reduce((text, { at, length, text: put }) => {
      const start = Math.floor(at * text.length);
      return text.slice(0, start) + put + text.slice(start + length);
    }, base),
  );
/** As a file has it: what is no character of Unicode becomes one. */
const written = (text: string): string => Buffer.from(text).toString();

test('a configuration with pieces of YAML in the wrong places', () => {
  fc.assert(
    fc.property(mutated, (text) => {
      expectReport(load({ 'milvus.yaml': text }), { 'milvus.yaml': written(text) });
    }),
    seeded(120),
  );
});

test('a base with pieces of YAML in the wrong places', () => {
  const own = 'extends: base.yaml\nname: over\nreadonly: { replicas: 2 }\n';
  fc.assert(
    fc.property(mutated, (text) => {
      const files = { 'milvus.yaml': own, 'base.yaml': text };
      expectReport(load(files), { 'milvus.yaml': own, 'base.yaml': written(text) });
    }),
    seeded(50),
  );
});

test('pieces of YAML in any order', () => {
  const text = fc.array(
    fc.oneof(fc.constantFrom(...FRAGMENTS), fc.constantFrom('name', 's3', 'a', ': b\n')),
    {
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(text, (pieces) => {
      const content = pieces.join('');
      expectReport(load({ 'milvus.yaml': content }), { 'milvus.yaml': written(content) });
    }),
    seeded(200),
  );
});

test('any bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.tuple(bases, fc.uint8Array({ minLength: 1, maxLength: 3 }), fc.nat()).map(([text, put, at]) => {
      const whole = Buffer.from(text);
      const start = at % whole.length;
      return Buffer.concat([whole.subarray(0, start), put, whole.subarray(start + 1)]);
    }),
  );
  fc.assert(
    fc.property(bytes, (content) => {
      const error = load({ 'milvus.yaml': content });
      for (const { at } of error?.reports.flatMap(({ problems }) => problems) ?? []) {
        expect(at?.file).toBe('milvus.yaml');
      }
    }),
    seeded(100),
  );
});
