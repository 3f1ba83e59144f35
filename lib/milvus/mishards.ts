import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { MISHARDS_DRAIN_SECONDS } from '../config/cross-checks';
import type { Settings } from '../config/settings';
import { asset, assetsChecksum } from '../kubernetes/assets';
import { Part, type PartProps } from '../kubernetes/part';
import {
  configMapVolume,
  containerSecurity,
  emptyDir,
  INIT_RESOURCES,
  podTemplate,
  ROLLING_UPDATE,
  resourceRequirements,
  withScheduling,
} from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';
import { databaseEnv, WAIT_FOR_MYSQL, waitForMysql } from '../metadata/database';
import type { ReadonlyNodes } from './readonly';
import type { WritableNode } from './writable';

export interface MishardsProps extends PartProps {
  readonly writable: WritableNode;
  readonly readers: ReadonlyNodes;
}

const ENTRYPOINT = 'mishards/entrypoint.py';
const WAIT_FOR_WRITABLE = 'mishards/wait_for_writable.py';
const DNS_DISCOVERY = 'mishards/dns_discovery.py';

/** Scripts that the proxy's containers run. */
export const MISHARDS_SCRIPTS = [WAIT_FOR_MYSQL, WAIT_FOR_WRITABLE, ENTRYPOINT];

/** Every .py file in it is loaded as a plugin, so it holds the plugin alone. */
const PLUGIN_DIRECTORY = '/opt/cdk8s-milvus-discovery';
const PORT = 19530;
const HEALTH_PORT = 19120;

/** The proxy that clients connect to: searches go to the readers, everything else to the writable. */
export class Mishards extends Part {
  public readonly deployment: ApiObject;
  /** The Service that clients connect to. */
  public readonly service: ApiObject;
  /** The ConfigMap with the discovery plugin; unset with another discovery. */
  public readonly discoveryPlugin?: ApiObject;
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

