import { inPodTemplate, type PodOption } from '../config/moved';
import { type ServerSection, serverKeys } from '../config/server-keys';
import type { PodSection } from '../config/settings';
import { listOf } from '../list-of';
import {
  bool,
  filled,
  integer,
  list,
  mapping,
  ReadError,
  type Reader,
  resources,
  storageClass,
  templatedList,
  text,
  textList,
  texts,
} from './readers';
import type { Translation } from './translation';

/** A value of chart 1.1.6 (or of its subchart, under `mysql.`), and what becomes of it. */
export interface ChartValue {
  /** Where it is in the values; what lies below a free-form value belongs to it. */
  readonly path: string;
  /** The chart's own default, as it is documented. */
  readonly default: string;
  /**
   * `mapped`: the same with us. `replaced`: something else does what it was for. `refused`: an error, since it can not be
   * honoured. `dropped`: there is nothing left that it could be about.
   */
  readonly becomes: 'mapped' | 'replaced' | 'refused' | 'dropped';
  /** The options that it becomes. */
  readonly to: readonly string[];
  /** Why it is not simply mapped, or what to know about it. */
  readonly why?: string;
  /** Puts the given value into the configuration; unset for values that are handled together with others. */
  readonly apply?: (translation: Translation) => void;
}

// Kinds of rows --------------------------------------------------------------------------------------------------------

interface MappedOptions<T> {
  readonly why?: string;
  /** From the value to what the option takes; undefined for nothing. @default - as it is, unless it is an empty list or mapping */
  readonly convert?: (value: T) => unknown;
}

function mapped<T>(
  path: string,
  fallback: string,
  reader: Reader<T>,
  to: string | readonly string[],
  { why, convert = unlessNothing }: MappedOptions<T> = {},
  put: (translation: Translation, target: string, value: unknown) => void = (translation, target, value) =>
    translation.set(target, value),
): ChartValue {
  const targets = [to].flat();
  return {
    ...together(path, fallback, targets, why),
    apply: (translation) => {
      const given = translation.given(path, reader);
      if (given === undefined) return;
      const value = convert(given);
      const existing = targets.filter((target) => exists(translation, target));
      if (existing.length === 0) {
        translation.note(path, 'dropped', 'the part that it configures is not deployed');
      }
      if (value !== undefined) for (const target of existing) put(translation, target, value);
    },
  };
}

/** What pods have: in the podTemplate of those sections. */
function inPods<T>(
  path: string,
  fallback: string,
  reader: Reader<T>,
  sections: readonly PodSection[],
  option: PodOption,
  options?: MappedOptions<T>,
): ChartValue {
  const targets = sections.map((section) => `${section}.podTemplate`);
  return mapped(path, fallback, reader, targets, options, (translation, target, value) =>
    translation.merge(inPodTemplate(target.split('.')[0] as PodSection, option, value)),
  );
}

/** Whether the part that an option is about is there. */
function exists(translation: Translation, target: string): boolean {
  if (/^(readonly|mishards)\./.test(target)) return translation.cluster;
  if (/^admin\.(?!enabled)/.test(target)) return translation.given('admin.enabled', bool) === true;
  return true;
}

function dropped(
  path: string,
  fallback: string,
  why: string,
  kind: 'dropped' | 'replaced' = 'dropped',
): ChartValue {
  return {
    path,
    default: fallback,
    becomes: kind,
    to: [],
    why,
    apply: (translation) => {
      if (translation.raw(path) !== undefined) translation.note(path, kind, why);
    },
  };
}

const replaced = (path: string, fallback: string, why: string): ChartValue =>
  dropped(path, fallback, why, 'replaced');

/** Refused, unless it is what we do anyway. */
function refused<T>(
  path: string,
  fallback: string,
  reader: Reader<T>,
  harmless: (value: T) => boolean,
  expected: string,
  why: string,
): ChartValue {
  return {
    path,
    default: fallback,
    becomes: 'refused',
    to: [],
    why,
    apply: (translation) => {
      const given = translation.given(path, reader);
      if (given !== undefined && !harmless(given)) {
        translation.problem(path, 'a value that can not be taken over', expected, why);
      }
    },
  };
}

