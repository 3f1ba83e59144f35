// Configurations by chance: a sample that is fine, with a few values changed for others that the schema allows, or not.
import fc from 'fast-check';
import type { MilvusConfig } from '../../lib';
import { SHAPES } from '../../lib/kubernetes/pod-shapes';
import schema from '../../milvus.schema.json';
import { samples } from './clusters';
import { isFields } from './manifests';

/** As much of JSON Schema as milvus.schema.json and the shapes of a pod have. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly $ref?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

type Path = readonly (string | number)[];
type Config = Record<string, unknown>;

/** Stands in every credential that is generated. */
export const CANARY = /canary/i;

/** Texts that a YAML reader, a shell, Kubernetes or Flux may take for something else. */
const TRICKY_TEXTS = [
  '',
  ' ',
  '~',
  'null',
  'yes',
  'Off',
  '0o17',
  '0x1F',
  '1e3',
  '1_000',
  '1:20',
  '.inf',
  '2021-06-17',
  '-',
  '- a',
  '? a',
  'a: b',
  '#a',
  'a #b',
  '*a',
  '&a',
  '!a',
  '%a',
  '@a',
  '`a',
  '<<',
  '---',
  '...',
  '[',
  '{',
  "'",
  '"',
  '\\',
  '\t',
  'a\nb',
  'a\n',
  '\n',
  'a\r\nb',
  '\u0085',
  '\u2028',
  '\ufeff',
  '\u0000',
  '\u001b',
  '\ud800',
  'ü',
  '😀',
  '$(HOME)',
  '$$',
  '${env:HOME}',
  '__proto__',
  'constructor',
  'x'.repeat(300),
  'localhost',
  '127.0.0.1',
  '0 0 31 2 *',
  '@every 1h',
  '5m',
  '3600',
  '1Gi',
  '4GB',
  '500m',
  '1e9',
  '0.5Ei',
  'mysql:8.4',
  'milvusdb/milvus:v2.3.0',
  's3.eu-central-1.amazonaws.com',
];

const AMOUNTS = ['1', '2', '250m', '0.5', '512Mi', '1Gi', '16Gi', '1.5Gi', '2G', '1e10', '100Gi', '3Ti'];
const SIZES = ['64MB', '256MB', '1GB', '4GB', '1.5GB', '2Gi', '3GB', '512MB', '8192MB'];

const trickyText = fc.oneof(fc.constantFrom(...TRICKY_TEXTS), fc.string({ unit: 'binary', maxLength: 12 }));
const junk: fc.Arbitrary<unknown> = fc.oneof(
  trickyText,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 2 }),
);

