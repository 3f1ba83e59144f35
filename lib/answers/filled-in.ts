import type { ConfigurationKey } from '../config/keys';
import { configurationKeys } from '../config/keys';
import type { LoadedCluster } from '../config/load';
import { formatPath, isCredentialName, mayBeCredential } from '../config/problems';
import { formatMilvusSize } from '../config/quantities';
import type { ServerRole, Settings } from '../config/settings';
import { validate } from '../config/validate';
import { isMapping, valueAt } from '../mapping';

/** A configuration of which nothing is left out. */
interface FilledIn {
  /** As somebody would write it: with references to the environment as they stand, and without a credential. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where a value of it comes from: `milvus.yaml:3:5`, or `default`, with what that follows from. */
  readonly from: (path: readonly PropertyKey[]) => string | undefined;
}

/**
 * Fills in every default, those that follow from other values as well, so that what comes out gives the same manifests. Of a part
 * that is switched off only the switch is filled in.
 */
export function filledIn({ config, settings, origin }: Omit<LoadedCluster, 'source' | 'warnings'>): FilledIn {
  const { config: parsed } = validate(config);
  const result: Record<string, unknown> = {};
  const from = new Map<string, string>();
  const keys = configurationKeys();
  const sections = new Map(keys.map((key) => [key.path, key]));
  const give = (steps: readonly string[]): boolean => {
    const path = formatPath(steps);
    const found = origin(path);
    if (found === undefined || valueAt(config, steps) === undefined) return false;
    put(result, steps, withoutCredentials(found.written, steps));
    from.set(path, `${found.file}:${found.line}:${found.column}`);
    return true;
  };
  for (const key of keys) {
    const steps = key.path.split('.');
    if (key.section) {
      // Amounts of what no schema knows, such as devices.
      const extra = Object.keys((valueAt(config, steps) ?? {}) as object).filter(
        (name) => !sections.has(`${key.path}.${name}`),
      );
      for (const name of extra) give([...steps, name]);
      continue;
    }
    if (give(steps)) continue;
    if (isOff(steps, parsed, settings, { ...config })) continue;
    const value = valueAt(parsed, steps) ?? derived(key.path, settings);
    if (value === undefined) continue;
    put(result, steps, value);
    from.set(key.path, `default${reasonOf(key, sections)}`);
  }
  return { config: result, from: (steps) => from.get(formatPath(steps)) };
}

function put(target: Record<string, unknown>, steps: readonly string[], value: unknown): void {
  const [step = '', ...rest] = steps;
  if (rest.length === 0) target[step] = value;
  else {
    const inner = (target[step] ?? {}) as Record<string, unknown>;
    target[step] = inner;
    put(inner, rest, value);
  }
}

/** What a default follows from, where it is not one value whatever else is configured. */
function reasonOf(key: ConfigurationKey, all: ReadonlyMap<string, ConfigurationKey>): string {
  if (key.fixed) return '';
  const words = sectionsWords(key, all);
  return words === '' ? '' : `: ${words}`;
}

/** The words of the section, for a key that refers to them. */
export function sectionsWords(
  { path, fallback }: ConfigurationKey,
  all: ReadonlyMap<string, ConfigurationKey>,
): string {
  if (!fallback.includes('the section')) return fallback;
  for (let end = path.lastIndexOf('.'); end > 0; end = path.lastIndexOf('.', end - 1)) {
    const words = all.get(path.slice(0, end))?.fallback ?? '';
    if (words !== '') return words;
  }
  return fallback;
}

type Config = Readonly<Record<string, unknown>>;

/** Whether it belongs to a part that is not there, of which the switch alone is of interest. */
function isOff(steps: readonly string[], parsed: unknown, settings: Settings, config: Config): boolean {
  const [top = ''] = steps;
  const path = steps.join('.');
  if (settings.mode === 'standalone' && ['readonly', 'mishards'].includes(top)) return true;
  if (top === 'minio' && settings.minio === undefined) return true;
  if (top === 'mysql' && settings.mysql === undefined)
    return path !== 'mysql.enabled' || 'externalMysql' in config;
  if (settings.s3 && settings.minio && ['s3.address', 's3.port', 's3.createBucket'].includes(path))
    return true;
  // Each of them given alone would be another place for the backups.
  if (path.startsWith('backup.s3.') && path !== 'backup.s3.prefix') return true;
  for (let length = 1; length < steps.length; length += 1) {
    const section = steps.slice(0, length);
    const value = valueAt(parsed, section);
    if (value === undefined) return true;
    const enabled = valueAt(parsed, [...section, 'enabled']) ?? valueAt(settings, [...section, 'enabled']);
    if (enabled === false && steps.at(-1) !== 'enabled') return true;
  }
  return false;
}

/** What is worked out, in the words of the configuration. */
function derived(path: string, settings: Settings): unknown {
  const [, role, key] = /^(writable|readonly)\.cache\.(cacheSize|insertBufferSize)$/.exec(path) ?? [];
  if (role !== undefined) {
    const { cache } = settings[role as ServerRole];
    return formatMilvusSize(key === 'cacheSize' ? cache.cacheBytes : cache.insertBufferBytes);
  }
  const [, budget] = /^(readonly|mishards)\.podDisruptionBudget\.enabled$/.exec(path) ?? [];
  if (budget !== undefined)
    return settings[budget as 'readonly' | 'mishards'].podDisruptionBudget !== undefined;
  const [, section] = /^([\w.]+\.credentials)\.existingSecret$/.exec(path) ?? [];
  if (section !== undefined) {
    const credentials = valueAt(section.startsWith('externalMysql') ? settings.database : settings, [
      ...(section.startsWith('externalMysql') ? ['credentials'] : section.split('.')),
    ]);
    const made = ['inline', 'externalSecret'].some((way) => valueAt(credentials, [way]) !== undefined);
    return made ? undefined : valueAt(credentials, ['secretName']);
  }
  if (/^(mishards\.tracing\.serviceName|milvus\.metrics\.clusterLabel)$/.test(path)) return settings.name;
  if (path.startsWith('milvus.gpu.') || path.startsWith('externalMysql.')) return undefined;
  return valueAt(settings, path.split('.'));
}

const MASKED = 'masked';
/** A URL with a user in it. */
const LOGIN = /:\/\/[^/\s@]*@/;

/** The same with a reference to the environment in the place of what may be a credential. */
function withoutCredentials(value: unknown, steps: readonly PropertyKey[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withoutCredentials(item, [...steps, index]));
  if (isMapping(value)) {
    // Of a variable its name says what it is.
    if (steps.includes('env') && 'value' in value) {
      const secret = isCredentialName(String(value['name']));
      return {
        ...value,
        value: withoutCredentials(value['value'], secret ? [...steps, String(value['name'])] : []),
      };
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, withoutCredentials(item, [...steps, key])]),
    );
  }
  // In an ExternalSecret stand names of what is elsewhere.
  if (typeof value !== 'string' || steps.includes('externalSecret')) return value;
  if (!mayBeCredential(value, steps) && !LOGIN.test(value)) return value;
  const [, variable = formatPath(steps).replace(/\W+/g, '_').toUpperCase()] =
    /^\$\{env:(\w+)/.exec(value) ?? [];
  return `\${env:${variable}:-${MASKED}}`;
}
