import type { MilvusConfig } from '../config/milvus-config';
import { untilJobEnds } from '../kubernetes/jobs';
import { type Identity, selectorLabels } from '../kubernetes/labels';
import { Names } from '../kubernetes/names';
import { listOf } from '../list-of';
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
 * looked at before the next one, and done again; nothing is deleted that holds data.
 */
export function adoptionSteps(config: MilvusConfig, { release, namespace }: ReleaseOptions): AdoptionStep[] {
  return new Adoption(config, release, namespace).forward();
}

/** The way back to the chart, as long as nothing was written to the adopted cluster. */
export function rollbackSteps(config: MilvusConfig, { release, namespace }: ReleaseOptions): AdoptionStep[] {
  return new Adoption(config, release, namespace).back();
}

/** Where the chart's pod of MySQL has the passwords, as the subchart has it. */
const AS_ROOT = 'MYSQL_PWD="$MYSQL_ROOT_PASSWORD"';
const AS_USER = 'MYSQL_PWD="$MYSQL_PASSWORD"';
/** And ours, where root logs in from inside alone. */
const ROOT_IN_OURS = 'MYSQL_PWD="$(cat /run/secrets/cdk8s-milvus/root-password)"';

class Adoption {
  private readonly names: Names;
  private readonly identity: Identity;
  private readonly kubectl: string;
  private readonly cluster: boolean;
  /** Whether the chart has deployed MySQL, and Milvus uses it. */
  private readonly mysql: boolean;
  private readonly admin: boolean;
  private readonly database: string;
  private readonly dump: string;

  public constructor(
    private readonly config: MilvusConfig,
    private readonly release: string,
    private readonly namespace: string | undefined,
  ) {
    this.names = new Names(config.name, config.mysql?.name);
    this.identity = { instance: config.instance ?? config.name, appName: config.appName ?? 'milvus' };
    this.kubectl = namespace === undefined ? 'kubectl' : `kubectl -n ${namespace}`;
    this.cluster = config.mode !== 'standalone';
    this.mysql = config.externalMysql === undefined && config.mysql?.enabled !== false;
    this.admin = config.admin?.enabled === true;
    this.database = config.mysql?.database ?? 'milvus';
    this.dump = `${release}.sql`;
  }