function resolve(node: Schema): Schema {
  const name = node.$ref?.replace(/^#\/\$defs\//, '');
  if (name === undefined) return node;
  const { $ref: _, ...own } = node;
  return {
    ...((SHAPES as Record<string, Schema>)[name] ?? (schema.$defs as Record<string, Schema>)[name]),
    ...own,
  };
}

/** Values that a schema allows, mostly. */
function valueFor(given: Schema, path: Path, depth: number): fc.Arbitrary<unknown> {
  const node = resolve(given);
  if (path.includes('inline') && node.type === 'string') {
    return fc.oneof(
      { weight: 4, arbitrary: fc.stringMatching(/^CANARY[A-Za-z0-9]{6}$/) },
      { weight: 1, arbitrary: trickyText.map((text) => `CANARY${text}`) },
    );
  }
  if (path.at(-1) === 'podTemplate') return podTemplates;
  if (node.const !== undefined) return fc.constant(node.const);
  if (node.enum !== undefined) return fc.constantFrom(...node.enum);
  const choices = node.anyOf ?? node.allOf;
  if (choices !== undefined) return fc.oneof(...choices.map((one) => valueFor(one, path, depth)));
  const types = [node.type ?? []].flat();
  const [type] = types;
  if (types.length > 1) return fc.oneof(...types.map((one) => valueFor({ ...node, type: one }, path, depth)));
  switch (type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return integerOf(node);
    case 'number':
      return fc.oneof(
        integerOf(node),
        fc.double({ min: node.minimum ?? 0, max: node.maximum ?? 100, noNaN: true }),
      );
    case 'string':
      return textOf(node, path);
    case 'array':
      return depth <= 0
        ? fc.constant([])
        : fc.array(valueFor(node.items ?? {}, [...path, 0], depth - 1), { maxLength: 3 });
    case 'object':
      return mappingOf(node, path, depth);
    default:
      return junk;
  }
}

function integerOf({ minimum = -10, maximum = 100_000 }: Schema): fc.Arbitrary<unknown> {
  const [min, max] = [Math.ceil(Math.max(minimum, -1e9)), Math.floor(Math.min(maximum, 1e9))];
  return fc.oneof(fc.integer({ min, max }), fc.integer({ min, max: Math.min(max, min + 10) }));
}

function textOf({ pattern, maxLength }: Schema, path: Path): fc.Arbitrary<unknown> {
  const known = knownTexts(path);
  const texts: fc.Arbitrary<string>[] = [trickyText];
  if (known.length > 0) texts.push(fc.constantFrom(...known), fc.constantFrom(...known));
  if (/size|limit|memory|storage|cpu|Amount/i.test(path.slice(-2).join())) {
    texts.push(fc.constantFrom(...AMOUNTS), fc.constantFrom(...SIZES));
  }
  const matching = matchingTexts(pattern);
  if (matching !== undefined) texts.push(...[matching, matching].map((text) => clipped(text, maxLength)));
  return fc.oneof(...texts);
}

const clipped = (texts: fc.Arbitrary<string>, maxLength = 60): fc.Arbitrary<string> =>
  texts.map((text) => text.slice(0, maxLength));

/** Undefined where the expression looks ahead, which fast-check does not know. */
function matchingTexts(pattern: string | undefined): fc.Arbitrary<string> | undefined {
  try {
    return pattern === undefined ? undefined : fc.stringMatching(new RegExp(pattern), { size: 'small' });
  } catch {
    return undefined;
  }
}

/** What the samples have at that place. */
function knownTexts(path: Path): string[] {
  const found = Object.values(samples).map((config) =>
    path.reduce<unknown>(
      (value, step) => (value as Record<string | number, unknown> | undefined)?.[step],
      config as unknown,
    ),
  );
  return [...new Set(found.filter((value): value is string => typeof value === 'string'))];
}

function mappingOf(node: Schema, path: Path, depth: number): fc.Arbitrary<unknown> {
  const { properties, additionalProperties } = node;
  if (depth <= 0) return fc.constant({});
  if (properties === undefined || Object.keys(properties).length === 0) {
    const value = typeof additionalProperties === 'object' ? additionalProperties : {};
    const key = textOf({ type: 'string', ...node.propertyNames }, [...path, '*']).map(String);
    return fc.dictionary(
      fc.oneof(key, fc.stringMatching(/^[a-z]{1,6}$/)),
      valueFor(value, [...path, '*'], depth - 1),
      { maxKeys: 3 },
    );
  }
  const keys = Object.keys(properties);
  const required = (node.required ?? []).filter((key) => properties[key] !== undefined);
  return fc
    .subarray(keys, { maxLength: Math.min(4, keys.length) })
    .chain((chosen) =>
      fc.record(
        Object.fromEntries(
          [...new Set([...required, ...chosen])].map((key) => [
            key,
            valueFor(properties[key] ?? {}, [...path, key], depth - 1),
          ]),
        ),
      ),
    );
}

/** Patches for the containers that there are, and for others, of the fields that Kubernetes has. */
const POD = '#/$defs/io.k8s.api.core.v1.';
const containerPatch = fc
  .tuple(
    fc.constantFrom('milvus', 'mishards', 'mysql', 'side'),
    valueFor({ $ref: `${POD}Container` }, ['containers'], 4),
  )
  .map(([name, fields]) => ({
    ...(isFields(fields) ? fields : {}),
    name,
    image: name === 'side' ? 'example.com/side:1' : undefined,
  }));
/** Of one kind, with what that kind has to have. */
const volume = fc
  .constantFrom(...Object.entries(resolve({ $ref: `${POD}Volume` }).properties ?? {}))
  .filter(([kind]) => kind !== 'name')
  .chain(([kind, source]) =>
    valueFor(source, ['volumes', kind], 3).map((value) => ({ name: 'own', [kind]: value })),
  );
/** What people have beside the server. */
const sidecar = fc.record(
  {
    name: fc.constant('side'),
    image: fc.constant('example.com/side:1'),
    args: fc.array(trickyText, { maxLength: 3 }),
    env: fc.array(fc.record({ name: fc.constant('TEXT'), value: trickyText }), { maxLength: 1 }),
    ports: fc.array(fc.record({ containerPort: fc.integer({ min: 1, max: 65535 }) }), { maxLength: 1 }),
    resources: valueFor({ $ref: `${POD}ResourceRequirements` }, ['resources'], 3),
    readinessProbe: valueFor({ $ref: `${POD}Probe` }, ['readinessProbe'], 3),
    securityContext: valueFor({ $ref: `${POD}SecurityContext` }, ['securityContext'], 3),
    volumeMounts: fc.constantFrom([], [{ name: 'own', mountPath: '/own' }]),
  },
  { requiredKeys: ['name', 'image'] },
);
const likely = fc.record(
  {
    metadata: fc.record({ annotations: fc.dictionary(fc.constantFrom('a', 'example.com/b'), trickyText) }),
    spec: fc.record(
      {
        containers: fc.array(sidecar, { maxLength: 1 }),
        volumes: fc.array(volume, { maxLength: 1 }),
        tolerations: valueFor({ type: 'array', items: { $ref: `${POD}Toleration` } }, ['tolerations'], 3),
        affinity: valueFor({ $ref: `${POD}Affinity` }, ['affinity'], 7),
        dnsConfig: valueFor({ $ref: `${POD}PodDNSConfig` }, ['dnsConfig'], 3),
        hostAliases: valueFor({ type: 'array', items: { $ref: `${POD}HostAlias` } }, ['hostAliases'], 3),
        securityContext: valueFor({ $ref: `${POD}PodSecurityContext` }, ['securityContext'], 3),
        topologySpreadConstraints: valueFor(
          { type: 'array', items: { $ref: `${POD}TopologySpreadConstraint` } },
          ['topologySpreadConstraints'],
          4,
        ),
        terminationGracePeriodSeconds: fc.integer({ min: 0, max: 1000 }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['spec'] },
);
const podTemplates: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: likely },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        metadata: valueFor(
          { $ref: '#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
          ['metadata'],
          2,
        ),
        spec: fc.oneof(
          valueFor({ $ref: `${POD}PodSpec` }, ['spec'], 5),
          fc.record({ containers: fc.array(containerPatch, { minLength: 1, maxLength: 2 }) }),
        ),
      },
      { requiredKeys: [] },
    ),
  },
);

