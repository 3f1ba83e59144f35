import { check } from '../config';
import { readerDrainSeconds } from '../config/draining';
import { endpointIn } from '../config/endpoint';
import type { MilvusConfig } from '../config/milvus-config';
import { inPodTemplate, type PodOption } from '../config/moved';
import { ConfigurationError, didYouMean, formatPath, type Problem, suggest } from '../config/problems';
import { clusterSchema, LONGEST_NAME } from '../config/schema';
import { Names } from '../kubernetes/names';
import { nonEmpty, nonEmptyList } from '../kubernetes/pod';
import { isMapping } from '../mapping';
import { adopted, adoptedDevices, CHART_MYSQL, CHART_PATH } from './adopted';
import { chartNames, type ReleaseNames } from './names';
import { bool, filled, integer, names, type Reader, storageClass, text, textList, texts } from './readers';
import { type Note, type SecretEntry, type SecretToMake, Translation } from './translation';
import { CHART_VALUES } from './values';

/** Which release the values are of. */
export interface ReleaseOptions {
  /** Name of the release: names and selectors follow from it. */
  readonly release: string;
  /** Namespace of the release. @default - none: kubectl -n or kustomize decide */
  readonly namespace?: string;
  /**
   * The release is running and is to be taken over: what its data depends on (paths, claims, versions, names of Secrets)
   * is taken from the chart where the values leave it open.
   * @default false
   */
  readonly adopt?: boolean;
}

/** A configuration made from values of the chart, and what to know about it. */
export interface HelmTranslation {
  readonly config: MilvusConfig;
  /** What was changed, replaced or dropped on the way. */
  readonly notes: readonly Note[];
  /** The Secrets that the configuration names; with the values that were given, so mind where they go. */
  readonly secrets: readonly SecretToMake[];
}

/** What a problem of the values is a problem of. */
export const VALUES = 'values of chart 1.1.6';

/**
 * The configuration of a cluster from the values of Helm chart milvus 1.1.6 (and of its subchart, under `mysql`): every
 * value that was given is honoured, what was not given takes our default. Credentials do not come along; they belong in
 * the Secrets that translateHelmValues() names.
 * @param values the user's values, without the chart's defaults
 * @throws ConfigurationError with every value that is unknown, malformed or can not be honoured
 */
export function fromHelmValues(
  values: Readonly<Record<string, unknown>>,
  options: ReleaseOptions,
): MilvusConfig {
  return translateHelmValues(values, options).config;
}

/**
 * The same, with what was changed on the way and the Secrets that are needed.
 * @throws ConfigurationError with every value that is unknown, malformed or can not be honoured
 */
export function translateHelmValues(
  values: Readonly<Record<string, unknown>>,
  { release, namespace, adopt = false }: ReleaseOptions,
): HelmTranslation {
  const translation = new Translation(values, release, namespace, adopt);
  translation.problems.push(...unknownValues(values));
  const names = identity(translation);
  for (const { apply } of CHART_VALUES) apply?.(translation);
  for (const step of STEPS) step(translation, names);

  if (translation.problems.length > 0) {
    throw new ConfigurationError([{ source: VALUES, problems: translation.problems }]);
  }
  const config = inOrder(translation.config);
  const { problems } = check(config);
  if (problems !== undefined) {
    throw new ConfigurationError([{ source: `${VALUES}, as a configuration`, problems }]);
  }
  return {
    config: config as unknown as MilvusConfig,
    notes: translation.notes,
    secrets: translation.secrets,
  };
}

// Unknown values ---------------------------------------------------------------------------------------------------------

const KNOWN = CHART_VALUES.map(({ path }) => path);

function unknownValues(values: Readonly<Record<string, unknown>>): Problem[] {
  const walk = (tree: Readonly<Record<string, unknown>>, parents: readonly string[]): Problem[] =>
    Object.entries(tree).flatMap(([key, value]) => {
      const path = [...parents, key].join('.');
      if (KNOWN.includes(path)) return [];
      const inside = KNOWN.some((known) => known.startsWith(`${path}.`));
      // `mysql:` without anything, and `--set mysql=null`, say nothing.
      if (inside && (value === null || value === undefined)) return [];
      if (inside && isMapping(value)) return walk(value, [...parents, key]);
      return [inside ? notAMapping(path) : unknownValue(parents, key)];
    });
  return walk(values, []);
}