const IN_A_SECRET = 'It goes into a Secret; the command is printed.';

/** Handled with others: see translate.ts. */
function together(path: string, fallback: string, to: string | readonly string[], why?: string): ChartValue {
  return { path, default: fallback, becomes: 'mapped', to: [to].flat(), why };
}

// Conversions --------------------------------------------------------------------------------------------------------

const unlessEmpty = (value: string) => value || undefined;
const asGiven = (value: unknown) => value;
const unlessNothing = (value: unknown) =>
  typeof value === 'object' && Object.keys(value ?? {}).length === 0 ? undefined : value;
/** An address with everything after it is what an empty list means. */
const sourceRanges = (value: readonly string[]) =>
  unlessNothing(value.filter((range) => range !== '0.0.0.0/0'));

/** Volumes of the chart's pods, and what ours are called. */
const VOLUMES: Readonly<Record<string, string>> = {
  'milvus-logs-disk': 'logs',
  'milvus-data-disk': 'storage',
  'milvus-configmap': 'extra-config',
};

/** Mounts of the chart's volumes are mounts of ours. */
function renamedMounts(mounts: unknown): unknown {
  if (!Array.isArray(mounts)) return mounts;
  return mounts.map((item) => {
    const mount = mapping(item);
    if (mount['name'] === 'milvus-configmap' && /server_config\.yaml$/.test(String(mount['subPath']))) {
      throw new ReadError(
        'no mount of server_config.yaml: the ConfigMap <name> has it without credentials, and no volume has it with them',
      );
    }
    return { ...mount, name: VOLUMES[String(mount['name'])] ?? mount['name'] };
  });
}

const containers: Reader<unknown[]> = (value) =>
  templatedList(value).map((item) => {
    const container = mapping(item);
    return container['volumeMounts'] === undefined
      ? container
      : { ...container, volumeMounts: renamedMounts(container['volumeMounts']) };
  });

const mounts: Reader<unknown> = (value) => renamedMounts(templatedList(value));

/** Environment variables with texts as values, as the API server wants them. */
const env: Reader<unknown[]> = (value) =>
  list(value).map((item) => {
    const variable = mapping(item);
    return variable['value'] === undefined ? variable : { ...variable, value: text(variable['value']) };
  });

const TIMINGS = ['initialDelaySeconds', 'periodSeconds', 'timeoutSeconds', 'failureThreshold'];

/** Timing of a probe. */
function timings(
  path: string,
  sections: readonly PodSection[],
  defaults: readonly string[],
  probe: 'livenessProbe' | 'readinessProbe',
): ChartValue[] {
  const readiness = probe === 'readinessProbe';
  const fields = readiness ? [...TIMINGS, 'successThreshold'] : TIMINGS;
  const why = 'A startupProbe covers a long start. This probe begins only after it.';
  return listOf(
    fields.map((field, index) =>
      inPods(
        `${path}.${probe}.${field}`.replace(/^\./, ''),
        defaults[index] ?? '1',
        integer,
        sections,
        probe,
        {
          why,
          convert: (value) => ({ [field]: value }),
        },
      ),
    ),
    !readiness &&
      refused(
        `${path}.${probe}.successThreshold`.replace(/^\./, ''),
        '1',
        integer,
        (value) => value === 1,
        '1',
        'Kubernetes takes no other value for a liveness probe.',
      ),
  );
}

const SERVERS: readonly PodSection[] = ['writable', 'readonly'];
const SERVERS_AND_PROXY: readonly PodSection[] = [...SERVERS, 'mishards', 'admin'];

