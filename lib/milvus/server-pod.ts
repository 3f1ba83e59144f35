import { k8s } from 'cdk8s-plus-25';
import { IN_FLIGHT_SECONDS, readerDrainSeconds } from '../config/draining';
import {
  IMAGE_DIRECTORY,
  type ReadonlySettings,
  type Settings,
  WRITABLE_GRACE_SECONDS,
  type WritableSettings,
} from '../config/settings';
import { proxyPort } from '../config/tls';
import { assetsChecksum, checksum } from '../kubernetes/assets';
import type { Names } from '../kubernetes/names';
import { persistentVolume } from '../kubernetes/objects';
import {
  baselineAnnotations,
  configMapVolume,
  containerSecurity,
  emptyDir,
  INIT_RESOURCES,
  nonEmptyList,
  type Pod,
  podOf,
  resourceRequirements,
  secretEnv,
} from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';
import { WAIT_FOR_MYSQL, waitForMysql } from '../metadata/database';
import { pushgateway } from '../operations/pushgateway';
import { S3_PREFLIGHT, S3_REMOTE, s3CredentialsEnv, s3Preflight } from '../storage/s3';
import {
  endpointAliases,
  PROXIED_MOUNTS,
  proxyChecksum,
  proxyContainer,
  proxyVolumes,
  s3OverTls,
  WITH_S3_TLS,
  withProxy,
} from '../storage/s3-tls';
import { VOLUME_PREFLIGHT, volumePreflight } from '../storage/volume';
import type { ServerConfigTemplate } from './server-config';

const RENDER_CONFIG = 'render-config.sh';
const LEAVE = 'leave.sh';

const TEMPLATE_DIRECTORY = '/etc/milvus';
const RENDERED_DIRECTORY = '/run/milvus';
const CONFIG_FILE = 'server_config.yaml';

export interface ServerPodProps {
  readonly settings: Settings;
  readonly names: Names;
  readonly role: WritableSettings | ReadonlySettings;
  readonly selectorLabels: Readonly<Record<string, string>>;
  /** This role's server_config.yaml. */
  readonly template: ServerConfigTemplate;
  /** Whether this is the server that takes writes, and locks its directories. */
  readonly writes: boolean;
  /** The volume of the WAL, called `wal`; a reader has none. */
  readonly walVolumes: readonly k8s.Volume[];
  readonly replicas: number;
}

/**
 * Scripts that the pod of a server runs.
 * @param leaves whether it is a reader; with readers, those of all servers together are those of one
 */
export function serverScripts(settings: Settings, leaves = settings.mode === 'cluster'): readonly string[] {
  const { database, s3, storage } = settings;
  return [
    ...(database === undefined ? [] : [WAIT_FOR_MYSQL]),
    ...(s3 === undefined ? [] : [S3_PREFLIGHT, S3_REMOTE]),
    ...(storage.persistence.enabled ? [VOLUME_PREFLIGHT] : []),
    RENDER_CONFIG,
    ...(leaves ? [LEAVE] : []),
    ...(s3OverTls(settings) === undefined ? [] : [WITH_S3_TLS]),
  ];
}