function notAMapping(path: string): Problem {
  return { path, given: 'a value', expected: `a mapping with ${knownBelow(`${path}.`).join(', ')}` };
}

function knownBelow(prefix: string): string[] {
  return KNOWN.filter((known) => known.startsWith(prefix)).map((known) => known.slice(prefix.length));
}

function unknownValue(parents: readonly string[], key: string): Problem {
  const prefix = parents.length === 0 ? '' : `${parents.join('.')}.`;
  const siblings = [...new Set(knownBelow(prefix).map((known) => known.replace(/\..*/, '')))];
  const meant = suggest(key, siblings) ?? KNOWN.find((known) => known.split('.').at(-1) === key);
  return {
    path: formatPath([...parents, key]),
    given: 'a value that chart 1.1.6 does not have',
    expected: `a value of the chart${didYouMean(meant)}`,
    fix: meant === undefined ? `It has here: ${siblings.join(', ')}.` : undefined,
  };
}

// Names ------------------------------------------------------------------------------------------------------------------

function identity(translation: Translation): ReleaseNames {
  const given = (path: string) => translation.given(path, filled);
  const { release, namespace } = translation;
  const chart = chartNames(release, {
    nameOverride: given('nameOverride'),
    fullnameOverride: given('fullnameOverride'),
    mysqlNameOverride: given('mysql.nameOverride'),
    mysqlFullnameOverride: given('mysql.fullnameOverride'),
  });
  const name = chart.fullname;
  translation.set('name', name);
  translation.set('namespace', namespace);
  if (!translation.cluster) translation.set('mode', 'standalone');
  if (release !== name) translation.set('instance', release);
  if (chart.appName !== 'milvus') translation.set('appName', chart.appName);
  if (!/^[a-z]/.test(name) || name.length > LONGEST_NAME) {
    translation.problem(
      'fullnameOverride',
      `${JSON.stringify(name)} as the name of everything`,
      `a name of at most ${LONGEST_NAME} characters that begins with a letter`,
      translation.adopt
        ? 'A running release can not be renamed. Make a new cluster (without --adopt), and insert its data there.'
        : 'Set fullnameOverride to such a name.',
    );
  }

  const ours = new Names(name);
  const taken: readonly string[] = Object.values(ours).filter((object) => object !== ours.mysql);
  if (!taken.includes(chart.mysql) && MYSQL_NAME.test(chart.mysql)) {
    if (translation.deploysMysql && chart.mysql !== ours.mysql) translation.set('mysql.name', chart.mysql);
    return { name, mysql: chart.mysql };
  }
  if (translation.deploysMysql && translation.adopt) {
    translation.problem(
      'mysql.fullnameOverride',
      `${JSON.stringify(chart.mysql)} as the name of MySQL`,
      'a name that no other object of the release has, and that is valid for a StatefulSet',
      'A release with such names can not be taken over in place. Make a new cluster (without --adopt), and insert its data there.',
    );
  } else if (translation.deploysMysql) {
    translation.note(
      'mysql.fullnameOverride',
      'changed',
      taken.includes(chart.mysql)
        ? `both charts would name an object ${chart.mysql}; MySQL is named ${ours.mysql}`
        : `${chart.mysql} is too long for a StatefulSet, or not a valid name; MySQL is named ${ours.mysql}`,
    );
  }
  return { name, mysql: ours.mysql };
}

/** As mysql.name takes it. */
const MYSQL_NAME = /^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$/;

// What takes several values ----------------------------------------------------------------------------------------------

type Step = (translation: Translation, names: ReleaseNames) => void;

const STEPS: readonly Step[] = [
  s3Storage,
  dataVolume,
  logVolume,
  logFiles,
  readerGracePeriod,
  writeAheadLog,
  adoptedDevices,
  images,
  pullSecrets,
  discovery,
  tracing,
  serviceAccounts,
  metadata,
  mysqlUser,
  mysqlFiles,
  mysqlPods,
  adopted,
];

const S3_VALUES = ['address', 'port', 'access_key', 'secret_key', 'bucket'].map((key) => `storage.s3.${key}`);