/** How a Service is reached; the same for all that can be. */
function exposure(path: string, to: string, port: string): ChartValue[] {
  const what = (key: string) => `${path}.${key}`;
  /** The chart writes some fields for certain types alone. */
  const forType = <T>(
    key: string,
    fallback: string,
    reader: Reader<T>,
    types: readonly string[],
    convert: (value: T) => unknown,
  ): ChartValue => ({
    ...mapped(what(key), fallback, reader, `${to}.${key}`),
    why: `Only with ${path}.type ${types.join(' or ')}, as in the chart.`,
    apply: (translation) => {
      const value = translation.given(what(key), reader);
      if (value === undefined || !exists(translation, `${to}.${key}`)) return;
      const converted = convert(value);
      if (converted === undefined) return;
      if (types.includes(translation.given(what('type'), text) ?? 'ClusterIP')) {
        translation.set(`${to}.${key}`, converted);
      } else {
        translation.note(what(key), 'dropped', `it needs ${path}.type ${types.join(' or ')}`);
      }
    },
  });
  return [
    mapped(what('type'), 'ClusterIP', text, `${to}.type`),
    mapped(what('port'), port, integer, `${to}.port`),
    mapped(what('annotations'), '{}', texts, `${to}.annotations`),
    mapped(what('labels'), '{}', texts, `${to}.labels`),
    mapped(what('externalIPs'), '[]', textList, `${to}.externalIPs`),
    forType('loadBalancerSourceRanges', '[0.0.0.0/0]', textList, ['LoadBalancer'], sourceRanges),
    forType('loadBalancerIP', 'unset', text, ['LoadBalancer'], unlessEmpty),
    mapped(what('clusterIP'), 'unset', text, `${to}.clusterIP`, { convert: unlessEmpty }),
    forType('nodePort', 'unset', integer, ['NodePort', 'LoadBalancer'], (value) => value),
  ];
}

/** How an option's value is read, by its kind. */
const BY_KIND: Readonly<Record<string, Reader<unknown>>> = {
  string: text,
  enum: text,
  number: integer,
  boolean: bool,
  array: textList,
};

/**
 * What becomes keys of server_config.yaml, from the table of those. The writable and the readers have their own in the chart.
 */
function server(section: ServerSection, role: 'writable' | 'readonly' = 'writable'): ChartValue[] {
  return serverKeys(section).flatMap(({ option = '', kind, roles, chart }) => {
    const reader = BY_KIND[kind?.def.type ?? ''];
    if (chart === undefined || reader === undefined) return [];
    const [value, fallback, why] = chart;
    return [
      mapped(
        role === 'readonly' ? `readonly.${value}` : value,
        fallback,
        reader,
        roles === 'each' ? option.replace(/^milvus\b/, role) : option,
        { why, convert: asGiven },
      ),
    ];
  });
}

/** A claim that the chart makes, or uses. */
function persistence(path: string, to: string, size: string, mountWhy: string): ChartValue[] {
  const claim = `${path}.persistentVolumeClaim`;
  return [
    replaced(
      `${path}.mountPath`,
      path === 'persistence' ? '/var/lib/milvus/db' : '/var/lib/milvus/logs',
      mountWhy,
    ),
    together(`${path}.enabled`, 'false', `${to}.enabled`),
    together(`${path}.annotations`, '{}', `${to}.annotations`),
    together(`${claim}.existingClaim`, '""', `${to}.existingClaim`),
    together(`${claim}.storageClass`, 'unset', `${to}.storageClassName`),
    together(`${claim}.accessModes`, 'ReadWriteMany', `${to}.accessModes`),
    together(`${claim}.size`, size, `${to}.size`),
    together(`${claim}.subPath`, '""', `${to}.subPath`),
  ];
}

// The table ------------------------------------------------------------------------------------------------------------

const GENERAL: readonly ChartValue[] = [
  refused(
    'version',
    '0.5',
    text,
    (value) => value === '0.5',
    '0.5',
    'It is the version of the configuration file. Milvus 1.1.1 starts with no other.',
  ),
  ...server('general'),
  together('nameOverride', '""', ['name', 'appName']),
  together('fullnameOverride', '""', 'name'),
  dropped('global', '{}', 'neither chart reads global values'),
  {
    ...together('cluster.enabled', 'false', 'mode'),
    why: 'false, the default of the chart, becomes mode: standalone.',
  },
];