  /** The way from the chart to ours. */
  public forward(): AdoptionStep[] {
    const { admin, cluster, mishards, readonly, writable, mysql, smokeTest } = this.names;
    const claims = this.adoptedClaims();
    const owned = [...claims.map((claim) => `persistentvolumeclaim/${claim}`), ...this.keptSecret()];
    const { s3, externalMysql, service: { type, externalIPs = [] } = {} } = this.config;
    const s3Secret = s3?.credentials?.existingSecret;
    const databaseSecret = externalMysql?.credentials?.existingSecret;
    const exposed = type === 'NodePort' || type === 'LoadBalancer' || externalIPs.length > 0;
    const deployments = listOf(
      this.admin && admin,
      this.cluster && [mishards, readonly],
      writable,
      this.mysql && mysql,
    );
    const configMaps = listOf(cluster, this.mysql && [`${mysql}-configuration`, `${mysql}-initialization`]);
    return listOf<AdoptionStep>(
      {
        title: 'Suspend whatever applies the chart: Flux, Argo CD, a pipeline.',
        why: "A helm upgrade would start the chart's writable again, next to the new one. Run none until the last step.",
        commands: [`${this.kubectl} get deployment,service,persistentvolumeclaim,secret    # what there is`],
      },
      {
        title: 'Stop the clients that write, flush all collections, and note the counts.',
        why: 'The write-ahead log is not taken over: rows that are not flushed are lost when the writable stops.',
        commands: [
          '# With pymilvus 1.1: client.flush(client.list_collections()[1]), then client.count_entities(name) for each one.',
        ],
      },
      this.backUp(),
      claims.length > 0 && {
        title: 'Keep the volumes, whatever happens to their claims.',
        why: 'Volumes belong to the whole cluster: you need more rights than those in the namespace.',
        commands: [
          ...claims.map(
            (claim) =>
              `kubectl patch persistentvolume "$(${this.kubectl} get persistentvolumeclaim ${claim} -o jsonpath='{.spec.volumeName}')" -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'`,
          ),
          `${this.kubectl} annotate persistentvolumeclaim ${claims.join(' ')} helm.sh/resource-policy=keep --overwrite`,
          `kubectl get persistentvolume    # RECLAIM POLICY of ${claims.join(', ')}: Retain`,
        ],
      },
      {
        title: 'Create the Secrets that the chart did not have.',
        commands: listOf(
          s3Secret !== undefined && [
            this.fromChart('S3_ACCESS_KEY', 's/^ *s3_access_key: *//p'),
            this.fromChart('S3_SECRET_KEY', 's/^ *s3_secret_key: *//p'),
            this.makeSecret(s3Secret, { 'access-key': 'S3_ACCESS_KEY', 'secret-key': 'S3_SECRET_KEY' }),
          ],
          databaseSecret !== undefined && [
            this.fromChart('MYSQL_PASSWORD', 's/^ *meta_uri: *mysql:\\/\\/[^:]*:\\(.*\\)@[^@]*$/\\1/p'),
            this.makeSecret(databaseSecret, { 'mysql-password': 'MYSQL_PASSWORD' }),
          ],
          this.mysql &&
            `# ${this.config.mysql?.credentials?.existingSecret ?? mysql}, the Secret of MySQL, stays.`,
          s3Secret === undefined &&
            databaseSecret === undefined &&
            !this.mysql &&
            '# None: there is neither S3 nor MySQL.',
        ),
      },
      {
        title: 'Synthesize, read what will be applied, and check that it can run here.',
        why: 'So far Milvus runs as before. It is down from the next step on.',
        commands: listOf(
          'npm run synth    # the commands under "Next" are for a new cluster: not now',
          `# Read dist/${this.config.name}.k8s.yaml.`,
          !exposed && [
            '# Only clients in this namespace can connect. networkPolicy.clients.peers lets others in; it replaces that rule,',
            '# so name this namespace in it as well. You can set networkPolicy.enabled: false during the move.',
          ],
          'npm run images    # can the nodes pull all of them? rclone, which checks S3, is new',
          'kubectl get storageclass    # the write-ahead log gets a volume, of wal.persistence.storageClassName or the default class',
          "kubectl describe nodes | grep -A 8 '^Allocated resources'    # room for the requests in dist? The chart has none",
        ),
      },
      {
        title: 'Stop everything: proxies first, the writable before MySQL.',
        why: 'There must never be two writables, nor two servers on one volume. Go on only when the pods are gone.',
        commands: this.stopped(`deployment/${mysql}`, `app=${mysql},release=${this.release}`, [
          `# No client writes now. Flush once more, at the writable itself: ${this.kubectl} port-forward service/${writable} 19530`,
        ]),
      },
      // What kubectl apply would merge with what Helm has left, instead of replacing it; none of it holds data.
      {
        title: 'Delete the workloads of the chart, and its ConfigMaps, which contain the credentials.',
        why: 'kubectl apply merges: fields, keys and ports that only the chart has would stay.',
        commands: listOf(
          `${this.kubectl} delete deployment ${deployments.join(' ')} --ignore-not-found`,
          `${this.kubectl} delete configmap ${configMaps.join(' ')} --ignore-not-found`,
          this.cluster && [
            `${this.kubectl} delete service ${readonly} ${writable} --ignore-not-found    # mishards alone uses them`,
            `${this.kubectl} delete role,rolebinding ${cluster}-pods-list --ignore-not-found`,
          ],
        ),
      },
      // The Services that clients know keep their addresses; what only the chart has on them goes.
      {
        title: 'Prepare the Services that stay, with their addresses.',
        why: "kubectl apply merges selectors, too. A selector that still names the chart's pods would find none.",
        commands: listOf(
          this.mysql && this.select(mysql, selectorLabels(this.identity, 'mysql')),
          !this.cluster &&
            `${this.kubectl} patch service ${cluster} --type=json -p '[{"op":"test","path":"/spec/ports/1/name","value":"web"},{"op":"remove","path":"/spec/ports/1"}]'    # refused when it is gone already`,
          `${this.kubectl} annotate service ${this.keptServices().join(' ')} meta.helm.sh/release-name- meta.helm.sh/release-namespace-`,
          `${this.kubectl} label service ${this.keptServices().join(' ')} app- chart- helm.sh/chart- heritage- release-`,
        ),
      },
      {
        title: 'Apply: MySQL first, then the servers. Wait.',
        why: 'The write-ahead log starts empty, on a claim of its own. wal.recoveryErrorIgnore is true, so the writable starts without the old log.',
        commands: listOf(
          this.mysql &&
            listOf(
              `${this.kubectl} apply -f dist -l 'component notin (mishards,readonly,writable)'`,
              `${this.kubectl} rollout status statefulset/${mysql} --timeout=15m`,
              !this.adoptsMysqlVolume() && [
                "# The chart's MySQL had no volume, and the new one is empty: load the dump before Milvus starts.",
                `${this.kubectl} exec -i statefulset/${mysql} -c mysql -- sh -c '${ROOT_IN_OURS} mysql -u root ${this.database}' < ${this.dump}`,
              ],
            ),
          `${this.kubectl} apply -f dist`,
          `${this.kubectl} rollout status deployment/${writable} --timeout=40m`,
          this.cluster && `${this.kubectl} rollout status deployment/${mishards} --timeout=15m`,
        ),
      },
      {
        title: 'Run the smoke test, compare the counts, and search for something that you know.',
        commands: [
          `${this.kubectl} replace --force -f dist/jobs/${smokeTest}.k8s.yaml`,
          untilJobEnds(this.kubectl, smokeTest),
        ],
      },
      {
        title:
          'When all is well, let Helm forget the release. Never uninstall it: that deletes the claim of MySQL.',
        commands: listOf(
          owned.length !== 0 && [
            `${this.kubectl} annotate ${owned.join(' ')} meta.helm.sh/release-name- meta.helm.sh/release-namespace-`,
            `${this.kubectl} label ${owned.join(' ')} app.kubernetes.io/managed-by- chart- heritage- helm.sh/chart-`,
          ],
          `${this.kubectl} delete secret -l owner=helm,name=${this.release}`,
          externalMysql !== undefined &&
            `${this.kubectl} get deployment,service,secret,persistentvolumeclaim -l release=${this.release}    # these are of the MySQL that the chart deployed and nothing used: look at them, then delete them`,
        ),
      },
    );
  }

