import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LiveObject } from '../../lib/live/objects';
import { CANARIES } from './clusters';
import type { LiveCluster } from './live-cluster';

/** What the API server serves here: group and version, plural, kind, whether it is in namespaces. */
const RESOURCES = [
  ['v1', 'pods', 'Pod', true],
  ['v1', 'services', 'Service', true],
  ['v1', 'events', 'Event', true],
  ['v1', 'secrets', 'Secret', true],
  ['v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', true],
  ['v1', 'nodes', 'Node', false],
  ['apps/v1', 'deployments', 'Deployment', true],
  ['apps/v1', 'statefulsets', 'StatefulSet', true],
  ['apps/v1', 'replicasets', 'ReplicaSet', true],
  ['batch/v1', 'jobs', 'Job', true],
  ['batch/v1', 'cronjobs', 'CronJob', true],
  ['storage.k8s.io/v1', 'storageclasses', 'StorageClass', false],
] as const;

/** A right, as `kubectl auth can-i` asks for it: `list pods`, `get pods/log`. */
type Right = `${string} ${string}`;

/**
 * An API server for the real kubectl, which answers from recordings and knows rights as RBAC does: by verb, resource and
 * namespace. It sees what really reaches a cluster.
 */
export class LiveApi {
  /** Method and path of each request but those of discovery. */
  public requests: string[] = [];
  /** What was asked for, as rights. */
  public rights = new Set<Right>();
  /** Whether a right is there; the namespace is undefined for all of them together. */
  public may: (right: Right, namespace: string | undefined) => boolean = () => true;
  public clusters: readonly LiveCluster[] = [];
  /** What is there after so many lists of Deployments. */
  public later: { readonly after: number; readonly clusters: readonly LiveCluster[] } | undefined;
  /** How many of the next requests fail. */
  public fail = 0;
  private looks = 0;
  /** When the data of all Secrets was changed. */
  public secretsChanged = '2026-06-01T00:00:00Z';
  private readonly directory = mkdtempSync(join(tmpdir(), 'live-api-'));
  private server: Server | undefined;