const SERVER: readonly ChartValue[] = [
  ...server('logs'),
  ...server('cache'),
  dropped(
    'network.httpPort',
    '19121',
    'no Service exposes the HTTP port, because anyone can read the credentials there',
  ),
  ...server('storage'),
  together('storage.s3.enabled', 'false', 's3'),
  together('storage.s3.address', '127.0.0.1', 's3.address', 'An https address also sets s3.tls.enabled.'),
  together(
    'storage.s3.port',
    '9000',
    's3.port',
    'If unset, 9000 as in the chart. The default of s3.port is 80.',
  ),
  together('storage.s3.access_key', 'minioadmin', 's3.credentials', IN_A_SECRET),
  together('storage.s3.secret_key', 'minioadmin', 's3.credentials', IN_A_SECRET),
  together('storage.s3.bucket', 'milvus', 's3.bucket'),
  ...server('wal'),
  together(
    'wal.path',
    '/var/lib/milvus/db/wal',
    'wal.path',
    'It is on a claim of its own. If unset, /var/lib/milvus/wal.',
  ),
  ...server('gpu'),
  ...server('metric'),
  {
    ...mapped('metrics.address', '127.0.0.1', text, 'milvus.metrics.address', {
      convert: (value) => (/^(localhost|127(\.\d+){3})$/.test(value) ? undefined : unlessEmpty(value)),
    }),
    why: 'If it is the pod itself or unset, a push gateway runs next to each server.',
  },
];

const PODS: readonly ChartValue[] = [
  dropped('initContainerImage', 'alpine:3.8', 'the init containers use images that the cluster uses anyway'),
  inPods('extraInitContainers', '[]', containers, SERVERS, 'extraInitContainers', {
    why: 'They run after those of this project.',
  }),
  refused(
    'restartPolicy',
    'Always',
    text,
    (value) => value === 'Always',
    'Always',
    'A Deployment takes no other value.',
  ),
  inPods('terminationGracePeriodSeconds', '30', integer, SERVERS, 'terminationGracePeriodSeconds', {
    why: 'If unset, 300 for the writable: it waits for merges and index builds. One that is too short for a reader is for the writable only.',
  }),
  inPods('extraContainers', '""', containers, SERVERS, 'extraContainers'),
  inPods('extraEnv', '[]', env, SERVERS, 'extraEnv'),
  inPods('extraVolumes', '[]', templatedList, SERVERS, 'extraVolumes'),
  inPods('extraVolumeMounts', '[]', mounts, SERVERS, 'extraVolumeMounts'),
  mapped('extraConfigFiles', '{}', texts, 'milvus.extraConfigFiles', {
    why: 'They go into a ConfigMap of their own, the volume extra-config.',
  }),
  inPods('podLabels', '[]', texts, SERVERS, 'podLabels'),
  inPods('podAnnotations', '{}', texts, SERVERS, 'podAnnotations'),
  inPods('nodeSelector', '{}', texts, SERVERS_AND_PROXY, 'nodeSelector'),
  inPods('tolerations', '[]', list, SERVERS_AND_PROXY, 'tolerations'),
  inPods('affinity', '{}', mapping, SERVERS_AND_PROXY, 'affinity'),
  ...timings('', [...SERVERS, 'mishards'], ['30', '15', '10', '5'], 'livenessProbe'),
  ...timings('', [...SERVERS, 'mishards'], ['15', '15', '10', '3'], 'readinessProbe'),
  replaced(
    'podDisruptionBudget',
    '- (only in its README)',
    'no template of the chart reads it; here, use readonly.podDisruptionBudget and mishards.podDisruptionBudget',
  ),
];

const SERVICE: readonly ChartValue[] = [
  ...exposure('service', 'service', '19530'),
  dropped('service.webNodePort', 'unset', 'no Service exposes the HTTP port'),
  dropped('service.metricsNodePort', '- (only in its README)', 'no template of the chart reads it'),
];

const VOLUMES_ROWS: readonly ChartValue[] = [
  ...persistence(
    'persistence',
    'storage.persistence',
    '50Gi',
    'the volume is always the directory db of storage.path',
  ),
  ...persistence(
    'logsPersistence',
    'milvus.logs.persistence',
    '5Gi',
    'the volume is always milvus.logs.path',
  ),
];

