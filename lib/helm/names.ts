/** The names that chart 1.1.6 and its MySQL subchart give, which clients, volumes and firewall rules depend on. */
interface ChartNames {
  /** Prefix of Milvus' objects, and the clients' Service. */
  readonly fullname: string;
  /** Value of the label app.kubernetes.io/name. */
  readonly appName: string;
  /** Name of everything of MySQL. */
  readonly mysql: string;
}

/** The names that a cluster gets. */
export interface ReleaseNames {
  readonly name: string;
  readonly mysql: string;
}

/** What decides the names. */
interface NameValues {
  readonly nameOverride?: string;
  readonly fullnameOverride?: string;
  readonly mysqlNameOverride?: string;
  readonly mysqlFullnameOverride?: string;
}

/** Helm's own bound for names, since some must be DNS labels. */
const LONGEST = 63;

/**
 * The names of a release, as the two charts compute them. (The chart itself looks for MySQL at `<release>-mysql`
 * whatever its subchart calls it, and waits for ever where they differ.)
 */
export function chartNames(release: string, values: NameValues): ChartNames {
  return {
    fullname: fullname(release, values.nameOverride ?? 'milvus', values.fullnameOverride),
    appName: cut(values.nameOverride ?? 'milvus'),
    mysql: fullname(release, values.mysqlNameOverride ?? 'mysql', values.mysqlFullnameOverride),
  };
}

function fullname(release: string, name: string, override: string | undefined): string {
  if (override !== undefined) return cut(override);
  return cut(release.includes(name) ? release : `${release}-${name}`);
}

function cut(name: string): string {
  return name.slice(0, LONGEST).replace(/-$/, '');
}