/** The pod of a Milvus server: the checks, the rendering of its configuration, the server. */
export function serverPod(props: ServerPodProps): Pod {
  const { settings, names, role, template, walVolumes, writes } = props;
  const { milvus, storage, s3, database, images } = settings;
  const leaves = settings.mode === 'cluster' && !writes;
  const tls = s3OverTls(settings);
  const scripts = serverScripts(settings, leaves);
  const command = [`${IMAGE_DIRECTORY}/bin/milvus_server`, '-c', `${RENDERED_DIRECTORY}/${CONFIG_FILE}`];
  const asRoot = role.securityProfile === 'baseline';
  const writableRoot = writesToRoot(settings, writes);
  const directories = storageDirectories(settings, names);
  const extraConfig = extraConfigVolumes(settings, names);
  const logs = logDirectory(settings, names, writes);

  const container: k8s.Container = {
    name: 'milvus',
    image: role.image,
    imagePullPolicy: settings.imagePullPolicy,
    // args, not command: the image's entrypoint is tini, which passes signals on.
    args: tls === undefined ? command : withProxy(tls, command),
    env: logs.env,
    ports: [
      { name: 'engine', containerPort: milvus.network.port, protocol: 'TCP' },
      ...(milvus.network.httpEnabled
        ? [{ name: 'web', containerPort: milvus.network.httpPort, protocol: 'TCP' }]
        : []),
    ],
    ...probes(milvus.network.httpEnabled, role),
    ...(leaves && { lifecycle: { preStop: { exec: { command: leave(settings) } } } }),
    resources: withDevices(resourceRequirements(role.resources), role.gpu),
    securityContext: containerSecurity(!writableRoot),
    volumeMounts: [
      // Read-only, so that a client's set_config does not outlive the process.
      { name: 'server-config', mountPath: RENDERED_DIRECTORY, readOnly: true },
      ...directories.map(({ mount }) => mount),
      ...walVolumes.map(({ name }) => ({
        name,
        mountPath: settings.wal.path,
        subPath: settings.wal.persistence.subPath,
      })),
      logs.mount,
      ...(leaves || tls !== undefined ? [Scripts.mount()] : []),
      ...(tls === undefined ? [] : PROXIED_MOUNTS),
    ],
  };

  return podOf({
    patches: settings.podTemplates[writes ? 'writable' : 'readonly'],
    terminationGracePeriodSeconds: writes
      ? WRITABLE_GRACE_SECONDS
      : readerDrainSeconds(settings) + IN_FLIGHT_SECONDS,
    drainSeconds: leaves ? readerDrainSeconds(settings) : undefined,
    selectorLabels: props.selectorLabels,
    checksum: checksum(
      template.text,
      assetsChecksum(scripts),
      ...(extraConfig.length > 0 ? [JSON.stringify(milvus.extraConfigFiles)] : []),
      ...(tls === undefined ? [] : [proxyChecksum(tls)]),
    ),
    hostAliases: tls === undefined ? [] : endpointAliases([tls]),
    lowPort: lowPort(settings),
    asRoot,
    replicas: props.replicas,
    initContainers: [
      ...(database === undefined ? [] : [waitForMysql(database, images.mysql, settings)]),
      ...(s3 === undefined ? [] : [s3Preflight(settings, s3, { createBucket: writes, tmpVolume: 'tmp' })]),
      ...(storage.persistence.enabled
        ? [
            volumePreflight(settings, {
              image: role.image,
              writes,
              mounts: directories.map(({ mount }) => mount),
            }),
          ]
        : []),
      renderConfig(settings, role.image, template.key),
    ],
    containers: [
      container,
      ...(tls === undefined ? [] : [proxyContainer(settings, tls)]),
      ...pushgateway(settings),
    ],
    volumes: [
      configMapVolume('server-config-template', names.cluster, [template.key]),
      Scripts.volume(names.scripts, scripts),
      emptyDir('server-config', '1Mi', true),
      ...(s3 === undefined ? [] : [emptyDir('tmp', '64Mi')]),
      ...directories.flatMap(({ volumes }) => volumes),
      ...walVolumes,
      ...logs.volumes,
      ...extraConfig,
      ...(tls === undefined ? [] : proxyVolumes(names.s3Tls, tls)),
    ],
  });
}

/** A reader is out of the ring before it is told to stop, and has answered what it was asked. */
function leave(settings: Settings): string[] {
  const { httpEnabled, httpPort } = settings.milvus.network;
  return [
    'sh',
    Scripts.path(LEAVE),
    httpEnabled ? String(httpPort) : '',
    String(readerDrainSeconds(settings)),
  ];
}

/** The writer locks a file directly in storage.path: in an adopted release the image's own directory. */
function writesToRoot({ storage }: Settings, writes: boolean): boolean {
  return storage.path === IMAGE_DIRECTORY && writes;
}

/** Annotations of a server's Deployment: those that are configured, and why it runs as root if it does. */
export function serverAnnotations(
  settings: Settings,
  role: WritableSettings | ReadonlySettings,
  writes: boolean,
): { readonly annotations: Readonly<Record<string, string>> } {
  const reason = `securityProfile baseline: the files of ${settings.storage.path} belong to root`;
  return {
    annotations: {
      ...(role.securityProfile === 'baseline' && baselineAnnotations(reason, writesToRoot(settings, writes))),
      ...(lowPort(settings) !== undefined && {
        'ignore-check.kube-linter.io/unsafe-sysctls':
          'net.ipv4.ip_unprivileged_port_start is a safe one: the proxy that speaks TLS to S3 listens on 80',
      }),
      ...role.annotations,
    },
  };
}

/** The port below 1024 of the proxy in the pod. */
function lowPort(settings: Settings): number | undefined {
  const tls = s3OverTls(settings);
  return tls !== undefined && proxyPort(tls) < 1024 ? proxyPort(tls) : undefined;
}

interface Directory {
  readonly volumes: readonly k8s.Volume[];
  readonly mount: k8s.VolumeMount;
}

