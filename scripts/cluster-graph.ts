import { instance as graphvizInstance } from '@viz-js/viz';
import { readYaml } from '../lib/yaml/read';

type Fields = Readonly<Record<string, unknown>>;
export interface Manifest extends Fields {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Fields };
}

/** Something that a pod connects to. */
interface Endpoint {
  readonly name: string;
  readonly address: string;
  readonly port: string;
}

/** By which variables the scripts in assets/ are told where something is. */
export const ENDPOINTS = [
  ['S3', 'S3_ADDRESS', 'S3_PORT'],
  ['S3', 'DATA_ADDRESS', 'DATA_PORT'],
  ['MySQL', 'MYSQL_HOST', 'MYSQL_PORT'],
] as const;

export const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((tree, step) => (tree as Fields | undefined)?.[step], value);
export const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Draws the objects of a cluster from its manifests: who talks to whom on which port (by the NetworkPolicies), where
 * credentials come from and where data goes. Colours follow the reader's light or dark theme, the background with them:
 * a page may be dark where the reader's theme is light.
 * @param yaml the manifests, as they are applied
 */
export async function clusterGraph(yaml: string): Promise<string> {
  return picture(new Drawing(manifestsIn(yaml)).dot(), 'The objects of a cluster, and who talks to whom');
}

export function manifestsIn(yaml: string): readonly Manifest[] {
  return readYaml(yaml).map(({ value }) => value as Manifest);
}

/**
 * @param dot a graph in the language of Graphviz, without attributes of its own
 * @param title what a reader who does not see it is told
 */
export async function picture(dot: readonly string[], title: string): Promise<string> {
  const graphviz = await graphvizInstance();
  const graph = `digraph {
  graph [rankdir=TB, bgcolor=white, nodesep=0.35, ranksep=0.6, fontname="Helvetica,Arial,sans-serif"]
  node [shape=box, style=rounded, fontname="Helvetica,Arial,sans-serif", fontsize=11, margin="0.3,0.1"]
  edge [fontname="Helvetica,Arial,sans-serif", fontsize=9, arrowsize=0.7]
${dot.map((line) => `  ${line}\n`).join('')}}
`;
  return themed(graphviz.renderString(graph, { format: 'svg' }), title);
}

/** Keeps a label off its own edge, in fonts that are wider than Graphviz thinks; spaces that SVG does not drop. */
const PADDING = '\u00a0'.repeat(3);

/** In the file of a server. */
const METRICS_ON = /^metric:\n(?: +.*\n)*? +enable: true$/m;

/** What can be switched on, the key that does it, and how the manifests tell that it is. */
const OPTIONAL: readonly (readonly [what: string, key: string, isOn: (manifest: Manifest) => boolean])[] = [
  ['backups', 'backup.enabled', (one) => one.kind === 'CronJob' && componentOf(one) === 'backup'],
  ['canary', 'smokeTest.schedule', (one) => one.kind === 'CronJob' && componentOf(one) === 'smoke-test'],
  ['web interface', 'admin.enabled', (one) => componentOf(one) === 'admin'],
  [
    'metrics',
    'milvus.metrics.enabled',
    ({ data }) => Object.values((data ?? {}) as Fields).some((file) => METRICS_ON.test(text(file))),
  ],
  ['autoscaling', 'readonly.autoscaling.enabled', ({ kind }) => kind === 'HorizontalPodAutoscaler'],
];
const componentOf = ({ metadata }: Manifest) => metadata.labels?.['component'];

class Drawing {
  private readonly workloads: readonly Manifest[];
  private readonly nodes = new Map<string, string>();
  private readonly edges = new Set<string>();

  public constructor(private readonly manifests: readonly Manifest[]) {
    this.workloads = manifests.filter(({ kind }) => ['Deployment', 'StatefulSet', 'CronJob'].includes(kind));
  }

  public dot(): readonly string[] {
    for (const workload of this.workloads) this.workload(workload);
    for (const service of this.ofKind('Service')) this.service(service);
    for (const policy of this.ofKind('NetworkPolicy')) this.flows(policy);
    return [...this.nodes.values(), ...this.edges, ...this.off()];
  }

  /** What the cluster could have and has not, below all the rest. */
  private off(): readonly string[] {
    const off = OPTIONAL.filter(([, , isOn]) => !this.manifests.some(isOn));
    const [lowest] = [...this.edges].slice(-1).map((edge) => edge.split(' -> ')[1]?.split(' [')[0]);
    return off.flatMap(([what, key]) => [
      `${quoted(`off ${what}`)} [label=${quoted(`${what}: off\\n${key}`)}, class="off", style="rounded,dashed"]`,
      ...(lowest === undefined ? [] : [`${lowest} -> ${quoted(`off ${what}`)} [style=invis]`]),
    ]);
  }

  private ofKind(kind: string): readonly Manifest[] {
    return this.manifests.filter((manifest) => manifest.kind === kind);
  }