  private backUp(): AdoptionStep {
    const bucket =
      this.config.s3 === undefined
        ? '# Take a snapshot of the volume of the vectors.'
        : '# Turn on versioning of the bucket.';
    if (!this.mysql) {
      return {
        title: 'Back up the metadata and the vectors.',
        commands: listOf(
          this.config.externalMysql !== undefined &&
            `# Dump the database ${this.config.externalMysql.database ?? 'milvus'} of the external MySQL.`,
          bucket,
        ),
      };
    }
    const user = this.config.mysql?.user ?? 'milvus';
    const account = `\\"${user}\\"@\\"%\\"`;
    const password = 'IDENTIFIED BY \\"$MYSQL_PASSWORD\\"';
    const sql = [
      `CREATE USER IF NOT EXISTS ${account} ${password}`,
      `ALTER USER ${account} ${password}`,
      // The shell would run what stands between backticks.
      `GRANT ALL PRIVILEGES ON \\\`${this.database}\\\`.* TO ${account}`,
    ].join('; ');
    return {
      title: 'Dump the metadata, and try the login that Milvus will use.',
      why: `The chart logs in as root. From now on Milvus logs in as ${user}, with the password in the Secret.`,
      commands: [
        `${this.inMysql(`${AS_ROOT} mysqldump -u root --single-transaction --no-tablespaces ${this.database}`)} > ${this.dump}.part && tail -n 1 ${this.dump}.part | grep '^-- Dump completed' && mv ${this.dump}.part ${this.dump}    # keep it`,
        `${this.inMysql(`${AS_USER} mysql -h 127.0.0.1 -u ${user} -e "SELECT 1" ${this.database}`)}`,
        '# Only if that was refused: create the user, or set its password to that of the Secret. Then try again:',
        `# ${this.inMysql(`${AS_ROOT} mysql -u root -e "${sql}"`)}`,
        bucket,
      ],
    };
  }