function s3Storage(translation: Translation, { name }: ReleaseNames): void {
  if (!translation.usesS3) {
    for (const path of S3_VALUES) {
      if (translation.raw(path) !== undefined)
        translation.note(path, 'dropped', 'storage.s3.enabled is not true');
    }
    return;
  }
  const address = translation.given('storage.s3.address', text);
  if (address === undefined || address === '') {
    translation.problem(
      'storage.s3.address',
      'nothing, so that the chart takes 127.0.0.1',
      'the address of the S3 storage',
    );
  }
  const endpoint = endpointIn(address ?? '');
  const port = translation.given('storage.s3.port', integer);
  if (endpoint?.scheme === 'https') {
    translation.set('s3.address', endpoint.address);
    // The chart's server would not start with such an address, and its default port is one of plain HTTP.
    translation.set('s3.port', endpoint.port ?? port);
    translation.set('s3.tls.enabled', true);
  } else {
    translation.set('s3.address', address);
    translation.set('s3.port', port ?? 9000);
  }
  translation.set('s3.bucket', translation.given('storage.s3.bucket', text) ?? 'milvus');
  makeSecret(translation, 's3', `${name}-s3`, [
    entry(translation, 'access-key', 'S3_ACCESS_KEY', 'storage.s3.access_key'),
    entry(translation, 'secret-key', 'S3_SECRET_KEY', 'storage.s3.secret_key'),
  ]);
}

/** A credential that somebody has, whether it was given or not. */
function entry(translation: Translation, key: string, variable: string, path: string): SecretEntry {
  return { key, variable, value: translation.given(path, text), known: true };
}

function makeSecret(
  translation: Translation,
  section: string,
  name: string,
  entries: readonly SecretEntry[],
): void {
  translation.set(`${section}.credentials.existingSecret`, name);
  translation.secrets.push({ name, entries });
}

/** What a claim of the chart says, as ours. */
function claim(translation: Translation, path: string): Record<string, unknown> {
  const optional = <T>(key: string, reader: Reader<T>) =>
    translation.given(`${path}.persistentVolumeClaim.${key}`, reader);
  const modes = optional('accessModes', textList)?.filter((mode) => mode !== '');
  const annotations = translation.given(`${path}.annotations`, texts) ?? {};
  return {
    existingClaim: optional('existingClaim', filled),
    storageClassName: optional('storageClass', storageClass),
    accessModes: nonEmptyList(modes),
    size: optional('size', filled),
    subPath: optional('subPath', filled),
    annotations: nonEmpty(annotations),
  };
}

function setAll(translation: Translation, path: string, values: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(values)) translation.set(`${path}.${key}`, value);
}

/** Without S3 the vectors are on a volume; with it there is nothing to keep on one. */
function dataVolume(translation: Translation): void {
  const enabled = translation.given('persistence.enabled', bool);
  if (translation.usesS3 && !translation.usesSqlite) {
    if (enabled === true) {
      translation.note(
        'persistence.enabled',
        'dropped',
        'with S3 the servers keep nothing on this volume; the chart would wait for a claim that it never makes',
      );
    }
    return;
  }
  if (translation.cluster && enabled !== true) {
    translation.problem(
      'persistence.enabled',
      enabled === undefined
        ? 'nothing (the default is false) without storage.s3.enabled'
        : 'false without storage.s3.enabled',
      'storage.s3.enabled: true, or persistence.enabled: true with a StorageClass for ReadWriteMany',
      'The servers of a cluster have to share the vectors. The chart gives each server an emptyDir of its own.',
    );
    return;
  }
  // Unset, a standalone server has a volume: in the chart its data goes with the pod.
  translation.set('storage.persistence.enabled', enabled);
  if (enabled !== false) setAll(translation, 'storage.persistence', claim(translation, 'persistence'));
}

function logVolume(translation: Translation): void {
  if (translation.given('logsPersistence.enabled', bool) !== true) return;
  translation.set('milvus.logs.persistence.enabled', true);
  setAll(translation, 'milvus.logs.persistence', claim(translation, 'logsPersistence'));
  translation.set('milvus.logs.toFile', true);
}

