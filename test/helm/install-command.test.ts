import { ConfigurationError } from '../../lib';
import { parseInstallCommand } from '../../lib/helm/install-command';

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'a.yaml': 'x: {a: 1, b: 2}\nlist: [1, 2]\nflag: yes\nmode: 0755\n',
  'b.yaml': 'x: {b: 3, c: null}\nlist: [3]\n',
  'two.yaml': 'first: 1\n---\nsecond: 2\n',
  'list.yaml': '- 1\n',
  'got.yaml': 'USER-SUPPLIED VALUES:\nx:\n  a: 1\n',
  'got-none.yaml': 'USER-SUPPLIED VALUES:\nnull\n',
  'all.yaml': 'COMPUTED VALUES:\nx: 1\n',
  'broken.yaml': 'secret: "CANARY\n',
  'empty.yaml': '',
  'latin1.yaml': Buffer.from('a: "M\u00fcller"\n', 'latin1'),
  'faults.yaml': 'USER-SUPPLIED VALUES:\ncluster: &c { a: 1 }\nstorage: { <<: [*c, 3] }\nimage: *nope\n',
};
const readFile = (path: string): string | Uint8Array => {
  const content = FILES[path];
  if (content !== undefined) return content;
  throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' });
};
const parse = (line: string) => parseInstallCommand(line.split(' '), readFile);
const message = (args: readonly string[]): string => {
  try {
    parseInstallCommand(args, readFile);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return '';
};

test.each([
  'r milvus/milvus --version 1.1.6 -n ns --set a=1',
  'helm install r milvus/milvus --version=1.1.6 --namespace=ns --set=a=1',
  'helm upgrade --install r milvus/milvus --version 1.1.6 -nns --set a=1',
  'upgrade -i --set a=1 r --version 1.1.6 milvus/milvus -n=ns',
  'template --set a=1 r milvus/milvus --version 1.1.6 --namespace ns',
])('%s', (line) => {
  expect(parse(line)).toMatchObject({
    release: 'r',
    chart: 'milvus/milvus',
    chartVersion: '1.1.6',
    namespace: 'ns',
    values: { a: 1 },
    warnings: [],
  });
});

test('a release may be called install', () => {
  expect(parse('install milvus/milvus')).toMatchObject({ release: 'install', chart: 'milvus/milvus' });
});

test("values in Helm's order, whatever theirs on the command line", () => {
  const { values } = parse(
    'r milvus/milvus --set-file k=a.yaml --set-string k=string,s=1 --set k=set,x.a=9 -f a.yaml,b.yaml --values empty.yaml --set-json k=1,j=[1]',
  );
  expect(values).toEqual({
    x: { a: 9, b: 3, c: null },
    list: [3],
    flag: true,
    mode: 493,
    j: [1],
    s: '1',
    k: FILES['a.yaml'],
  });
});

test('of several flags of a kind the later ones win', () => {
  expect(parse('r milvus/milvus --set a=1 --set a=2 --set b.c=1 --set b.d=2').values).toEqual({
    a: 2,
    b: { c: 1, d: 2 },
  });
});

test('of several documents Helm takes the first', () => {
  expect(parse('r milvus/milvus -f two.yaml').values).toEqual({ first: 1 });
});

test('what helm get values prints can be given as it is', () => {
  expect(parse('r milvus/milvus -f got.yaml').values).toEqual({ x: { a: 1 } });
  expect(parse('r milvus/milvus -f got-none.yaml').values).toEqual({});
});

test('flags that say nothing about the cluster are ignored, with their values', () => {
  const { ignoredFlags, values } = parse(
    'r milvus/milvus --wait --timeout 5m --create-namespace --kube-context c --dry-run=client --atomic -o json --debug',
  );
  expect(ignoredFlags).toEqual([
    '--wait',
    '--timeout',
    '--create-namespace',
    '--kube-context',
    '--dry-run',
    '--atomic',
    '--output',
    '--debug',
  ]);
  expect(values).toEqual({});
});

test.each<[chart: string, version: string | undefined]>([
  ['milvus/milvus', undefined],
  ['./charts/milvus', undefined],
  ['./milvus-1.1.6.tgz', '1.1.6'],
  ['https://milvus-io.github.io/milvus-helm/milvus-1.1.6.tgz', '1.1.6'],
  ['oci://registry.example.com/charts/milvus', undefined],
])('the chart %s', (chart, version) => {
  expect(parse(`r ${chart}`)).toMatchObject({ chart, chartVersion: version });
});

test.each<[line: string, warning: string]>([
  ['r milvus/milvus', 'no --version was given'],
  ['r milvus/milvus --version 1.1.4', 'the values of chart 1.1.4 are read as those of 1.1.6'],
  ['r milvus/milvus --version 1.1.6 --reuse-values', 'helm get values'],
])('warns: %s', (line, warning) => {
  expect(parse(line).warnings).toEqual([expect.stringContaining(warning)]);
});

test.each<[args: readonly string[], ...words: string[]]>([
  [[], 'given no names; expected the name of the release and the chart'],
  [['r'], 'given only r; expected the name of the release and the chart'],
  [['r', 'milvus/milvus', 'z'], '1 more than the release and the chart: z'],
  [['R', 'milvus/milvus'], 'release: given "R"'],
  [['x'.repeat(54), 'milvus/milvus'], 'at most 53'],
  [['r', 'bitnami/mysql'], 'chart: given "bitnami/mysql"; expected the chart milvus'],
  [['r', 'milvus/milvus', '--version', '2.0.0'], '--version: given "2.0.0"; expected 1.1.6'],
  [['r', 'milvus-3.0.1.tgz'], '--version: given "3.0.1"'],
  [['r', 'milvus/milvus', '-n', 'A_b'], '--namespace: given "A_b"'],
  [['r', 'milvus/milvus', '--sett', 'a=b'], 'did you mean --set?'],
  [['r', 'milvus/milvus', '--set'], '--set: given nothing; expected a value'],
  [['milvus/milvus', '--generate-name'], '--generate-name: expected a name for the release'],
  [['r', 'milvus/milvus', '--set', 'a={CANARY'], '--set: given a list has no "}"'],
  [
    ['r', 'milvus/milvus', '-f', 'none.yaml'],
    '--values: given none.yaml, which is not there; expected a YAML file with values',
  ],
  [
    ['r', 'milvus/milvus', '-f', 'list.yaml'],
    'list.yaml:1:1: --values: given no mapping; expected a mapping with values',
  ],
  [['r', 'milvus/milvus', '-f', 'all.yaml'], 'all.yaml, which also has the defaults of the chart'],
  [['r', 'milvus/milvus', '-f', 'broken.yaml'], 'broken.yaml:2:1: --values: expected valid YAML'],
  [['r', 'milvus/milvus', '-f', 'latin1.yaml'], 'latin1.yaml:1:6: --values: given bytes that are not UTF-8'],
  [
    ['r', 'milvus/milvus', '--set-file', 'a=latin1.yaml'],
    'latin1.yaml:1:6: --set-file: given bytes that are not UTF-8',
  ],
  [
    ['r', 'milvus/milvus', '-f', 'faults.yaml'],
    'faults.yaml:3:12: --values: given a merge key (<<) with something that is no mapping',
    'faults.yaml:4:8: --values: given an alias (*name) without an anchor (&name) above it',
  ],
  [['r', 'milvus/milvus', '-f', '-'], 'which is no file here'],
  [['r', 'milvus/milvus', '-f', 'https://example.com/values.yaml'], 'which is no file here'],
  [['r', 'milvus/milvus', '--set-file', 'a=none'], '--set-file: given none, which is not there'],
])('refused: %j', (args, ...words) => {
  const found = message(args);
  for (const word of words) expect(found).toContain(word);
  expect(found).not.toContain('CANARY');
});

test('everything that is wrong is in one report', () => {
  const found = message(['R', 'mysql', '--version', '9', '--set', 'a', '-f', 'none.yaml', '--nope']);
  expect(found.match(/^ {2}- /gm)).toHaveLength(6);
});
