import { setValues, typedValue, type ValueKind } from '../../lib/helm/set-values';

const set = (text: string, kind: ValueKind = 'typed', values: Record<string, unknown> = {}) => {
  setValues(values, text, kind, (path) => `content of ${path}`);
  return values;
};

test.each<[text: string, expected: unknown]>([
  ['a=b', { a: 'b' }],
  ['a=b,c=d', { a: 'b', c: 'd' }],
  ['a=b,', { a: 'b' }],
  ['', {}],
  ['a=', { a: '' }],
  ['a=,b=c', { a: '', b: 'c' }],
  ['a.b.c=d', { a: { b: { c: 'd' } } }],
  ['a.b=1,a.c=2', { a: { b: 1, c: 2 } }],
  ['a=b=c', { a: 'b=c' }],
  ['a=b.c', { a: 'b.c' }],
  ['a={}', { a: [''] }],
  ['a={b}', { a: ['b'] }],
  ['a={b,1,true,null},c=d', { a: ['b', 1, true, null], c: 'd' }],
  ['a={b, c}', { a: ['b', ' c'] }],
  ['a=b{c}', { a: 'b{c}' }],
  ['a[0]=x', { a: ['x'] }],
  ['a[2]=x', { a: [null, null, 'x'] }],
  ['a[0].b=x,a[0].c=y', { a: [{ b: 'x', c: 'y' }] }],
  ['a[1].b=x', { a: [null, { b: 'x' }] }],
  ['a[0][1]=x', { a: [[null, 'x']] }],
  ['a[0]={x,y}', { a: [['x', 'y']] }],
  ['a.b[0].c=x', { a: { b: [{ c: 'x' }] } }],
  ['a[1]=x,a[0]=y', { a: ['y', 'x'] }],
  ['a\\.b=c', { 'a.b': 'c' }],
  ['a=b\\,c', { a: 'b,c' }],
  ['a=\\{b\\}', { a: '{b}' }],
  ['nodeSelector.kubernetes\\.io/role=x', { nodeSelector: { 'kubernetes.io/role': 'x' } }],
  [
    'p.annotations.helm\\.sh/resource-policy=keep',
    { p: { annotations: { 'helm.sh/resource-policy': 'keep' } } },
  ],
  ['a=ä€', { a: 'ä€' }],
  ['__proto__.x=1', JSON.parse('{"__proto__": {"x": 1}}')],
])('--set %s', (text, expected) => {
  expect(set(text)).toEqual(expected);
});

test.each<[text: string, expected: unknown]>([
  ['true', true],
  ['TRUE', true],
  ['False', false],
  ['null', null],
  ['0', 0],
  ['1', 1],
  ['-5', -5],
  ['+5', 5],
  ['007', '007'],
  ['1.5', '1.5'],
  ['1e3', '1e3'],
  ['0x1f', '0x1f'],
  ['', ''],
  ['yes', 'yes'],
  ['9007199254740993', '9007199254740993'],
])('the type of %j', (text, expected) => {
  expect(typedValue(text)).toBe(expected);
});

test.each<[what: string, text: string, message: string]>([
  ['no value', 'a', 'the key "a" has no value'],
  ['no value, others after it', 'a,b=c', 'the key "a" has no value before the ","'],
  ['an open list', 'a={b,c', 'a list has no "}"'],
  ['an open index', 'a[0=x', 'an index has no "]"'],
  ['a word as index', 'a[x]=y', 'the index "x" is not a number'],
  ['a negative index', 'a[-1]=x', 'the index -1 is negative'],
  ['a huge index', 'a[65537]=x', 'the index 65537 is greater than 65536'],
  ['text after an index', 'a[0]b=x', 'there is "b" after the "]" of an index'],
  ['an index without a value', 'a[0]', 'the item with the index 0 has no value'],
  ['a mapping without a value', 'a.=b', 'the key "a" has no value'],
  ['too deep', `${'a.'.repeat(31)}b=c`, 'keys are nested more than 30 levels deep'],
  ['a text as a mapping', 'a=b,a.c=d', '"a" is not a mapping'],
  ['a text as a list', 'a=b,a[0]=d', '"a" is not a list'],
])('refused: %s', (_, text, message) => {
  expect(() => set(text)).toThrow(message);
});

test('the deepest that Helm takes is taken', () => {
  expect(() => set(`${'a.'.repeat(30)}b=c`)).not.toThrow();
});

test('later ones are merged into what is there, and win', () => {
  const values = { a: { b: 1, c: [1, 2] }, d: 'x' };
  expect(set('a.b=2,a.c[1]=3,d.e=f', 'typed', { ...values, d: {} })).toEqual({
    a: { b: 2, c: [1, 3] },
    d: { e: 'f' },
  });
});

test('--set-string takes everything for text', () => {
  expect(set('a=1,b=true,c={2,null},d=null', 'string')).toEqual({
    a: '1',
    b: 'true',
    c: ['2', 'null'],
    d: 'null',
  });
});

test('--set-file reads files', () => {
  expect(set('a=x.conf,b.c=dir/y.conf', 'file')).toEqual({
    a: 'content of x.conf',
    b: { c: 'content of dir/y.conf' },
  });
});

test('--set-literal takes the rest as it is', () => {
  expect(set('a.b=x,y=\\z{', 'literal')).toEqual({ a: { b: 'x,y=\\z{' } });
});

test.each<[text: string, expected: unknown]>([
  ['a={"b": [1, "x,y"]},c=2', { a: { b: [1, 'x,y'] }, c: 2 }],
  ['a=', { a: null }],
  ['a[0]="x"', { a: ['x'] }],
])('--set-json %s', (text, expected) => {
  expect(set(text, 'json')).toEqual(expected);
});

test('--set-json refuses what is no JSON', () => {
  expect(() => set('a=x', 'json')).toThrow('a value is not JSON');
});
