import type { MilvusConfig } from '../config/milvus-config';
import { Names } from '../kubernetes/names';
import type { ReleaseOptions } from './translate';

/** A step of the way from a running release of the chart to ours. */
export interface AdoptionStep {
  readonly title: string;
  /** Why, where that is not plain. */
  readonly why?: string;
  /** Shell commands; a line that begins with `#` is for the person who reads. */
  readonly commands: readonly string[];
}

/**
 * The ordered steps to take a running release over without losing data, with the exact commands for it. Each can be
 * looked at before the next one; nothing is deleted that holds data.
 */
export function adoptionSteps(config: MilvusConfig, { release, namespace }: ReleaseOptions): AdoptionStep[] {
  const adoption = new Adoption(config, release, namespace);
  return [
    adoption.quiesce(),
    ...adoption.backUp(),
    ...adoption.protect(),
    adoption.secrets(),
    adoption.review(),
    adoption.stop(),
    adoption.clear(),
    ...adoption.keepServices(),
    adoption.apply(),
    adoption.verify(),
    adoption.forget(),
  ];
}

class Adoption {
  private readonly names: Names;
  private readonly kubectl: string;
  private readonly cluster: boolean;
  /** Whether the chart has deployed MySQL. */
  private readonly mysql: boolean;
  private readonly admin: boolean;

  public constructor(
    private readonly config: MilvusConfig,
    private readonly release: string,
    namespace: string | undefined,
  ) {
    this.names = new Names(config.name, config.mysql?.name);
    this.kubectl = namespace === undefined ? 'kubectl' : `kubectl -n ${namespace}`;
    this.cluster = config.mode !== 'standalone';
    this.mysql = config.externalMysql === undefined && config.mysql?.enabled !== false;
    this.admin = config.admin?.enabled === true;
  }

  public quiesce(): AdoptionStep {
    return {
      title: 'Stop the clients that write, flush all collections, and note the counts.',
      why: 'In the chart the write-ahead log goes with the pod: what is not flushed is lost when the writable stops.',
      commands: [
        `# With pymilvus 1.1: client.flush(client.list_collections()[1]), then client.count_entities(name) of each.`,
      ],
    };
  }

  public backUp(): AdoptionStep[] {
    if (!this.mysql) return [];
    const database = this.config.mysql?.database ?? 'milvus';
    return [
      {
        title: 'Dump the metadata, and turn versioning of the bucket on.',
        commands: [
          `${this.kubectl} exec deployment/${this.names.mysql} -- sh -c 'MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysqldump -u root --single-transaction --no-tablespaces ${database}' > ${this.release}.sql`,
          `tail -n 1 ${this.release}.sql    # -- Dump completed`,
        ],
      },
    ];
  }

  public protect(): AdoptionStep[] {
    const claims = this.adoptedClaims();
    if (claims.length === 0) return [];
    return [
      {
        title: 'Keep the volumes, whatever happens to their claims.',
        commands: claims.map(
          (claim) =>
            `kubectl patch persistentvolume "$(${this.kubectl} get persistentvolumeclaim ${claim} -o jsonpath='{.spec.volumeName}')" -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'`,
        ),
      },
    ];
  }

  public secrets(): AdoptionStep {
    const s3 = this.config.s3?.credentials?.existingSecret;
    const kept = this.mysql
      ? [`# ${this.config.mysql?.credentials?.existingSecret}, the Secret of MySQL, stays.`]
      : [];
    return {
      title: 'Make the Secrets that the chart did not have.',
      commands: [
        ...(s3 === undefined
          ? []
          : [
              `${this.kubectl} create secret generic ${s3} --from-literal=access-key="$S3_ACCESS_KEY" --from-literal=secret-key="$S3_SECRET_KEY"`,
            ]),
        ...kept,
      ],
    };
  }

  public review(): AdoptionStep {
    return {
      title: 'Synthesize, and read what will be applied.',
      commands: [
        '# Clients in other namespaces are cut off unless networkPolicy.clients.peers names them.',
        'npm run synth',
        'npm run diff',
      ],
    };
  }

  public stop(): AdoptionStep {
    const { mishards, readonly, writable, mysql } = this.names;
    const scale = (name: string) => `${this.kubectl} scale deployment ${name} --replicas=0`;
    const gone = (labels: string) =>
      `${this.kubectl} wait pod -l ${labels} --for=delete --timeout=10m || :    # gone already: no error`;
    const component = (name: string) => `app.kubernetes.io/instance=${this.release},component=${name}`;
    return {
      title: 'Stop everything, the writable before MySQL. From here on Milvus is down.',
      why: 'Never two writables, and never two servers on one volume.',
      commands: [
        ...(this.cluster ? [scale(mishards), scale(readonly)] : []),
        scale(writable),
        gone(component('writable')),
        ...(this.mysql ? [scale(mysql), gone(`app=${mysql},release=${this.release}`)] : []),
      ],
    };
  }

