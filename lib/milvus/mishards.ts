import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { MISHARDS_DRAIN_SECONDS } from '../config/draining';
import type { DatabaseSettings, Settings } from '../config/settings';
import { asset, assetsChecksum } from '../kubernetes/assets';
import { Part, type PartProps } from '../kubernetes/part';
import {
  configMapVolume,
  containerSecurity,
  emptyDir,
  graceSeconds,
  INIT_RESOURCES,
  podOf,
  ROLLING_UPDATE,
  resourceRequirements,
  startSeconds,
  startupSeconds,
} from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';
import { serviceSpec } from '../kubernetes/service';
import { databaseEnv, WAIT_FOR_MYSQL, waitForMysql } from '../metadata/database';
import { autoscaler, declaredReplicas, disruptionBudget } from '../operations/replication';
import type { ReadonlyNodes } from './readonly';
import type { WritableNode } from './writable';

export interface MishardsProps extends PartProps {
  readonly database: DatabaseSettings;
  readonly writable: WritableNode;
  readonly readers: ReadonlyNodes;
}

const ENTRYPOINT = 'mishards/entrypoint.py';
const WAIT_FOR_SERVER = 'mishards/wait_for_server.py';

/** Scripts that the proxy's containers run. */
export const MISHARDS_SCRIPTS = [WAIT_FOR_MYSQL, WAIT_FOR_SERVER, ENTRYPOINT];

/** The Python package that runs mishards, and mends it. */
const PACKAGE = 'milvus_proxy';
const MODULES = [
  '__init__.py',
  '__main__.py',
  'commands.py',
  'discovery.py',
  'health.py',
  'logs.py',
  'readers.py',
  'searching.py',
  'sessions.py',
  'upstream.py',
];
const moduleFile = (module: string) => `mishards/${PACKAGE}/${module}`;
/** Where Python looks for the package. */
const PACKAGE_DIRECTORY = '/opt/cdk8s-milvus-mishards';
/** Port in the pods, whatever that of the Service. */
export const MISHARDS_PORT = 19530;
const HEALTH_PORT = 19120;
/** Running searches have this long, after the pod has left the Service. */
const GRACE_SECONDS = 30;

/** The proxy that clients connect to: searches go to the readers, everything else to the writable. */
export class Mishards extends Part {
  /** The proxies. */
  public readonly deployment: ApiObject;
  /** The PodDisruptionBudget; unset with one pod. */
  public readonly disruptionBudget?: ApiObject;
  /** The HorizontalPodAutoscaler; unset unless enabled. */
  public readonly autoscaler?: ApiObject;
  /** The Service that clients connect to. */
  public readonly service: ApiObject;
  /** The ConfigMap with the Python package that runs mishards, and mends it. */
  public readonly modules: ApiObject;
  /** ServiceAccount, Role and RoleBinding of the stock discovery; unset with another one. */
  public readonly rbac?: {
    readonly serviceAccount: ApiObject;
    readonly role: ApiObject;
    readonly roleBinding: ApiObject;
  };
  /** Name of the Service. */
  public readonly host: string;
  /** Port of the Service. */
  public readonly port: number;