  private node(id: string, label: readonly string[], kind: string, shape = 'box'): string {
    const lines = label.join('\\n');
    this.nodes.set(id, `${quoted(id)} [label=${quoted(lines)}, class=${quoted(kind)}, shape=${shape}]`);
    return id;
  }

  private edge(from: string, to: string, label: string, kind: string): void {
    const plain = kind === 'flow' ? '' : ', style=dashed, arrowhead=none';
    const padded = label === '' ? '' : `${PADDING}${label}${PADDING}`;
    this.edges.add(
      `${quoted(from)} -> ${quoted(to)} [label=${quoted(padded)}, class=${quoted(kind)}${plain}]`,
    );
  }

  private workload(workload: Manifest): void {
    const { kind, metadata } = workload;
    const id = `${kind}/${metadata.name}`;
    const replicas = at(workload, 'spec', 'replicas');
    this.node(
      id,
      [
        kind,
        metadata.name,
        ...(replicas === undefined ? [] : [`${String(replicas)} pod${replicas === 1 ? '' : 's'}`]),
      ],
      'workload',
    );
    for (const secret of secretsOf(podOf(workload))) {
      this.edge(this.node(`Secret/${secret}`, ['Secret', secret], 'secret', 'note'), id, '', 'credential');
    }
    for (const endpoint of this.endpointsOf(workload)) {
      const { name, address, port } = endpoint;
      const outside = `${address}:${port}`;
      this.edge(id, this.node(`outside ${outside}`, [name, outside], 'outside', 'ellipse'), port, 'flow');
    }
    const claims = [
      ...list(at(podOf(workload), 'volumes')).map((volume) =>
        text(at(volume, 'persistentVolumeClaim', 'claimName')),
      ),
      ...list(at(workload, 'spec', 'volumeClaimTemplates')).map(
        (claim) => `${text(at(claim, 'metadata', 'name'))}-${metadata.name}-0`,
      ),
    ].filter((name) => name !== '');
    for (const claim of claims) {
      this.edge(
        id,
        this.node(`Claim/${claim}`, ['PersistentVolumeClaim', claim], 'volume', 'cylinder'),
        '',
        'data',
      );
    }
  }

  /** The Service that clients use, which is where requests come in. */
  private service({ metadata, spec }: Manifest): void {
    const selector = at(spec, 'selector');
    const name = metadata.name;
    const targets = this.selected(selector);
    // Those in front of servers and MySQL are ways of the flows that the policies tell.
    if (targets.some((target) => name !== target && target.startsWith(`${name}-`))) {
      const id = this.node(`Service/${name}`, ['Service', name, text(at(spec, 'type'))], 'service');
      const clients = this.node('clients', ['clients'], 'outside', 'ellipse');
      const [port] = list(at(spec, 'ports'));
      this.edge(clients, id, String(port?.['port']), 'flow');
      for (const target of targets) this.edge(id, this.idOf(target), String(port?.['port']), 'flow');
    }
  }

  private flows(policy: Manifest): void {
    const sources = this.selected(at(policy, 'spec', 'podSelector', 'matchLabels'));
    // That which denies everything selects all.
    if (sources.length !== 1) return;
    const [source = ''] = sources;
    for (const rule of list(at(policy, 'spec', 'egress'))) {
      const ports = portsOf(rule);
      if (ports === '53') continue;
      for (const peer of list(rule['to'])) {
        const cidr = text(at(peer, 'ipBlock', 'cidr'));
        const labels = at(peer, 'podSelector', 'matchLabels');
        if (cidr !== '') {
          this.outside(source, cidr, ports);
        } else if (labels !== undefined && peer['namespaceSelector'] === undefined) {
          for (const target of this.selected(labels))
            this.edge(this.idOf(source), this.idOf(target), ports, 'flow');
        }
      }
    }
    for (const rule of list(at(policy, 'spec', 'ingress'))) {
      // Others that are allowed by what they are, as Prometheus is.
      for (const name of list(rule['from']).flatMap(namesOfOthers)) {
        this.edge(
          this.node(`others ${name}`, [name], 'outside', 'ellipse'),
          this.idOf(source),
          portsOf(rule),
          'flow',
        );
      }
    }
  }

  /** An address that a policy allows, unless it is that of something known. */
  private outside(source: string, cidr: string, ports: string): void {
    const everywhere = cidr === '0.0.0.0/0';
    const known = this.workloads
      .filter(({ metadata }) => metadata.name === source)
      .flatMap((workload) => this.endpointsOf(workload))
      .some(({ address, port }) => (everywhere ? port === ports : `${address}/32` === cidr));
    if (known) return;
    const name = everywhere ? `outside, port ${ports}` : `${cidr.replace(/\/32$/, '')}:${ports}`;
    this.edge(
      this.idOf(source),
      this.node(`outside ${cidr} ${ports}`, [name], 'outside', 'ellipse'),
      ports,
      'flow',
    );
  }