/** The chart logs to files unless told otherwise, and somebody who mounts them reads them. */
function logFiles(translation: Translation): void {
  if (translation.given('logs.logToFile', bool) !== undefined) return;
  const readsLogs = ['containers', 'initContainers']
    .flatMap((key) => translation.get(`writable.podTemplate.spec.${key}`) ?? [])
    .some((container) => {
      const { name, volumeMounts } = container as Readonly<Record<string, unknown>>;
      return name !== 'milvus' && JSON.stringify(volumeMounts ?? '').includes('"name":"logs"');
    });
  if (!readsLogs || translation.get('milvus.logs.toFile') === true) return;
  translation.set('milvus.logs.toFile', true);
  translation.note(
    'extraContainers',
    'changed',
    'a container reads the log files, so the servers write them; by default they log to stdout only',
    'milvus.logs.toFile',
  );
}

/** A reader that is told to stop goes on serving, until no proxy sends it a search any more. */
function readerGracePeriod(translation: Translation): void {
  const path = 'readonly.podTemplate.spec.terminationGracePeriodSeconds';
  const given = translation.get(path);
  if (given === undefined) return;
  const needed = readerDrainSeconds({ mishards: clusterSchema.shape.mishards.parse({}) });
  if (Number(given) > needed) return;
  translation.remove(path);
  translation.note(
    'terminationGracePeriodSeconds',
    'changed',
    `${String(given)} for the writable only; a reader has its default, since it goes on serving for ${needed} s after it is told to stop`,
  );
}

function writeAheadLog(translation: Translation): void {
  const path = translation.given('wal.path', text);
  const data = `${translation.given('primaryPath', text) ?? (translation.adopt ? CHART_PATH : '')}/db`;
  if (path?.startsWith(data)) {
    translation.note(
      'wal.path',
      'replaced',
      `it is inside the data directory (${data}); the write-ahead log has a claim of its own`,
    );
  } else {
    translation.set('wal.path', path);
  }
  if (translation.given('wal.recoveryErrorIgnore', bool) === false && !translation.adopt) {
    translation.note(
      'wal.recoveryErrorIgnore',
      'changed',
      'kept; but with false the writable can stop for good with "Wal init error!", even after a clean restart',
      'wal.recoveryErrorIgnore',
    );
  }
}

/** What the chart runs, or for MySQL and its exporter we do: options, and the values with the repository and the tag. */
const IMAGES = [
  ['images.mishards', 'mishards.image.repository', 'milvusdb/mishards', 'mishards.image.tag', '1.1.1'],
  ['images.admin', 'admin.image.repository', 'milvusdb/milvus-em', 'admin.image.tag', 'v0.4.3'],
  ['images.mysql', 'mysql.image', 'mysql', 'mysql.imageTag', '5.7.44'],
  [
    'images.mysqldExporter',
    'mysql.metrics.image',
    'prom/mysqld-exporter',
    'mysql.metrics.imageTag',
    'v0.16.0',
  ],
] as const;

/** An image of which the repository, the tag or both were given. */
function image(translation: Translation, repository: string, name: string, tag: string, version: string) {
  const [givenName, givenVersion] = [translation.given(repository, text), translation.given(tag, text)];
  if (givenName === undefined && givenVersion === undefined) return undefined;
  return `${givenName ?? name}:${givenVersion ?? version}`;
}

function images(translation: Translation): void {
  const chart = ['image.repository', 'milvusdb/milvus', 'image.tag', '1.1.1-cpu-d061621-330cc6'] as const;
  const milvus = image(translation, ...chart);
  const onGpu =
    translation.get('writable.gpu.enabled') === true || translation.get('readonly.gpu.enabled') === true;
  const gpuBuild = milvus !== undefined && /:.*gpu/.test(milvus);
  translation.set(onGpu && gpuBuild ? 'images.milvusGpu' : 'images.milvus', milvus);
  if (onGpu && milvus !== undefined && !gpuBuild) {
    translation.note(
      'image.tag',
      'changed',
      'the servers with a GPU run the GPU build, images.milvusGpu',
      'images.milvus',
    );
  }
  for (const [option, repository, name, tag, version] of IMAGES) {
    // The data of a running release is of the version that the chart runs.
    const fallback = option === 'images.mysql' && translation.adopt ? CHART_MYSQL : version;
    translation.set(option, image(translation, repository, name, tag, fallback));
  }
}