  public constructor(scope: Construct, id: string, props: MishardsProps) {
    const { settings, names, database, writable, readers } = props;
    super(scope, id, settings, 'mishards');
    const { mishards, service, images } = settings;
    const imagePullPolicy = settings.imagePullPolicy;
    this.host = names.cluster;
    this.port = service.port;
    this.modules = this.object(
      'Modules',
      k8s.KubeConfigMap.manifest({
        metadata: this.metadata(names.mishards),
        data: Object.fromEntries(MODULES.map((module) => [module, asset(moduleFile(module))])),
      }),
    );

    const woserver = { name: 'WOSERVER', value: `tcp://${writable.host}:${writable.port}` };
    const container: k8s.Container = {
      name: 'mishards',
      image: images.mishards,
      imagePullPolicy,
      command: ['python3', Scripts.path(ENTRYPOINT)],
      env: [
        woserver,
        ...databaseEnv(database, 'MYSQL_PASSWORD'),
        ...processEnv(settings),
        ...DISCOVERY_ENV[mishards.discovery](settings, readers),
        ...tracingEnv(settings),
      ],
      ports: [
        { name: 'mishards', containerPort: MISHARDS_PORT, protocol: 'TCP' },
        { name: 'health', containerPort: HEALTH_PORT, protocol: 'TCP' },
      ],
      ...probes(mishards.maxRetry),
      // Until no client is sent here any more; then SIGTERM, which the entrypoint passes on.
      lifecycle: { preStop: { exec: { command: ['sleep', String(MISHARDS_DRAIN_SECONDS)] } } },
      resources: resourceRequirements(mishards.resources),
      securityContext: containerSecurity(),
      volumeMounts: [
        Scripts.mount(),
        { name: 'modules', mountPath: `${PACKAGE_DIRECTORY}/${PACKAGE}`, readOnly: true },
        { name: 'tmp', mountPath: '/tmp' },
      ],
    };
    const waitForWritable = {
      name: 'wait-for-writable',
      image: images.mishards,
      imagePullPolicy,
      command: ['python3', Scripts.path(WAIT_FOR_SERVER)],
      env: [
        { name: 'SERVER', value: woserver.value },
        { name: 'SERVER_NAME', value: 'writable' },
        // As long as a server may take to start.
        { name: 'WAIT_SECONDS', value: String(settings.writable.startupTimeoutSeconds) },
      ],
      resources: INIT_RESOURCES,
      securityContext: containerSecurity(),
      terminationMessagePolicy: 'FallbackToLogsOnError',
      volumeMounts: [Scripts.mount()],
    };

    const pod = podOf({
      patches: settings.podTemplates.mishards,
      terminationGracePeriodSeconds: GRACE_SECONDS,
      drainSeconds: MISHARDS_DRAIN_SECONDS,
      selectorLabels: this.selectorLabels,
      checksum: assetsChecksum([...MISHARDS_SCRIPTS, ...MODULES.map(moduleFile)]),
      tokenOf: mishards.discovery === 'kubernetes' ? names.mishards : undefined,
      replicas: mishards.replicas,
      initContainers: [waitForMysql(database, images.mysql, settings), waitForWritable],
      containers: [container],
      volumes: [
        Scripts.volume(names.scripts, MISHARDS_SCRIPTS),
        configMapVolume('modules', names.mishards),
        // Log files; the entrypoint keeps them small.
        emptyDir('tmp', '256Mi'),
      ],
    });
    // It waits for the writable, and is ready with the first reader.
    const afterServers = Math.max(writable.startSeconds, readers.startSeconds) + startupSeconds(pod);
    // Unless somebody has an account for it already.
    if (pod.template.spec.serviceAccountName === names.mishards) {
      this.rbac = this.permissions(names.mishards);
    }

    this.deployment = this.workload(
      k8s.KubeDeployment.manifest({
        metadata: this.metadata(names.mishards, mishards),
        spec: {
          replicas: declaredReplicas(settings, mishards),
          strategy: ROLLING_UPDATE,
          progressDeadlineSeconds: Math.max(startSeconds(pod), afterServers),
          selector: { matchLabels: { ...this.selectorLabels } },
          template: {},
        },
      }),
      pod,
    );

    const workload = { metadata: this.metadata(names.mishards), selectorLabels: this.selectorLabels };
    const { podDisruptionBudget, autoscaling } = mishards;
    if (podDisruptionBudget !== undefined) {
      this.disruptionBudget = disruptionBudget(this, workload, podDisruptionBudget);
    }
    if (autoscaling !== undefined) this.autoscaler = autoscaler(this, workload, autoscaling);

    this.service = this.object(
      'Service',
      k8s.KubeService.manifest({
        metadata: this.metadata(names.cluster, service),
        spec: serviceSpec(
          this.selectorLabels,
          [{ name: 'shards', port: service.port, target: 'mishards' }],
          service,
        ),
      }),
    );
  }