  /** What the containers of a workload are told to connect to, and that is not among the manifests. */
  private endpointsOf(workload: Manifest): readonly Endpoint[] {
    const services = this.ofKind('Service').map(({ metadata }) => metadata.name);
    return containersOf(podOf(workload)).flatMap((container) => {
      const variables = new Map(
        list(container['env']).map((variable) => [variable['name'], text(variable['value'])]),
      );
      return ENDPOINTS.flatMap(([name, host, port]) => {
        const address = variables.get(host) ?? '';
        return address === '' || services.includes(address)
          ? []
          : [{ name, address, port: variables.get(port) ?? '' }];
      });
    });
  }

  /** Names of the workloads whose pods have the labels. */
  private selected(labels: unknown): readonly string[] {
    const wanted = Object.entries((labels ?? {}) as Fields);
    return this.workloads
      .filter((workload) =>
        wanted.every(([key, value]) => at(templateOf(workload), 'metadata', 'labels', key) === value),
      )
      .map(({ metadata }) => metadata.name);
  }

  private idOf(name: string): string {
    const workload = this.workloads.find(({ metadata }) => metadata.name === name);
    return `${workload?.kind}/${name}`;
  }
}

function templateOf(workload: Manifest): unknown {
  return workload.kind === 'CronJob'
    ? at(workload, 'spec', 'jobTemplate', 'spec', 'template')
    : at(workload, 'spec', 'template');
}

export const podOf = (workload: Manifest): unknown => at(templateOf(workload), 'spec');

export function containersOf(pod: unknown): readonly Fields[] {
  return [...list(at(pod, 'initContainers')), ...list(at(pod, 'containers'))];
}

function secretsOf(pod: unknown): readonly string[] {
  const names = [
    ...containersOf(pod)
      .flatMap((container) => list(container['env']))
      .map((variable) => text(at(variable, 'valueFrom', 'secretKeyRef', 'name'))),
    ...list(at(pod, 'volumes')).map((volume) => text(at(volume, 'secret', 'secretName'))),
  ];
  return [...new Set(names.filter((name) => name !== ''))];
}

function portsOf(rule: Fields): string {
  return [...new Set(list(rule['ports']).map(({ port }) => String(port)))].join(', ');
}

/** Pods in any namespace that a peer names by a label. */
function namesOfOthers(peer: Fields): readonly string[] {
  if (peer['namespaceSelector'] === undefined) return [];
  return list(at(peer, 'podSelector', 'matchExpressions')).flatMap(({ values }) =>
    (values as readonly unknown[]).map(text),
  );
}

export function quoted(value: string): string {
  return `"${value.replaceAll('"', '\\"')}"`;
}

const STYLE = `<style>
  .graph > polygon { fill: #ffffff; }
  text { fill: #1f2328; }
  .node path, .node polygon, .node ellipse { fill: #f6f8fa; stroke: #59636e; }
  .edge path { stroke: #59636e; } .edge polygon { fill: #59636e; stroke: #59636e; }
  .workload path, .workload polygon { fill: #ddf4ff; stroke: #0969da; }
  .secret polyline, .secret polygon { fill: #fff8c5; stroke: #9a6700; }
  .volume path, .volume polygon { fill: #dafbe1; stroke: #1a7f37; }
  .credential path { stroke: #9a6700; } .data path { stroke: #1a7f37; }
  .off path { fill: none; stroke: #818b98; } .off text { fill: #6e7781; }
  @media (prefers-color-scheme: dark) {
    .graph > polygon { fill: #0d1117; }
    text { fill: #e6edf3; }
    .node path, .node polygon, .node ellipse { fill: #161b22; stroke: #8b949e; }
    .edge path { stroke: #8b949e; } .edge polygon { fill: #8b949e; stroke: #8b949e; }
    .workload path, .workload polygon { fill: #0c2d6b; stroke: #58a6ff; }
    .secret polyline, .secret polygon { fill: #3b2300; stroke: #d29922; }
    .volume path, .volume polygon { fill: #033a16; stroke: #3fb950; }
    .credential path { stroke: #d29922; } .data path { stroke: #3fb950; }
    .off path { stroke: #6e7681; } .off text { fill: #8b949e; }
  }
</style>`;

/** Colours from a style sheet instead of attributes, and none of what changes with the tool's version. */
function themed(svg: string, title: string): string {
  return svg
    .replace(/<\?xml[^>]*\?>\s*|<!DOCTYPE[\s\S]*?>\s*|<!--[\s\S]*?-->\s*/g, '')
    .replace(/ (fill|stroke)="(black|white|none|transparent)"/g, (attribute, name, value) =>
      name === 'fill' && value === 'none' ? attribute : '',
    )
    .replace(/<title>%\d*<\/title>\n/, '')
    .replace(/(<svg[^>]*>)/, `$1\n<title>${title}</title>\n${STYLE}`);
}