  /** The way back. */
  public back(): AdoptionStep[] {
    const { readonly, readonlyDiscovery, writable, mysql, mysqlHeadless } = this.names;
    const services = listOf(
      this.cluster && [readonly, readonlyDiscovery, writable],
      this.mysql && mysqlHeadless,
    );
    const kinds = [
      'deployment',
      'statefulset',
      'cronjob',
      'horizontalpodautoscaler',
      'poddisruptionbudget',
      'networkpolicy',
      'configmap',
    ];
    const all = [
      ...this.keptServices().map((service) => `service/${service}`),
      ...this.adoptedClaims().map((claim) => `persistentvolumeclaim/${claim}`),
      ...this.keptSecret(),
    ];
    const to = this.namespace ?? '"$(kubectl config view --minify -o jsonpath=\'{..namespace}\')"';
    const scope = this.namespace === undefined ? '' : ` -n ${this.namespace}`;
    return [
      {
        title: 'Stop the new cluster: proxies first, the writable before MySQL.',
        commands: this.stopped(`statefulset/${this.names.mysql}`, this.selector({ component: 'mysql' }), []),
      },
      {
        title: 'Delete the new cluster, but nothing that holds data or has an address.',
        why: 'Do not use kubectl delete -f dist: it deletes claims, and the Services with their addresses.',
        commands: listOf(
          `${this.kubectl} delete ${kinds.join(',')} -l ${this.selector({ 'app.kubernetes.io/managed-by': 'cdk8s' })}`,
          services.length !== 0 && `${this.kubectl} delete service ${services.join(' ')} --ignore-not-found`,
        ),
      },
      {
        title: 'Give Helm back what it had.',
        why: 'Once Helm has forgotten the release, it only takes existing objects that have its labels and annotations.',
        commands: listOf(
          this.mysql && this.select(mysql, { app: mysql }),
          `${this.kubectl} annotate ${all.join(' ')} meta.helm.sh/release-name=${this.release} meta.helm.sh/release-namespace=${to} --overwrite`,
          `${this.kubectl} label ${all.join(' ')} app.kubernetes.io/managed-by=Helm --overwrite`,
        ),
      },
      {
        title: 'Let Helm create the rest again, with the values of the release and no others.',
        why: 'Do not add mysql.persistence.existingClaim to the values: Helm would delete the claim.',
        commands: [
          `helm upgrade --install ${this.release} milvus/milvus --version 1.1.6${scope} -f values.yaml --set wal.recoveryErrorIgnore=true`,
        ],
      },
    ];
  }

  /** Proxies, then the writable, then MySQL, each when the pods before it are gone; the roles are ours in both. */
  private stopped(mysql: string, mysqlPods: string, withoutProxies: readonly string[]): string[] {
    const { mishards, readonly, writable } = this.names;
    const scale = (...objects: string[]) => `${this.kubectl} scale ${objects.join(' ')} --replicas=0`;
    const gone = (component: string) => this.untilGone(this.selector({ component }));
    return listOf(
      this.cluster && [
        scale(`deployment/${mishards}`, `deployment/${readonly}`),
        gone('mishards'),
        gone('readonly'),
        ...withoutProxies,
      ],
      scale(`deployment/${writable}`),
      gone('writable'),
      this.mysql && [scale(mysql), this.untilGone(mysqlPods)],
    );
  }

  private inMysql(script: string): string {
    const { mysql } = this.names;
    return `${this.kubectl} exec deployment/${mysql} -c ${mysql} -- sh -c '${script}'`;
  }

  /** A credential, out of the configuration that the chart has it in. */
  private fromChart(variable: string, program: string): string {
    return `${variable}=$(${this.kubectl} get configmap ${this.names.cluster} -o jsonpath='{.data.server_config\\.yaml}' | sed -n '${program}')`;
  }

  /** Again and again with the same result, and never with nothing in it. */
  private makeSecret(name: string, variables: Readonly<Record<string, string>>): string {
    const literals = Object.entries(variables).map(
      ([key, variable]) => `--from-literal=${key}="\${${variable}:?}"`,
    );
    return `${this.kubectl} create secret generic ${name} ${literals.join(' ')} --dry-run=client -o yaml | ${this.kubectl} apply -f -`;
  }

  private select(service: string, labels: Readonly<Record<string, string>>): string {
    const patch = JSON.stringify([{ op: 'replace', path: '/spec/selector', value: labels }]);
    return `${this.kubectl} patch service ${service} --type=json -p '${patch}'`;
  }

  /** Waits as long as it takes; a kubectl that can not tell is no answer. */
  private untilGone(labels: string): string {
    return `until pods=$(${this.kubectl} get pod -l ${labels} -o name) && [ -z "$pods" ]; do sleep 2; done    # until they are gone`;
  }

  private selector(labels: Readonly<Record<string, string>>): string {
    const { instance } = this.identity;
    return Object.entries({ 'app.kubernetes.io/instance': instance, ...labels })
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
  }

  private keptServices(): string[] {
    const { admin, cluster, mysql } = this.names;
    return listOf(cluster, this.mysql && mysql, this.admin && admin);
  }

  private keptSecret(): string[] {
    return this.mysql ? [`secret/${this.config.mysql?.credentials?.existingSecret ?? this.names.mysql}`] : [];
  }

  private adoptsMysqlVolume(): boolean {
    return this.config.mysql?.persistence?.existingClaim !== undefined;
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
      listOf(`# ${index + 1}. ${title}`, why !== undefined && `#    ${why}`, commands).join('\n'),
    )
    .join('\n\n');
}