  /** What the stock discovery needs and no more: to see the pods of its namespace and their events. */
  private permissions(name: string) {
    return {
      serviceAccount: this.object(
        'ServiceAccount',
        k8s.KubeServiceAccount.manifest({
          metadata: this.metadata(name),
          automountServiceAccountToken: false,
        }),
      ),
      role: this.object(
        'Role',
        k8s.KubeRole.manifest({
          metadata: this.metadata(name),
          rules: [
            { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
            { apiGroups: [''], resources: ['events'], verbs: ['list', 'watch'] },
          ],
        }),
      ),
      roleBinding: this.object(
        'RoleBinding',
        k8s.KubeRoleBinding.manifest({
          metadata: this.metadata(name),
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
          subjects: [{ kind: 'ServiceAccount', name }],
        }),
      ),
    };
  }
}

/** Real environment variables win over any .env file in the image. Some names are lower case in mishards itself. */
function processEnv({ mishards, podTemplates }: Settings): k8s.EnvVar[] {
  const { database } = mishards;
  const stopSeconds = graceSeconds(podTemplates.mishards, GRACE_SECONDS) - MISHARDS_DRAIN_SECONDS - 1;
  return environment({
    SERVER_PORT: MISHARDS_PORT,
    MAX_WORKERS: mishards.maxWorkers,
    MAX_RETRY: mishards.maxRetry,
    LOG_LEVEL: mishards.logLevel,
    LOG_PATH: '/tmp/mishards',
    pool_size: database.poolSize,
    max_overflow: database.maxOverflow,
    pool_recycle: database.poolRecycleSeconds,
    pool_timeout: database.poolTimeoutSeconds,
    pool_pre_ping: 'True',
    STOP_SECONDS: Math.max(1, stopSeconds),
    MISHARDS_COMMANDS: mishards.commands,
    HEALTH_PORT,
    PYTHONPATH: PACKAGE_DIRECTORY,
    PYTHONDONTWRITEBYTECODE: 1,
    PYTHONUNBUFFERED: 1,
  });
}

function dnsDiscoveryEnv({ mishards }: Settings, readers: ReadonlyNodes): k8s.EnvVar[] {
  return environment({
    DISCOVERY_CLASS_NAME: 'dns',
    DISCOVERY_DNS_HOST: readers.discoveryHost,
    DISCOVERY_DNS_PORT: readers.port,
    DISCOVERY_DNS_POLL_INTERVAL: mishards.discoveryIntervalSeconds,
  });
}

function kubernetesDiscoveryEnv({ mishards }: Settings, readers: ReadonlyNodes): k8s.EnvVar[] {
  const selector = Object.entries(readers.selectorLabels).map(([key, value]) => `${key}=${value}`);
  return [
    // From the pod itself: right wherever kustomize puts the cluster.
    { name: 'DISCOVERY_KUBERNETES_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    ...environment({
      DISCOVERY_CLASS_NAME: 'kubernetes',
      DISCOVERY_KUBERNETES_IN_CLUSTER: 'true',
      // With the instance: one foreign pod that the pattern does not match stops the stock discovery.
      DISCOVERY_KUBERNETES_LABEL_SELECTOR: selector.join(','),
      DISCOVERY_KUBERNETES_POD_PATT: '.*',
      DISCOVERY_KUBERNETES_POLL_INTERVAL: mishards.discoveryIntervalSeconds,
      DISCOVERY_KUBERNETES_PORT: readers.port,
    }),
  ];
}

function staticDiscoveryEnv({ mishards }: Settings, readers: ReadonlyNodes): k8s.EnvVar[] {
  return environment({
    DISCOVERY_CLASS_NAME: 'static',
    // Never the writable, which would then be given searches.
    DISCOVERY_STATIC_HOSTS: (mishards.staticHosts ?? [readers.host]).join(','),
    DISCOVERY_STATIC_PORT: readers.port,
  });
}

const DISCOVERY_ENV: Readonly<
  Record<Settings['mishards']['discovery'], (settings: Settings, readers: ReadonlyNodes) => k8s.EnvVar[]>
> = { dns: dnsDiscoveryEnv, kubernetes: kubernetesDiscoveryEnv, static: staticDiscoveryEnv };

function tracingEnv({ name, mishards: { tracing } }: Settings): k8s.EnvVar[] {
  if (!tracing.enabled) return [];
  return environment({
    TRACER_CLASS_NAME: tracing.className,
    TRACING_SERVICE_NAME: tracing.serviceName ?? name,
    TRACING_REPORTING_HOST: tracing.host,
    TRACING_REPORTING_PORT: tracing.port,
    TRACING_SAMPLER_TYPE: tracing.samplerType,
    TRACING_SAMPLER_PARAM: tracing.samplerParam,
  });
}

function environment(variables: Readonly<Record<string, string | number>>): k8s.EnvVar[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value: String(value) }));
}

/** Seconds of one try to connect to a server, in pymilvus. */
const CONNECT_SECONDS = 30;

/** The gRPC port opens after the writable was reached. From then on the package tells what is there and what is not. */
function probes(maxRetry: number) {
  const health = (path: string) => ({ httpGet: { path, port: k8s.IntOrString.fromString('health') } });
  return {
    startupProbe: {
      tcpSocket: { port: k8s.IntOrString.fromString('mishards') },
      periodSeconds: 5,
      failureThreshold: Math.ceil((CONNECT_SECONDS * maxRetry) / 5) + 12,
    },
    readinessProbe: { ...health('/ready'), periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...health('/live'), periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
  };
}