/** Every place of the configuration, sections included. */
function placesOf(given: Schema, path: Path): readonly { readonly path: Path; readonly node: Schema }[] {
  const node = resolve(given);
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
    { path: [...path, key], node: child },
    ...placesOf(child, [...path, key]),
  ]);
}

const PLACES = placesOf(schema as unknown as Schema, []);
/** Single values more often than whole sections, and pods more often than chance. */
const place = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PLACES.filter(({ node }) => resolve(node).type !== 'object')) },
  { weight: 1, arbitrary: fc.constantFrom(...PLACES) },
  { weight: 2, arbitrary: fc.constantFrom(...PLACES.filter(({ path }) => path.at(-1) === 'podTemplate')) },
);

interface Change {
  readonly path: Path;
  /** Undefined takes the value away. */
  readonly value: unknown;
}

const change: fc.Arbitrary<Change> = place.chain(({ path, node }) =>
  fc.record({
    path: fc.constant(path),
    value: fc.oneof(
      { weight: 12, arbitrary: valueFor(node, path, 3) },
      { weight: 1, arbitrary: junk },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
  }),
);

function changed(config: Config, { path, value }: Change): Config {
  const [step, ...rest] = path;
  if (step === undefined) return config;
  const { [step]: before, ...others } = config;
  if (rest.length === 0) return value === undefined ? others : { ...config, [step]: value };
  return { ...config, [step]: changed(isFields(before) ? before : {}, { path: rest, value }) };
}

/** A configuration, accepted or not; JSON, as every file is. */
export const configurations: fc.Arbitrary<MilvusConfig> = fc
  .record({
    base: fc.constantFrom(...Object.values(samples)),
    changes: fc.array(change, { minLength: 1, maxLength: 3 }),
  })
  .map(
    ({ base, changes }) =>
      changes.reduce<Config>(changed, JSON.parse(JSON.stringify(base)) as Config) as unknown as MilvusConfig,
  );
