import { claimsOf } from '../inventory/claims';
import { Names } from '../kubernetes/names';
import type { Problem } from './problems';
import type { Settings } from './settings';

/** What a cluster has to itself: as the message names it, by the option that says so. */
interface Own extends Omit<Problem, 'given'> {
  readonly owned: readonly string[];
}

function ownOf(settings: Settings): readonly Own[] {
  const { name, namespace, instance, appName, s3, storage, mysql, database } = settings;
  const here = namespace === undefined ? '' : ` in namespace ${namespace}`;
  return [
    {
      path: 'name',
      // `a-mysql` beside `a`: the Service for its clients would be that for the MySQL of the other.
      owned: Object.values(Names.of({ name, mysql })).map((object) => `name ${object}${here}`),
      expected:
        'a name that no other cluster in the namespace has, nor one of its objects (<name>-mysql, ...)',
    },
    {
      path: 'instance',
      owned: [`instance ${instance} of ${appName}${here}`],
      expected: 'an instance of its own: the labels that select its pods are made of it',
    },
    {
      path: 's3.bucket',
      owned:
        s3 === undefined ? [] : [`bucket ${s3.bucket} at ${s3.address}:${s3.port}, path ${storage.path}`],
      expected: 'a bucket, or a storage.path in it, of its own',
      fix: "Clusters that share both delete each other's objects. Give this one another s3.bucket.",
    },
    {
      path: 'externalMysql.database',
      owned:
        mysql === undefined && database !== undefined
          ? [`database ${database.database} at ${database.host}:${database.port}`]
          : [],
      expected: 'a database of its own',
      fix: "Two writers on one database destroy each other's files. Give this one another externalMysql.database, and create it in that MySQL.",
    },
    ...claimsOf(settings)
      .filter(({ exists }) => exists)
      .map((claim) => ({
        path: `${claim.path}.existingClaim`,
        owned: [`claim ${claim.name} in namespace ${namespace ?? '(unset)'}`],
        expected: 'a claim of its own',
      })),
  ];
}

/** What the clusters own that are synthesized together. */
export class Owners {
  private readonly owners = new Map<string, string>();

  /**
   * Takes what a cluster needs to itself.
   * @param source where the cluster comes from, for the message to the next one that wants the same
   * @returns what other clusters have taken before
   */
  public take(source: string, settings: Settings): readonly Problem[] {
    const own = ownOf(settings);
    const problems = own.flatMap(({ owned, ...problem }) => {
      const taken = owned.find((value) => this.owners.has(value));
      if (taken === undefined) return [];
      return [{ ...problem, given: `${taken}, as in ${this.owners.get(taken)}` }];
    });
    for (const { owned } of own) for (const value of owned) this.owners.set(value, source);
    // Two of one name are of one instance as well, unless they say otherwise.
    return problems.some(({ path }) => path === 'name')
      ? problems.filter(({ path }) => path !== 'instance')
      : problems;
  }
}
