import { Names } from '../kubernetes/names';
import type { Problem } from './problems';
import type { Settings } from './settings';

/** The volumes that outlive their pods, by their place in the configuration. */
const CLAIMS: Readonly<
  Record<string, (settings: Settings) => { readonly existingClaim?: string } | undefined>
> = {
  'wal.persistence': ({ wal }) => wal.persistence,
  'mysql.persistence': ({ mysql }) => mysql?.persistence,
  'minio.persistence': ({ minio }) => minio?.persistence,
  'storage.persistence': ({ storage }) => storage.persistence,
  'milvus.logs.persistence': ({ milvus }) => milvus.logs.persistence,
};

/** What two clusters must not share. */
const EXCLUSIVE: readonly {
  readonly path: string;
  /** What a cluster has to itself, as the message names it. */
  readonly owned: (settings: Settings) => readonly string[];
  readonly expected: string;
  readonly fix?: string;
}[] = [
  {
    path: 'name',
    // `a-mysql` beside `a`: the Service for its clients would be that for the MySQL of the other.
    owned: ({ name, namespace, mysql }) =>
      [...new Set(Object.values(Names.of({ name, mysql })))].map((object) =>
        namespace === undefined ? `name ${object}` : `name ${object} in namespace ${namespace}`,
      ),
    expected: 'a name that no other cluster in the namespace has, nor one of its objects (<name>-mysql, ...)',
  },
  {
    path: 'instance',
    owned: ({ instance, appName, namespace }) => [
      `instance ${instance} of ${appName}${namespace === undefined ? '' : ` in namespace ${namespace}`}`,
    ],
    expected: 'an instance of its own: by it the pods are selected',
  },
  {
    path: 's3.bucket',
    owned: ({ s3, storage }) =>
      s3 === undefined ? [] : [`bucket ${s3.bucket} at ${s3.address}:${s3.port}, path ${storage.path}`],
    expected: 'a bucket, or a storage.path in it, of its own',
    fix: "Clusters that share both delete each other's objects.",
  },
  {
    path: 'externalMysql.database',
    owned: ({ mysql, database }) =>
      mysql === undefined && database !== undefined
        ? [`database ${database.database} at ${database.host}:${database.port}`]
        : [],
    expected: 'a database of its own',
    fix: "Two writers on one database destroy each other's files.",
  },
  ...Object.entries(CLAIMS).map(([path, claimOf]) => ({
    path: `${path}.existingClaim`,
    owned: (settings: Settings) => {
      const claim = claimOf(settings)?.existingClaim;
      return claim === undefined ? [] : [`claim ${claim} in namespace ${settings.namespace ?? '(unset)'}`];
    },
    expected: 'a claim of its own',
  })),
];

/** What the clusters own that are synthesized together. */
export class Owners {
  private readonly owners = new Map<string, string>();

  /**
   * Takes what a cluster needs to itself.
   * @param source where the cluster comes from, for the message to the next one that wants the same
   * @returns what other clusters have taken before
   */
  public take(source: string, settings: Settings): readonly Problem[] {
    const problems = EXCLUSIVE.flatMap(({ path, owned, expected, fix }) => {
      const taken = owned(settings).find((value) => this.owners.has(value));
      if (taken === undefined) return [];
      return [{ path, given: `${taken}, as in ${this.owners.get(taken)}`, expected, fix }];
    });
    for (const { owned } of EXCLUSIVE) for (const value of owned(settings)) this.owners.set(value, source);
    // Two of one name are of one instance as well, unless they say otherwise.
    return problems.some(({ path }) => path === 'name')
      ? problems.filter(({ path }) => path !== 'instance')
      : problems;
  }
}