function pullSecrets(translation: Translation): void {
  const all = [
    ...(translation.given('image.pullSecrets', names) ?? []),
    ...(translation.given('mysql.imagePullSecrets', names) ?? []),
  ];
  if (all.length > 0) {
    translation.set(
      'podTemplate.spec.imagePullSecrets',
      [...new Set(all)].map((name) => ({ name })),
    );
  }
}

function discovery(translation: Translation): void {
  const given = translation.given('mishards.discoveryClassName', text);
  if (given === undefined || !translation.cluster) return;
  const readers = translation.given('readonly.replicas', integer) ?? 1;
  if (given === 'static' && readers > 1) {
    translation.note(
      'mishards.discoveryClassName',
      'replaced',
      'static would use only one of several readers; mishards finds them with dns',
    );
  } else {
    translation.set('mishards.discovery', given);
    if (given === 'kubernetes') {
      translation.note(
        'mishards.discoveryClassName',
        'changed',
        'kept; the default here, dns, needs no rights and survives the loss of a reader, and kubernetes does not',
        'mishards.discovery',
      );
    }
  }
}

function tracing(translation: Translation): void {
  if (translation.given('mishards.trace.enabled', bool) !== true || !translation.cluster) return;
  translation.set('mishards.tracing.enabled', true);
  // What the chart does, without a word: every request.
  translation.set('mishards.tracing.samplerType', 'const');
  translation.set('mishards.tracing.samplerParam', 1);
  translation.note(
    'mishards.trace.enabled',
    'changed',
    'every request is traced, as in the chart; samplerType: probabilistic traces only a share of them',
    'mishards.tracing.samplerType',
  );
}

function serviceAccounts(translation: Translation): void {
  const name = translation.given('serviceAccounts.mishards.name', text);
  const create = translation.given('serviceAccounts.mishards.create', bool) === true;
  if (name === undefined && !create) return;
  if (translation.get('mishards.discovery') !== 'kubernetes') {
    translation.note(
      'serviceAccounts.mishards',
      'dropped',
      'discovery by dns needs no rights and no ServiceAccount',
    );
  } else if (create || name === undefined) {
    translation.note(
      'serviceAccounts.mishards',
      'replaced',
      'mishards gets the ServiceAccount <name>-mishards',
    );
  } else {
    translation.merge(inPodTemplate('mishards', 'serviceAccountName', name));
  }
}

function metadata(translation: Translation, { name, mysql }: ReleaseNames): void {
  if (translation.usesExternalMysql) {
    externalMysql(translation, name);
    if (translation.raw('mysql') !== undefined && translation.given('mysql.enabled', bool) !== false) {
      translation.note(
        'mysql',
        'dropped',
        'with externalMysql.enabled no MySQL is deployed; the chart would deploy both',
      );
    }
    delete translation.config['mysql'];
    return;
  }
  if (translation.deploysMysql) {
    const secret = translation.given('mysql.existingSecret', text) || mysql;
    translation.set('mysql.credentials.existingSecret', secret);
    // A running release has its Secret already.
    if (translation.raw('mysql.existingSecret') === undefined && !translation.adopt) {
      translation.secrets.push({ name: secret, entries: mysqlPasswords(translation) });
    }
    return;
  }
  delete translation.config['mysql'];
  if (translation.cluster) {
    translation.problem(
      'mysql.enabled',
      'false without externalMysql.enabled',
      'MySQL: mysql.enabled: true, or externalMysql.enabled: true',
      'The servers of a cluster share their metadata. In the chart they would wait for MySQL for ever.',
    );
  } else {
    translation.set('mysql.enabled', false);
  }
}

function mysqlPasswords(translation: Translation): SecretEntry[] {
  return [
    entry(translation, 'mysql-root-password', 'MYSQL_ROOT_PASSWORD', 'mysql.mysqlRootPassword'),
    entry(translation, 'mysql-password', 'MYSQL_PASSWORD', 'mysql.mysqlPassword'),
  ].map((one) => ({ ...one, value: one.value || undefined, known: Boolean(one.value) }));
}