const IMAGES: readonly ChartValue[] = [
  together('image.repository', 'milvusdb/milvus', ['images.milvus', 'images.milvusGpu']),
  together('image.tag', '1.1.1-cpu-d061621-330cc6', ['images.milvus', 'images.milvusGpu']),
  mapped('image.pullPolicy', 'IfNotPresent', text, 'imagePullPolicy'),
  together('image.pullSecrets', '[]', 'podTemplate'),
  mapped('image.resources', '{}', resources, 'writable.resources'),
  refused(
    'replicas',
    '1',
    integer,
    (value) => value === 1,
    '1',
    "It is the number of writables, and two destroy each other's files. To serve more searches, raise readonly.replicas.",
  ),
];

const READERS: readonly ChartValue[] = [
  ...server('logs', 'readonly'),
  ...server('cache', 'readonly'),
  ...server('gpu', 'readonly'),
  mapped('readonly.replicas', '1', integer, 'readonly.replicas'),
  mapped('readonly.resources', '{}', resources, 'readonly.resources'),
];

const MISHARDS: readonly ChartValue[] = [
  together('serviceAccounts.mishards.create', 'false', 'mishards.podTemplate'),
  together(
    'serviceAccounts.mishards.name',
    'unset',
    'mishards.podTemplate',
    'No template of the chart reads it.',
  ),
  together('mishards.image.repository', 'milvusdb/mishards', 'images.mishards'),
  together('mishards.image.tag', '1.1.1', 'images.mishards'),
  inPods('mishards.image.pullPolicy', 'IfNotPresent', text, ['mishards'], 'imagePullPolicy'),
  mapped('mishards.replicas', '1', integer, 'mishards.replicas'),
  mapped('mishards.resources', '{}', resources, 'mishards.resources'),
  mapped('mishards.debug', 'true', bool, 'mishards.logLevel', {
    convert: (debug) => (debug ? 'DEBUG' : 'INFO'),
    why: 'It sets the log level and nothing else. If unset, WARNING.',
  }),
  mapped('mishards.maxWorkers', '50', integer, 'mishards.maxWorkers'),
  together('mishards.discoveryClassName', 'kubernetes', 'mishards.discovery', 'If unset, dns.'),
  together('mishards.trace.enabled', 'false', 'mishards.tracing.enabled'),
  mapped('mishards.trace.tracerClassName', 'jaeger', text, 'mishards.tracing.className'),
  mapped('mishards.trace.tracingReportingHost', 'jaeger', text, 'mishards.tracing.host'),
  mapped('mishards.trace.tracingReportingPort', '5775', integer, 'mishards.tracing.port'),
];

const ADMIN: readonly ChartValue[] = [
  {
    ...mapped('admin.enabled', 'false', bool, 'admin.enabled'),
    why: 'It needs the HTTP API of a server, which mishards does not have (milvus #2200). It is not maintained.',
  },
  together('admin.image.repository', 'milvusdb/milvus-em', 'images.admin'),
  together('admin.image.tag', 'v0.4.3', 'images.admin'),
  inPods('admin.image.pullPolicy', 'IfNotPresent', text, ['admin'], 'imagePullPolicy'),
  mapped('admin.replicas', '1', integer, 'admin.replicas'),
  mapped('admin.resources', '{}', resources, 'admin.resources'),
  ...exposure('admin.service', 'admin.service', '3000'),
];

const EXTERNAL_MYSQL: readonly ChartValue[] = [
  together('externalMysql.enabled', 'false', 'externalMysql'),
  together('externalMysql.ip', 'unset', 'externalMysql.host'),
  together('externalMysql.port', 'unset', 'externalMysql.port'),
  together('externalMysql.user', 'unset', 'externalMysql.user'),
  together('externalMysql.password', 'unset', 'externalMysql.credentials', IN_A_SECRET),
  together('externalMysql.database', 'unset', 'externalMysql.database'),
];

const NO_EMPTY_PASSWORDS = 'Anyone who reaches MySQL could read and change the metadata.';

