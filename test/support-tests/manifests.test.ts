import { containers, duplicates, find, parse, podTemplates, selects } from '../support/manifests';
import { canonicalQuantity, nanosOf } from '../support/quantity';
import { sample } from './sample';

const object = (rest: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n${rest}`;

test('reads every document and skips empty ones', () => {
  expect(parse(`${object('')}---\n---\n${object('data: {key: "yes"}')}`).map((one) => one['data'])).toEqual([
    undefined,
    { key: 'yes' },
  ]);
});

test.each([
  ['a YAML error', 'a: [', /invalid YAML/],
  ['a duplicate key', object('data: {a: b, a: c}'), /invalid YAML: Map keys must be unique/],
  ['a YAML 1.1 boolean', object('data: {key: yes}'), /YAML 1.1 and 1.2/],
  ['an octal number', object('data: {key: 0o17}'), /YAML 1.1 and 1.2/],
  ['a date', object('data: {key: 2024-01-01}'), /YAML 1.1 and 1.2/],
  ['no name', 'apiVersion: v1\nkind: ConfigMap\n', /document 1: apiVersion, kind and metadata.name/],
])('refuses %s', (_what, text, message) => {
  expect(() => parse(text)).toThrow(message);
});

test('finds one object, or says what there is', () => {
  expect(find(sample, 'Deployment', 'app').kind).toBe('Deployment');
  expect(() => find(sample.slice(0, 2), 'Deployment', 'app')).toThrow(
    'expected one Deployment/app, found 0; there are: ConfigMap/app, Service/app',
  );
});

test('sees the pods and containers of every workload', () => {
  const pods = podTemplates(sample);
  expect(pods.map(({ owner }) => owner.kind)).toEqual(['Deployment', 'StatefulSet', 'CronJob']);
  expect(pods.map(({ spec }) => containers(spec).map(({ name }) => name))).toEqual([
    ['prepare', 'app'],
    ['mysql'],
    ['backup'],
  ]);
});

test('matches label selectors', () => {
  const one = (operator: string, ...values: string[]) => ({
    matchExpressions: [{ key: 'a', operator, values }],
  });
  const match = [{ matchLabels: { a: '1' } }, one('In', '1'), one('NotIn', '2'), one('Exists'), {}];
  const miss = [{ matchLabels: { b: '1' } }, one('In', '2'), one('NotIn', '1'), one('DoesNotExist')];
  expect(match.map((selector) => selects(selector, { a: '1' }))).toEqual(match.map(() => true));
  expect(miss.map((selector) => selects(selector, { a: '1' }))).toEqual(miss.map(() => false));
  expect(duplicates(['a', 'b', 'a', 'a'])).toEqual(['a']);
});

test.each([
  ['0.5', '500m'],
  ['1000m', '1'],
  ['1.5Gi', '1536Mi'],
  ['1024Mi', '1Gi'],
  ['0.5Ki', '512'],
  ['2000M', '2G'],
  ['1500M', '1500M'],
  ['1e3', '1e3'],
  ['1000e3', '1e6'],
  ['0Gi', '0'],
  ['100n', '100n'],
  ['4Gi', '4Gi'],
  ['4GB', undefined],
  ['', undefined],
])('the API server writes the quantity %j as %j', (value, canonical) => {
  expect(canonicalQuantity(value)).toBe(canonical);
});

test('compares quantities over units', () => {
  expect(nanosOf('1Ki')).toBe(nanosOf('1024'));
  expect(nanosOf('1500m')).toBe(nanosOf('1.5'));
});