  public constructor(scope: Construct, id: string, { settings, names, writable, readers }: MishardsProps) {
    super(scope, id, settings, 'mishards');
    const { mishards, service, images, imagePullPolicy, database } = settings;
    const dns = mishards.discovery === 'dns';
    this.host = names.cluster;
    this.port = service.port;
    if (dns) this.discoveryPlugin = this.plugin(names.mishards);
    else this.rbac = this.permissions(names.mishards);

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
        ...(dns ? dnsDiscoveryEnv(settings, readers) : kubernetesDiscoveryEnv(settings, readers)),
      ],
      ports: [
        { name: 'mishards', containerPort: PORT, protocol: 'TCP' },
        ...(dns ? [{ name: 'health', containerPort: HEALTH_PORT, protocol: 'TCP' }] : []),
      ],
      ...probes(dns, mishards.maxRetry),
      // Until no client is sent here any more; then SIGTERM, which the entrypoint passes on.
      lifecycle: { preStop: { exec: { command: ['sleep', String(MISHARDS_DRAIN_SECONDS)] } } },
      resources: resourceRequirements(mishards.resources),
      securityContext: containerSecurity(),
      volumeMounts: [
        Scripts.mount(),
        ...(dns ? [{ name: 'discovery', mountPath: PLUGIN_DIRECTORY, readOnly: true }] : []),
        { name: 'tmp', mountPath: '/tmp' },
      ],
    };
    const waitForWritable: k8s.Container = {
      name: 'wait-for-writable',
      image: images.mishards,
      imagePullPolicy,
      command: ['python3', Scripts.path(WAIT_FOR_WRITABLE)],
      // As long as the writable may take to start.
      env: [woserver, { name: 'WAIT_SECONDS', value: String(settings.writable.startupTimeoutSeconds) }],
      resources: INIT_RESOURCES,
      securityContext: containerSecurity(),
      terminationMessagePolicy: 'FallbackToLogsOnError',
      volumeMounts: [Scripts.mount()],
    };

    this.deployment = this.object(
      'Deployment',
      withScheduling(
        k8s.KubeDeployment.manifest({
          metadata: this.metadata(names.mishards),
          spec: {
            replicas: mishards.replicas,
            strategy: ROLLING_UPDATE,
            selector: { matchLabels: { ...this.selectorLabels } },
            template: podTemplate({
              options: mishards,
              imagePullSecrets: settings.imagePullSecrets,
              selectorLabels: this.selectorLabels,
              checksum: assetsChecksum([...MISHARDS_SCRIPTS, ...(dns ? [DNS_DISCOVERY] : [])]),
              serviceAccountName: this.rbac?.serviceAccount.name,
              replicas: mishards.replicas,
              initContainers: [waitForMysql(database, images.mysql, settings), waitForWritable],
              containers: [container],
              volumes: [
                Scripts.volume(names.scripts, MISHARDS_SCRIPTS),
                ...(dns ? [configMapVolume('discovery', names.mishards)] : []),
                // Log files; the entrypoint keeps them small.
                emptyDir('tmp', '256Mi'),
              ],
            }),
          },
        }),
        mishards,
      ),
    );

    this.service = this.object(
      'Service',
      k8s.KubeService.manifest({
        metadata: this.metadata(names.cluster, service),
        spec: {
          type: service.type,
          ipFamilies: ['IPv4'],
          clusterIp: service.clusterIP,
          loadBalancerIp: service.loadBalancerIP,
          loadBalancerSourceRanges: nonEmpty(service.loadBalancerSourceRanges),
          externalIPs: nonEmpty(service.externalIPs),
          selector: { ...this.selectorLabels },
          ports: [
            {
              name: 'shards',
              port: service.port,
              protocol: 'TCP',
              targetPort: k8s.IntOrString.fromString('mishards'),
              nodePort: service.nodePort,
            },
          ],
        },
      }),
    );
  }

  private plugin(name: string): ApiObject {
    return this.object(
      'DiscoveryPlugin',
      k8s.KubeConfigMap.manifest({
        metadata: this.metadata(name),
        data: { 'dns_discovery.py': asset(DNS_DISCOVERY) },
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
function processEnv({ mishards }: Settings): k8s.EnvVar[] {
  const { database } = mishards;
  const stopSeconds = mishards.terminationGracePeriodSeconds - MISHARDS_DRAIN_SECONDS - 1;
  return environment({
    SERVER_PORT: PORT,
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
    PYTHONDONTWRITEBYTECODE: 1,
    PYTHONUNBUFFERED: 1,
  });
}

function dnsDiscoveryEnv({ mishards }: Settings, readers: ReadonlyNodes): k8s.EnvVar[] {
  return environment({
    DISCOVERY_CLASS_NAME: 'dns',
    DISCOVERY_PLUGIN_PATH: PLUGIN_DIRECTORY,
    DISCOVERY_DNS_HOST: readers.discoveryHost,
    DISCOVERY_DNS_PORT: readers.port,
    DISCOVERY_DNS_POLL_INTERVAL: mishards.discoveryIntervalSeconds,
    DISCOVERY_DNS_HEALTH_PORT: HEALTH_PORT,
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

function environment(variables: Readonly<Record<string, string | number>>): k8s.EnvVar[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value: String(value) }));
}

/** Seconds of one try to connect to a server, in pymilvus. */
const CONNECT_SECONDS = 30;

/**
 * The gRPC port opens after the writable was reached. From then on our plugin tells whether its loop is alive and
 * whether there is a reader; with the stock discovery the open port is all there is to see.
 */
function probes(dns: boolean, maxRetry: number) {
  const open = { tcpSocket: { port: k8s.IntOrString.fromString('mishards') } };
  const health = (path: string) =>
    dns ? { httpGet: { path, port: k8s.IntOrString.fromString('health') } } : open;
  return {
    startupProbe: {
      ...open,
      periodSeconds: 5,
      failureThreshold: Math.ceil((CONNECT_SECONDS * maxRetry) / 5) + 12,
    },
    readinessProbe: { ...health('/ready'), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...health('/live'), periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
  };
}

function nonEmpty<T>(list: readonly T[]): T[] | undefined {
  return list.length > 0 ? [...list] : undefined;
}
