import { isDeepStrictEqual } from 'node:util';
import { check } from '../config';
import { configurationKeys, type JsonSchema } from '../config/keys';
import type { MilvusConfig } from '../config/milvus-config';
import { type Problem, parsePath } from '../config/problems';
import { validate } from '../config/validate';
import { isMapping, valueAt } from '../mapping';
import { type Changes, changesBetween, type Manifest } from '../output/changes';
import { objectsIn } from '../output/cluster-files';

/** A changed value, tried out. */
export interface Trial {
  readonly before: unknown;
  readonly after: unknown;
  /** What had to be given besides, so that anything reads it: `backup.enabled: true`. */
  readonly beside: readonly string[];
  readonly changes: Changes;
  /** What is wrong with it beside the rest of the configuration, where no other value is taken. */
  readonly refused?: Problem;
}

type Config = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

/**
 * Tries another value of a key: what changes is what the two sets of manifests say.
 * @returns undefined where there is no other value
 */
export function tryAnother(
  config: MilvusConfig,
  key: string,
  schema: JsonSchema,
  current: unknown,
): Trial | undefined {
  const path = parsePath(key) as Path;
  let idle: Trial | undefined;
  let refusal: Trial | undefined;
  for (const [base, beside] of bases(config, path)) {
    const before = objectsOf(base);
    if (before === undefined) continue;
    const held = valueAt(base, path) ?? valueAt(validate(base).config, path) ?? current;
    for (const after of others(schema, held).filter((one) => !isDeepStrictEqual(one, held))) {
      const { settings, problems = [] } = check(withValue(base, path, after));
      if (settings === undefined) {
        // Of one that is of another kind alone there is nothing to say.
        const [refused] = problems.filter((problem) => problem.path !== key || beside.length === 0);
        refusal ??= refused && { before: held, after, beside, changes: NO_CHANGES, refused };
        continue;
      }
      const trial = { before: held, after, beside, changes: changesBetween(before, objectsIn(settings)) };
      if (trial.changes.objects.length > 0) return trial;
      idle ??= trial;
    }
  }
  return idle ?? refusal;
}

/** The configuration as it is, and if that tells nothing, with what a key needs. */
function* bases(config: MilvusConfig, path: Path): Generator<readonly [Config, readonly string[]]> {
  const given = config as unknown as Config;
  yield [given, []];
  yield inUse(given, path);
}

const NO_CHANGES: Changes = { objects: [], restarts: [], refusals: [] };

/** Whoever explains many keys starts from the same configuration each time. */
const made = new WeakMap<Config, readonly Manifest[]>();

function objectsOf(config: Config): readonly Manifest[] | undefined {
  const known = made.get(config);
  if (known !== undefined) return known;
  const { settings } = check(config);
  const objects = settings && objectsIn(settings);
  if (objects !== undefined) made.set(config, objects);
  return objects;
}

function withValue(config: Config, [step, ...rest]: Path, value: unknown): Config {
  if (step === undefined) return config;
  const { [step]: held, ...others } = config;
  const inner = isMapping(held) ? held : {};
  return { ...others, [step]: rest.length === 0 ? value : withValue(inner, rest, value) };
}

// --- what has to be there, so that it is read ---------------------------------------------------------------------

const REMOTE = { key: 'milvus', property: 'value' };
const STORE = { secretStoreRef: { name: 'store' } };
/** Values that come with a key, by its path; `<section>` is what it stands in. */
const COMPANY: readonly (readonly [path: RegExp, needed: Readonly<Record<string, unknown>>])[] = [
  [/^(images\.)?minio/, { 's3.embedded': true, 's3.address': undefined, 's3.port': undefined }],
  [
    /^externalMysql\.|^networkPolicy\.mysql\./,
    { mysql: undefined, 'externalMysql.host': 'mysql.example.com' },
  ],
  [/^mishards\.staticHosts/, { 'mishards.discovery': 'static' }],
  [/^storage\.persistence\./, { s3: undefined }],
  [/^milvus\.logs\.persistence\./, { 'milvus.logs.toFile': true }],
  [/^(monitoring\.|networkPolicy\.prometheus|images\.pushgateway)/, { 'milvus.metrics.enabled': true }],
  [
    /^(monitoring\.(prometheusRule|dashboard)|networkPolicy\.prometheus)/,
    { 'monitoring.podMonitor.enabled': true },
  ],
  [/^images\.milvusGpu/, { 'milvus.gpu.enabled': true }],
  [/^images\.mysqldExporter/, { 'mysql.exporter.enabled': true }],
  [/^images\.admin/, { 'admin.enabled': true }],
  [
    /^(s3\.tls\.|images\.haproxy)/,
    { 's3.address': 's3.example.com', 's3.port': undefined, 's3.tls.enabled': true },
  ],
  [/^s3\.tls\.serverName/, { 's3.address': '10.1.2.3', 's3.tls.serverName': 's3.example.com' }],
  [/\.(loadBalancerIP|loadBalancerSourceRanges)/, { '<section>.type': 'LoadBalancer' }],
  [/\.nodePort/, { '<section>.type': 'NodePort' }],
  [/^networkPolicy\.apiServer\./, { 'mishards.discovery': 'kubernetes' }],
  [/^smokeTest\./, { 'smokeTest.schedule': '17 * * * *' }],
  [
    /^backup\.s3\.(address|port|tls|credentials)/,
    {
      'backup.s3.address': 'backup.example.com',
      'backup.s3.bucket': 'backups',
      'backup.s3.credentials.existingSecret': 'backup-s3',
    },
  ],
  [
    /^backup\.s3\.tls\.serverName/,
    { 'backup.s3.address': '10.1.2.3', 'backup.s3.tls.serverName': 's3.example.com' },
  ],
  [/s3\.credentials\.inline/, { '<section>': { accessKey: 'access', secretKey: 'secret' } }],
  [/^mysql\.credentials\.inline/, { '<section>': { rootPassword: 'root', password: 'user' } }],
  [/^externalMysql\.credentials\.inline/, { '<section>': { password: 'user' } }],
  [/s3\.credentials\.externalSecret/, { '<external>': { accessKey: REMOTE, secretKey: REMOTE } }],
  [/^mysql\.credentials\.externalSecret/, { '<external>': { rootPassword: REMOTE, password: REMOTE } }],
  [/^externalMysql\.credentials\.externalSecret/, { '<external>': { password: REMOTE } }],
];