/**
 * The volumes of storage.path. What is worth keeping is in its directory `db` alone; above it is the lock file, which a
 * volume that several nodes share may not be able to lock.
 */
function storageDirectories({ storage }: Settings, names: Names): readonly Directory[] {
  const adopted = storage.path === IMAGE_DIRECTORY;
  const { persistence } = storage;
  if (!persistence.enabled) {
    return [
      {
        volumes: [emptyDir('storage', storage.sizeLimit)],
        mount: { name: 'storage', mountPath: adopted ? `${storage.path}/db` : storage.path },
      },
    ];
  }
  return [
    ...(adopted
      ? []
      : [
          {
            volumes: [emptyDir('lock', '16Mi')],
            mount: { name: 'lock', mountPath: storage.path },
          },
        ]),
    {
      volumes: persistentVolume('storage', persistence, names.storage),
      mount: {
        name: 'storage',
        mountPath: `${storage.path}/db`,
        subPath: persistence.subPath || undefined,
      },
    },
  ];
}

/** Log files: scratch, or a directory of its own on the claim that all servers share, whose files have the same names. */
function logDirectory({ milvus }: Settings, names: Names, writes: boolean) {
  const { path, sizeLimit, persistence } = milvus.logs;
  const mount = { name: 'logs', mountPath: path };
  if (!persistence.enabled) return { env: undefined, volumes: [emptyDir('logs', sizeLimit)], mount };
  const below = persistence.subPath ? `${persistence.subPath}/` : '';
  const volumes = persistentVolume('logs', persistence, names.logs);
  if (writes) return { env: undefined, volumes, mount: { ...mount, subPath: `${below}writable` } };
  return {
    env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    volumes,
    mount: { ...mount, subPathExpr: `${below}$(POD_NAME)` },
  };
}

function extraConfigVolumes({ milvus }: Settings, names: Names): k8s.Volume[] {
  return Object.keys(milvus.extraConfigFiles).length > 0
    ? [configMapVolume('extra-config', names.extraConfig)]
    : [];
}

/** Devices are asked for whole, and as limit and request alike. */
function withDevices(
  resources: k8s.ResourceRequirements,
  gpu: WritableSettings['gpu'],
): k8s.ResourceRequirements {
  if (gpu === undefined) return resources;
  const devices = { [gpu.resourceName]: k8s.Quantity.fromString(String(gpu.count)) };
  return {
    requests: { ...resources.requests, ...devices },
    limits: { ...resources.limits, ...devices },
  };
}

/** Puts the credentials into the configuration; the server itself never has them in its environment. */
function renderConfig(settings: Settings, image: string, templateKey: string): k8s.Container {
  const { database, imagePullPolicy, s3 } = settings;
  return {
    name: 'render-config',
    image,
    imagePullPolicy,
    command: [
      'sh',
      Scripts.path(RENDER_CONFIG),
      `${TEMPLATE_DIRECTORY}/${templateKey}`,
      `${RENDERED_DIRECTORY}/${CONFIG_FILE}`,
    ],
    env: nonEmptyList([
      ...(database === undefined
        ? []
        : [secretEnv('MYSQL_PASSWORD', database.credentials.secretName, database.credentials.keys.password)]),
      ...(s3 === undefined ? [] : s3CredentialsEnv(s3)),
    ]),
    resources: INIT_RESOURCES,
    securityContext: containerSecurity(),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      Scripts.mount(),
      { name: 'server-config-template', mountPath: TEMPLATE_DIRECTORY, readOnly: true },
      { name: 'server-config', mountPath: RENDERED_DIRECTORY },
    ],
  };
}

const STARTUP_PERIOD_SECONDS = 10;

/**
 * The HTTP listener opens after WAL replay and preloading, so that its answer means ready. Gentle thresholds: with the
 * stock discovery one Unhealthy event is enough to drop a reader.
 */
function probes(http: boolean, role: WritableSettings | ReadonlySettings) {
  const probe = (path: string): Pick<k8s.Probe, 'httpGet' | 'tcpSocket'> =>
    http
      ? { httpGet: { path, port: k8s.IntOrString.fromString('web') } }
      : { tcpSocket: { port: k8s.IntOrString.fromString('engine') } };
  return {
    startupProbe: {
      ...probe('/state'),
      periodSeconds: STARTUP_PERIOD_SECONDS,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(role.startupTimeoutSeconds / STARTUP_PERIOD_SECONDS),
    },
    readinessProbe: {
      ...probe('/system/status'),
      periodSeconds: 10,
      timeoutSeconds: 10,
      failureThreshold: 3,
    },
    livenessProbe: { ...probe('/state'), periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6 },
  };
}