  public async start(): Promise<void> {
    const server = createServer((request, response) => this.answer(request, response));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const cluster = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    writeFileSync(
      this.kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'live', cluster }],
        contexts: [{ name: 'live', context: { cluster: 'live', namespace: 'vectors' } }],
        'current-context': 'live',
      }),
    );
  }

  /** As it was at the start, with other clusters. */
  public reset(clusters: readonly LiveCluster[]): void {
    Object.assign(this, {
      clusters,
      requests: [],
      rights: new Set(),
      later: undefined,
      looks: 0,
      may: () => true,
    });
  }

  public async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
    rmSync(this.directory, { recursive: true });
  }

  private get kubeconfig(): string {
    return join(this.directory, 'config');
  }

  /** For kubectl. */
  public get env(): Readonly<Record<string, string | undefined>> {
    return { PATH: process.env['PATH'], HOME: this.directory, KUBECONFIG: this.kubeconfig };
  }

  private answer({ method = '', url = '' }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const discovered = discovery(pathname);
    if (discovered === undefined) this.requests.push(`${method} ${url}`);
    const body = discovered ?? this.bodyOf(method, pathname, searchParams);
    const isText = typeof body === 'string';
    const { code = 200 } = isText ? {} : (body as { code?: number });
    response.writeHead(code, { 'Content-Type': isText ? 'text/plain' : 'application/json' });
    response.end(isText ? body : JSON.stringify(body));
  }

  private bodyOf(method: string, path: string, search: URLSearchParams): object | string {
    if (this.fail > 0) {
      this.fail -= 1;
      return failure(500, 'InternalError', 'the API server is away');
    }
    const [, namespace, plural = '', name, log = ''] =
      /^\/api(?:s\/[\w.]+)?\/v1(?:\/namespaces\/([^/]+))?\/(\w+)(?:\/([^/]+)(\/log)?)?$/.exec(path) ?? [];
    const [apiVersion, , kind] = RESOURCES.find(([, one]) => one === plural) ?? [];
    if (apiVersion === undefined) return failure(404, 'NotFound', `no such path: ${path}`);
    const reading = search.has('watch') ? 'watch' : name === undefined ? 'list' : 'get';
    const verb = method === 'GET' ? reading : method;
    const right: Right = `${verb} ${plural}${log}`;
    this.rights.add(right);
    if (right === 'list deployments' && this.later !== undefined && this.looks++ >= this.later.after)
      this.clusters = this.later.clusters;
    if (!this.may(right, namespace)) {
      const which = name === undefined ? plural : `${plural} "${name}"`;
      const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
      const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
      const message = `${which} is forbidden: User "reader" cannot ${verb} resource "${plural}${log}" in API group "${group}" ${where}`;
      return failure(403, 'Forbidden', message);
    }
    const all = this.clusters
      .flatMap((cluster) => this.objectsOf(cluster, kind ?? ''))
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .map((object) => ({ ...object, apiVersion }));
    if (name === undefined) {
      const labels = search.get('labelSelector') ?? '';
      const fields = search.get('fieldSelector');
      const items = all.filter(
        (one) => hasLabels(one, labels) && (fields !== 'type=Warning' || one.type === 'Warning'),
      );
      return { apiVersion, kind: `${kind}List`, metadata: { resourceVersion: '1' }, items };
    }
    const object = all.find(({ metadata }) => metadata.name === name);
    if (object === undefined) return failure(404, 'NotFound', `${plural} "${name}" not found`);
    if (log === '') return object;
    const place = `${name}/${search.get('container')}`;
    return this.clusters.map(({ logs }) => logs[place]).find(Boolean) ?? '';
  }

  private objectsOf(cluster: LiveCluster, kind: string): readonly LiveObject[] {
    if (kind === 'Node') return cluster.nodes;
    if (kind === 'StorageClass') return cluster.storageClasses.map((name) => ({ kind, metadata: { name } }));
    if (kind !== 'Secret') return cluster.objects.filter((one) => one.kind === kind);
    return [...cluster.secrets].map(([path, keys]) => {
      const [namespace = '', name = ''] = path.split('/');
      const data = Object.fromEntries(
        keys.map((key) => [key, Buffer.from(CANARIES.mysqlPassword).toString('base64')]),
      );
      const managedFields = [
        { manager: 'kubectl-create', time: this.secretsChanged, fieldsV1: { 'f:data': { '.': {} } } },
        { manager: 'labeller', time: '2999-01-01T00:00:00Z', fieldsV1: { 'f:metadata': {} } },
      ];
      return { kind, metadata: { name, namespace, managedFields }, data, type: 'Opaque' };
    });
  }
}

function hasLabels({ metadata: { labels = {} } }: LiveObject, selector: string): boolean {
  return (selector.match(/[\w./-]+ in \([^)]*\)|[^,]+/g) ?? []).every((requirement) => {
    const [, key = '', set] = /^([\w./-]+) in \(([^)]*)\)$/.exec(requirement) ?? [];
    if (set !== undefined) return set.split(',').includes(labels[key] ?? '');
    const [name = '', value] = requirement.split('=');
    return labels[name] === value;
  });
}

const failure = (code: number, reason: string, message: string) => ({
  apiVersion: 'v1',
  kind: 'Status',
  status: 'Failure',
  message,
  reason,
  code,
});

/** What kubectl asks first: which kinds there are. */
function discovery(path: string): unknown {
  const groups = [...new Set(RESOURCES.map(([group]) => group))];
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis')
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groups
        .filter((group) => group !== 'v1')
        .map((groupVersion) => {
          const version = { groupVersion, version: 'v1' };
          return { name: groupVersion.split('/')[0], versions: [version], preferredVersion: version };
        }),
    };
  const groupVersion = groups.find((group) => path === (group === 'v1' ? '/api/v1' : `/apis/${group}`));
  if (groupVersion === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: RESOURCES.filter(([group]) => group === groupVersion).map(([, name, kind, namespaced]) => ({
      name,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: ['get', 'list', 'watch', 'create', 'delete'],
    })),
  };
}