/** The configuration with the part switched on that a key belongs to, and what was switched. */
function inUse(config: Config, path: Path): readonly [Config, readonly string[]] {
  const key = path.join('.');
  const beside: string[] = [];
  let result = config;
  const put = (name: string, value: unknown) => {
    if (valueAt(result, name.split('.')) === value) return;
    result = withValue(result, name.split('.'), value);
    beside.push(
      value === undefined ? `no ${name}` : `${name}: ${isMapping(value) ? '{...}' : String(value)}`,
    );
  };
  const section = key.slice(0, key.lastIndexOf('.'));
  const [credentials] = /^.*\.credentials(?=\.(inline|externalSecret)\.)/.exec(key) ?? [];
  for (const [pattern, needed] of COMPANY) {
    if (!pattern.test(key)) continue;
    for (const [name, value] of Object.entries(needed)) {
      if (name === '<external>') put(`${credentials}.externalSecret`, { ...STORE, remoteRefs: value });
      else put(name.replace('<section>', section), value);
    }
  }
  if (credentials !== undefined) put(`${credentials}.existingSecret`, undefined);
  for (let length = 1; length < path.length; length += 1) {
    const section = path.slice(0, length);
    const off = valueAt(validate(result).config, [...section, 'enabled']) !== true;
    const name = [...section, 'enabled'].join('.');
    if (off && name !== key && configurationKeys().some((known) => known.path === name)) put(name, true);
  }
  return [result, beside];
}

// --- other values ---------------------------------------------------------------------------------------------------

/** Texts, of which one or the other is taken where a text is. */
const TEXTS = [
  'other',
  'other.example.com',
  '10.1.2.3',
  '/var/lib/milvus/other',
  'registry.example.com/other:1',
  'UTC+1',
  '23 4 * * *',
  '30m',
  '8Gi',
  '2GB',
  '25%',
  'https://other.example.com',
  'gpu1',
  '10.0.0.0/8',
  '--collect.info_schema.tables',
  'example.com/gpu',
  'mysql:5.7.40',
  '4',
];
const RECORDS: readonly unknown[] = [
  { other: 'other' },
  { 'example.com/other': 'other' },
  { 'other.cnf': '[mysqld]\n' },
  { 'other.sql': 'SELECT 1;\n' },
  { db_config: { archive_days_threshold: 1 } },
  { metadata: { annotations: { 'example.com/other': 'other' } } },
];

/** Values that are not the one that is held; which of them are taken, the configuration says. */
function others(schema: JsonSchema, held: unknown): readonly unknown[] {
  const { anyOf, type, enum: words, const: only, items } = schema;
  if (anyOf !== undefined) return (anyOf as JsonSchema[]).flatMap((one) => others(one, held));
  if (words !== undefined) return words.filter((word) => word !== held);
  if (only !== undefined) return [];
  const kinds = type === undefined ? ['string', 'integer', 'array'] : [type].flat();
  return kinds.flatMap((kind: string): readonly unknown[] => {
    if (kind === 'boolean') return held === undefined ? [true, false] : [held !== true];
    if (kind === 'integer' || kind === 'number') return numbers(schema, held);
    if (kind === 'array') {
      const list = Array.isArray(held) ? (held as unknown[]) : [];
      const inner = isMapping(items) ? others(items as JsonSchema, undefined) : [];
      const peers = [
        { namespaceSelector: { matchLabels: { other: 'other' } } },
        { cidr: '10.1.0.0/16' },
        4443,
      ];
      return [...inner, ...peers, ...RECORDS].flatMap((item) => [[item], [...list, item]]).concat([[]]);
    }
    if (kind === 'object') return RECORDS;
    return [...amounts(held), ...TEXTS].filter((text) => text !== held);
  });
}

function numbers({ minimum, maximum }: JsonSchema, held: unknown): number[] {
  const number = typeof held === 'number' ? held : undefined;
  const near =
    number === undefined
      ? [1, 0.5, 100, 2000, 8080, 30080]
      : [number * 2, number + 1, number - 1, number / 2];
  return [...near, minimum, maximum].filter((one): one is number => one !== undefined && one !== held);
}

/** Twice and half of an amount with a unit. */
function amounts(held: unknown): string[] {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(String(held ?? '')) ?? [];
  if (digits === undefined) return [];
  return [2, 0.5, 4].map((factor) => `${Number(digits) * factor}${unit}`);
}