  /** What kubectl apply would merge with what Helm has left, instead of replacing it; none of it holds data. */
  public clear(): AdoptionStep {
    const { admin, cluster, mishards, readonly, writable, mysql } = this.names;
    const deployments = [
      ...(this.admin ? [admin] : []),
      ...(this.cluster ? [mishards, readonly] : []),
      writable,
      ...(this.mysql ? [mysql] : []),
    ];
    const configMaps = [
      cluster,
      ...(this.mysql ? [`${mysql}-configuration`, `${mysql}-initialization`] : []),
    ];
    return {
      title: 'Delete the workloads of the chart, and its configuration, which has the credentials in it.',
      why: 'kubectl apply merges: fields, keys and ports that only the chart has would stay.',
      commands: [
        `${this.kubectl} delete deployment ${deployments.join(' ')} --ignore-not-found`,
        `${this.kubectl} delete configmap ${configMaps.join(' ')} --ignore-not-found`,
        ...(this.cluster
          ? [
              `${this.kubectl} delete service ${readonly} ${writable} --ignore-not-found    # mishards alone uses them`,
              `${this.kubectl} delete role,rolebinding ${cluster}-pods-list --ignore-not-found`,
            ]
          : []),
      ],
    };
  }

  /** The Services that clients know keep their addresses; what only the chart has on them goes. */
  public keepServices(): AdoptionStep[] {
    const { admin, cluster, mysql } = this.names;
    const kept = [cluster, ...(this.mysql ? [mysql] : []), ...(this.admin ? [admin] : [])];
    const commands = [
      ...(this.mysql
        ? [
            `${this.kubectl} patch service ${mysql} --type=json -p '[{"op":"remove","path":"/spec/selector/app"}]'`,
          ]
        : []),
      ...(this.cluster
        ? []
        : [
            `${this.kubectl} patch service ${cluster} --type=json -p '[{"op":"test","path":"/spec/ports/1/name","value":"web"},{"op":"remove","path":"/spec/ports/1"}]'`,
          ]),
      `${this.kubectl} annotate service ${kept.join(' ')} meta.helm.sh/release-name- meta.helm.sh/release-namespace-`,
      `${this.kubectl} label service ${kept.join(' ')} app- chart- helm.sh/chart- heritage- release-`,
    ];
    return [
      {
        title: 'Prepare the Services that stay, with their addresses.',
        why: "Selectors are merged as well, and one that still names the chart's pods would find none.",
        commands,
      },
    ];
  }

  public apply(): AdoptionStep {
    return {
      title: 'Apply, and wait.',
      why: 'The write-ahead log begins anew on its own claim; wal.recoveryErrorIgnore, which is true, lets it.',
      commands: [
        `${this.kubectl} apply -f dist`,
        ...(this.mysql
          ? [`${this.kubectl} rollout status statefulset/${this.names.mysql} --timeout=15m`]
          : []),
        `${this.kubectl} rollout status deployment/${this.cluster ? this.names.mishards : this.names.writable} --timeout=30m`,
      ],
    };
  }

  public verify(): AdoptionStep {
    const job = this.names.smokeTest;
    return {
      title: 'Run the smoke test, compare the counts, search for something that you know.',
      commands: [
        `${this.kubectl} replace --force -f dist/jobs/${job}.k8s.yaml`,
        `${this.kubectl} logs -f --pod-running-timeout=5m job/${job}`,
      ],
    };
  }

  public forget(): AdoptionStep {
    return {
      title:
        'When all is well, let Helm forget the release; never uninstall it, which deletes the claim of MySQL.',
      commands: [`${this.kubectl} delete secret -l owner=helm,name=${this.release}`],
    };
  }

  private adoptedClaims(): string[] {
    const { mysql, storage, milvus } = this.config;
    return [mysql, storage, milvus?.logs]
      .map((part) => part?.persistence?.existingClaim)
      .filter((claim) => claim !== undefined);
  }
}

/** The steps as a shell script that a person goes through by hand. */
export function adoptionChecklist(steps: readonly AdoptionStep[]): string {
  return steps
    .map(({ title, why, commands }, index) =>
      [`# ${index + 1}. ${title}`, ...(why === undefined ? [] : [`#    ${why}`]), ...commands].join('\n'),
    )
    .join('\n\n');
}
