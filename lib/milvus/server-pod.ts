import { k8s } from 'cdk8s-plus-25';
import type { ReadonlySettings, Settings, WritableSettings } from '../config/settings';
import { assetsChecksum, checksum } from '../kubernetes/assets';
import type { Names } from '../kubernetes/names';
import {
  configMapVolume,
  containerSecurity,
  emptyDir,
  INIT_RESOURCES,
  podTemplate,
  resourceRequirements,
  secretEnv,
} from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';
import { WAIT_FOR_MYSQL, waitForMysql } from '../metadata/database';
import { S3_PREFLIGHT, S3_REMOTE, s3CredentialsEnv, s3Preflight } from '../storage/s3';
import type { ServerConfigTemplate } from './server-config';

export const RENDER_CONFIG = 'render-config.sh';

/** Scripts that the init containers of a server run. */
export const SERVER_SCRIPTS = [WAIT_FOR_MYSQL, S3_PREFLIGHT, S3_REMOTE, RENDER_CONFIG];

const TEMPLATE_DIRECTORY = '/etc/milvus';
const RENDERED_DIRECTORY = '/run/milvus';
const CONFIG_FILE = 'server_config.yaml';
/** Where the image has its programs and, in an adopted chart release, its data. */
const IMAGE_DIRECTORY = '/var/lib/milvus';

export interface ServerPodProps {
  readonly settings: Settings;
  readonly names: Names;
  readonly role: WritableSettings | ReadonlySettings;
  readonly selectorLabels: Readonly<Record<string, string>>;
  /** This role's server_config.yaml. */
  readonly template: ServerConfigTemplate;
  /** The volume of the WAL, called `wal`; a reader has none. */
  readonly walVolumes: readonly k8s.Volume[];
  readonly createBucket: boolean;
  readonly replicas: number;
}

/** The pod of a Milvus server: the checks, the rendering of its configuration, the server. */
export function serverPodTemplate(props: ServerPodProps): k8s.PodTemplateSpec {
  const { settings, names, role, template, walVolumes } = props;
  const { milvus, storage, images, imagePullPolicy, imagePullSecrets } = settings;
  const writes = walVolumes.length > 0;
  const adopted = storage.path === IMAGE_DIRECTORY;
  // The writer locks a file directly in storage.path. In the image's own directory that takes root and a writable
  // root filesystem; a reader takes no lock and needs `db` below it alone.
  const asRoot = adopted && writes;

  const container: k8s.Container = {
    name: 'milvus',
    image: images.milvus,
    imagePullPolicy,
    // args, not command: the image's entrypoint is tini, which passes signals on.
    args: [`${IMAGE_DIRECTORY}/bin/milvus_server`, '-c', `${RENDERED_DIRECTORY}/${CONFIG_FILE}`],
    ports: [
      { name: 'engine', containerPort: milvus.network.port, protocol: 'TCP' },
      ...(milvus.network.httpEnabled
        ? [{ name: 'web', containerPort: milvus.network.httpPort, protocol: 'TCP' }]
        : []),
    ],
    ...probes(milvus.network.httpEnabled, role.startupTimeoutSeconds),
    resources: resourceRequirements(role.resources),
    securityContext: containerSecurity(!asRoot),
    volumeMounts: [
      // Read-only, so that a client's set_config does not outlive the process.
      { name: 'server-config', mountPath: RENDERED_DIRECTORY, readOnly: true },
      { name: 'storage', mountPath: adopted ? `${storage.path}/db` : storage.path },
      ...walVolumes.map(({ name }) => ({ name, mountPath: settings.wal.path })),
      { name: 'logs', mountPath: milvus.logs.path },
    ],
  };

  return podTemplate({
    options: role,
    imagePullSecrets,
    selectorLabels: props.selectorLabels,
    checksum: checksum(template.text, assetsChecksum(SERVER_SCRIPTS)),
    asRoot,
    replicas: props.replicas,
    initContainers: [
      waitForMysql(settings.database, images.mysql, settings),
      s3Preflight(settings, { createBucket: props.createBucket, tmpVolume: 'tmp' }),
      renderConfig(settings, template.key),
    ],
    containers: [container],
    volumes: [
      configMapVolume('server-config-template', names.cluster, [template.key]),
      Scripts.volume(names.scripts, SERVER_SCRIPTS),
      emptyDir('server-config', '1Mi', true),
      emptyDir('tmp', '64Mi'),
      emptyDir('storage', storage.sizeLimit),
      ...walVolumes,
      emptyDir('logs', milvus.logs.sizeLimit),
    ],
  });
}

/** Puts the credentials into the configuration; the server itself never has them in its environment. */
function renderConfig(settings: Settings, templateKey: string): k8s.Container {
  const { database, images, imagePullPolicy, s3 } = settings;
  return {
    name: 'render-config',
    image: images.milvus,
    imagePullPolicy,
    command: [
      'sh',
      Scripts.path(RENDER_CONFIG),
      `${TEMPLATE_DIRECTORY}/${templateKey}`,
      `${RENDERED_DIRECTORY}/${CONFIG_FILE}`,
    ],
    env: [
      secretEnv('MYSQL_PASSWORD', database.credentials.secretName, database.credentials.keys.password),
      ...s3CredentialsEnv(s3),
    ],
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
function probes(http: boolean, startupTimeoutSeconds: number) {
  const probe = (path: string): Pick<k8s.Probe, 'httpGet' | 'tcpSocket'> =>
    http
      ? { httpGet: { path, port: k8s.IntOrString.fromString('web') } }
      : { tcpSocket: { port: k8s.IntOrString.fromString('engine') } };
  return {
    startupProbe: {
      ...probe('/state'),
      periodSeconds: STARTUP_PERIOD_SECONDS,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(startupTimeoutSeconds / STARTUP_PERIOD_SECONDS),
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