const MYSQL: readonly ChartValue[] = [
  together('mysql.enabled', 'true', 'mysql.enabled'),
  dropped('mysql.global', 'unset', 'Helm passes it to the subchart, which does not read it'),
  dropped('mysql.name', 'mysql', 'no template of the subchart reads it'),
  together('mysql.nameOverride', '""', 'mysql.name'),
  together('mysql.fullnameOverride', '""', 'mysql.name'),
  together('mysql.image', 'mysql', 'images.mysql'),
  together(
    'mysql.imageTag',
    '5.7.30',
    'images.mysql',
    'If unset, 5.7.44, the last of 5.7; with --adopt, 5.7.30.',
  ),
  inPods('mysql.imagePullPolicy', 'IfNotPresent', text, ['mysql'], 'imagePullPolicy'),
  replaced('mysql.strategy', '{type: Recreate}', 'MySQL is a StatefulSet of one pod, so there are never two'),
  dropped('mysql.busybox.image', 'busybox', 'nothing is deleted from the volume; lost+found is ignored'),
  dropped('mysql.busybox.tag', '1.31.1', 'nothing is deleted from the volume; lost+found is ignored'),
  replaced('mysql.testFramework', '{enabled: false}', 'the smoke test in jobs/ tests the whole cluster'),
  together('mysql.mysqlRootPassword', 'milvusroot', 'mysql.credentials', IN_A_SECRET),
  together(
    'mysql.mysqlUser',
    'milvus',
    'mysql.user',
    'Milvus logs in as this user. In the chart it logs in as root.',
  ),
  together('mysql.mysqlPassword', 'milvus', 'mysql.credentials', IN_A_SECRET),
  mapped('mysql.mysqlDatabase', 'milvus', filled, 'mysql.database'),
  refused('mysql.mysqlAllowEmptyPassword', 'unset', bool, (value) => !value, 'false', NO_EMPTY_PASSWORDS),
  refused('mysql.allowEmptyRootPassword', 'unset', bool, (value) => !value, 'false', NO_EMPTY_PASSWORDS),
  together('mysql.existingSecret', 'unset', 'mysql.credentials.existingSecret'),
  mapped('mysql.args', '[]', textList, 'mysql.extraArgs'),
  inPods('mysql.extraVolumes', '""', templatedList, ['mysql'], 'extraVolumes'),
  inPods('mysql.extraVolumeMounts', '""', templatedList, ['mysql'], 'extraVolumeMounts'),
  inPods('mysql.extraInitContainers', '""', templatedList, ['mysql'], 'extraInitContainers'),
  together('mysql.imagePullSecrets', '[]', 'podTemplate', 'One list for all pods.'),
  inPods('mysql.nodeSelector', '{}', texts, ['mysql'], 'nodeSelector'),
  inPods('mysql.affinity', '{}', mapping, ['mysql'], 'affinity'),
  inPods('mysql.tolerations', '[]', list, ['mysql'], 'tolerations'),
  inPods('mysql.schedulerName', 'unset', filled, ['mysql'], 'schedulerName'),
  inPods('mysql.priorityClassName', 'unset', filled, ['mysql'], 'priorityClassName'),
  ...timings('mysql', ['mysql'], ['30', '10', '5', '3'], 'livenessProbe'),
  ...timings('mysql', ['mysql'], ['5', '10', '1', '3'], 'readinessProbe'),
  mapped('mysql.persistence.enabled', 'true', bool, 'mysql.persistence.enabled'),
  mapped('mysql.persistence.existingClaim', '""', filled, 'mysql.persistence.existingClaim'),
  mapped('mysql.persistence.subPath', 'unset', filled, 'mysql.persistence.subPath'),
  mapped('mysql.persistence.storageClass', 'unset', storageClass, 'mysql.persistence.storageClassName', {
    why: 'The write-ahead log uses the same class, unless wal.persistence.storageClassName is set.',
  }),
  mapped('mysql.persistence.accessMode', 'ReadWriteOnce', textList, 'mysql.persistence.accessModes', {
    convert: asGiven,
  }),
  mapped('mysql.persistence.size', '4Gi', text, 'mysql.persistence.size'),
  mapped('mysql.persistence.annotations', '{}', texts, 'mysql.persistence.annotations'),
  replaced('mysql.securityContext.enabled', 'false', 'MySQL never runs as root'),
  mapped('mysql.securityContext.runAsUser', '999', integer, 'mysql.runAsUser'),
  mapped('mysql.securityContext.fsGroup', '999', integer, 'mysql.fsGroup'),
  mapped('mysql.resources', '{requests: {memory: 256Mi, cpu: 100m}}', resources, 'mysql.resources'),
  together(
    'mysql.configurationFiles',
    'a mysql.cnf',
    'mysql.configurationFiles',
    'They are read after the my.cnf of this project, without options that would break the image or the probes.',
  ),
  dropped(
    'mysql.configurationFilesPath',
    '/etc/mysql/conf.d/',
    'the files are where the image looks for them',
  ),
  together(
    'mysql.initializationFiles',
    'a grant.sql',
    'mysql.initializationFiles',
    "Without the chart's own grant to root, who already has all rights.",
  ),
  mapped('mysql.metrics.enabled', 'false', bool, 'mysql.exporter.enabled'),
  together('mysql.metrics.image', 'prom/mysqld-exporter', 'images.mysqldExporter'),
  together(
    'mysql.metrics.imageTag',
    'v0.10.0',
    'images.mysqldExporter',
    'If unset, v0.16.0. Older versions have other flags.',
  ),
  dropped('mysql.metrics.imagePullPolicy', 'IfNotPresent', 'imagePullPolicy is for all images'),
  mapped('mysql.metrics.resources', '{}', resources, 'mysql.exporter.resources'),
  together('mysql.metrics.annotations', '{}', 'mysql.podTemplate'),
  dropped('mysql.metrics.livenessProbe', '{}', 'the probes of the exporter are fixed'),
  dropped('mysql.metrics.readinessProbe', '{}', 'the probes of the exporter are fixed'),
  mapped('mysql.metrics.flags', '[]', textList, 'mysql.exporter.flags'),
  mapped('mysql.metrics.serviceMonitor.enabled', 'false', bool, 'monitoring.podMonitor.enabled', {
    why: 'It is a PodMonitor, which needs no Service.',
  }),
  mapped('mysql.metrics.serviceMonitor.additionalLabels', '{}', texts, 'monitoring.podMonitor.labels'),
  ...exposure('mysql.service', 'mysql.service', '3306'),
  replaced('mysql.serviceAccount.create', 'false', 'MySQL uses no token, so it needs no ServiceAccount'),
  inPods('mysql.serviceAccount.name', 'default', filled, ['mysql'], 'serviceAccountName'),
  together(
    'mysql.ssl.enabled',
    'false',
    'mysql.podTemplate',
    'The Secret is mounted at /ssl. Milvus 1.1.1 itself speaks no TLS to MySQL.',
  ),
  together('mysql.ssl.secret', 'mysql-ssl-certs', 'mysql.podTemplate'),
  refused(
    'mysql.ssl.certificates',
    '[]',
    list,
    (value) => value.length === 0,
    'a Secret, named in mysql.ssl.secret',
    'Private keys do not belong in manifests: kubectl create secret generic NAME --from-file=ca.pem --from-file=server-cert.pem --from-file=server-key.pem',
  ),
  together('mysql.timezone', 'unset', 'mysql.podTemplate', 'It sets the variable TZ.'),
  mapped('mysql.deploymentAnnotations', '{}', texts, 'mysql.annotations'),
  together('mysql.podAnnotations', '{}', 'mysql.podTemplate'),
  inPods('mysql.podLabels', '{}', texts, ['mysql'], 'podLabels'),
  dropped(
    'mysql.initContainer.resources',
    '{requests: {memory: 10Mi, cpu: 10m}}',
    'there is no init container that it could be for',
  ),
];

/** Every value that chart 1.1.6 and its subchart mysql 1.6.4 understand, in the order of their documentation. */
export const CHART_VALUES: readonly ChartValue[] = [
  ...GENERAL,
  ...SERVER,
  ...PODS,
  ...SERVICE,
  ...VOLUMES_ROWS,
  ...IMAGES,
  ...READERS,
  ...MISHARDS,
  ...ADMIN,
  ...EXTERNAL_MYSQL,
  ...MYSQL,
];