function externalMysql(translation: Translation, name: string): void {
  const required = (key: string) => {
    const value = translation.given(`externalMysql.${key}`, text);
    if (!value) translation.problem(`externalMysql.${key}`, 'nothing', `the ${key} of the external MySQL`);
    return value;
  };
  translation.set('externalMysql.host', required('ip'));
  translation.set('externalMysql.port', translation.given('externalMysql.port', integer));
  translation.set('externalMysql.user', required('user'));
  translation.set('externalMysql.database', required('database'));
  // Beside a running release there may be the Secret of a MySQL that the chart has deployed and nothing uses.
  const secret = translation.adopt ? `${name}-external-mysql` : `${name}-mysql`;
  makeSecret(translation, 'externalMysql', secret, [
    entry(translation, 'mysql-password', 'MYSQL_PASSWORD', 'externalMysql.password'),
  ]);
}

function mysqlUser(translation: Translation): void {
  const user = translation.given('mysql.mysqlUser', text);
  if (user === undefined || !translation.deploysMysql) return;
  if (user !== '' && user !== 'root') {
    translation.set('mysql.user', user);
    return;
  }
  translation.note(
    'mysql.mysqlUser',
    'replaced',
    translation.adopt
      ? 'Milvus never logs in as root; it logs in as "milvus", and the steps create that user if the release has none'
      : 'Milvus never logs in as root; it logs in as "milvus", a user with rights on its own database only',
  );
}

/** Options that the image and the probes depend on, and one whose directory newer images do not have. */
const OWN_OPTIONS = /^\s*(log[-_]error|pid[-_]file|socket|port|datadir)\s*(=.*)?$/;
/** What the chart grants to root, who has all rights. */
const ROOT_GRANT = /^\s*GRANT ALL PRIVILEGES ON \S+ TO 'root'@'%'\s*;\s*(FLUSH PRIVILEGES\s*;\s*)?$/i;

function mysqlFiles(translation: Translation): void {
  if (!translation.deploysMysql) return;
  const options = Object.entries(translation.given('mysql.configurationFiles', texts) ?? {});
  for (const [file, content] of options) {
    const lines = content.split('\n');
    const kept = lines.filter((line) => !OWN_OPTIONS.test(line));
    const left = lines.filter((line) => OWN_OPTIONS.test(line)).map((line) => line.trim().split(/[\s=]/)[0]);
    if (left.length > 0) {
      translation.note(
        'mysql.configurationFiles',
        'changed',
        `${file} without ${left.join(', ')}: the image and the probes depend on these, and the error log goes to stderr`,
      );
    }
    setFile(
      translation,
      'mysql.configurationFiles',
      /\.cnf$/.test(file) ? file : `${file}.cnf`,
      kept.join('\n'),
    );
  }
  for (const [file, content] of Object.entries(translation.given('mysql.initializationFiles', texts) ?? {})) {
    if (ROOT_GRANT.test(content)) {
      translation.note(
        'mysql.initializationFiles',
        'dropped',
        `${file} grants root rights that root already has`,
      );
    } else {
      setFile(translation, 'mysql.initializationFiles', file, content);
    }
  }
}

/** A file, whose name has a dot that is not one of the path. */
function setFile(translation: Translation, path: string, file: string, content: string): void {
  const files = translation.get(path);
  translation.set(path, { ...(isMapping(files) ? files : {}), [file]: content });
}

function mysqlPods(translation: Translation): void {
  if (!translation.deploysMysql) return;
  const annotations = {
    ...(translation.given('mysql.podAnnotations', texts) ?? {}),
    ...(translation.given('mysql.metrics.enabled', bool) === true
      ? (translation.given('mysql.metrics.annotations', texts) ?? {})
      : {}),
  };
  const add = (option: PodOption, value: unknown) => translation.merge(inPodTemplate('mysql', option, value));
  if (Object.keys(annotations).length > 0) add('podAnnotations', annotations);

  const timezone = translation.given('mysql.timezone', text);
  if (timezone !== undefined && timezone !== '') {
    add('extraEnv', [{ name: 'TZ', value: timezone }]);
  }

  if (translation.given('mysql.ssl.enabled', bool) === true) {
    const secretName = translation.given('mysql.ssl.secret', text) ?? 'mysql-ssl-certs';
    add('extraVolumes', [{ name: 'certificates', secret: { secretName } }]);
    add('extraVolumeMounts', [{ name: 'certificates', mountPath: '/ssl', readOnly: true }]);
  }
}

/** The sections in the order of the documentation; what is in them is in that of the values. */
function inOrder(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const order = Object.keys(clusterSchema.shape);
  return Object.fromEntries(Object.entries(config).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)));
}
