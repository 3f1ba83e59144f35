import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import { Construct } from 'constructs';
import { PLACEHOLDER, type ServerKeyRow, serverKeys } from '../config/server-keys';
import type { ReadonlySettings, Settings, WritableSettings } from '../config/settings';
import { serverEndpoint } from '../config/tls';
import { apiObject } from '../kubernetes/objects';
import { valueAt } from '../mapping';
import { writeYaml } from '../yaml/write';

/** The template of one role's server_config.yaml. */
export interface ServerConfigTemplate {
  /** Key in the ConfigMap. */
  readonly key: string;
  /** The file, with placeholders where credentials go. */
  readonly text: string;
}

export interface ServerConfigsProps {
  readonly settings: Settings;
  readonly metadata: k8s.ObjectMeta;
}

/** The ConfigMap with the servers' configurations, readable and free of credentials. */
export class ServerConfigs extends Construct {
  /** Holds the templates of both roles. */
  public readonly configMap: ApiObject;
  /** Of the writable, or the standalone server. */
  public readonly writable: ServerConfigTemplate;
  /** Of the readers; unset on a standalone server. */
  public readonly readonly?: ServerConfigTemplate;

  public constructor(scope: Construct, id: string, { settings, metadata }: ServerConfigsProps) {
    super(scope, id);
    this.writable = {
      key: 'server_config.yaml',
      text: serverConfig({ settings, role: settings.writable, writes: true }),
    };
    if (settings.mode === 'cluster') {
      this.readonly = {
        key: 'readonly_server_config.yaml',
        text: serverConfig({ settings, role: settings.readonly, writes: false }),
      };
    }
    const templates = [this.writable, ...(this.readonly === undefined ? [] : [this.readonly])];
    this.configMap = apiObject(
      this,
      'ConfigMap',
      k8s.KubeConfigMap.manifest({
        metadata,
        data: Object.fromEntries(templates.map(({ key, text }) => [key, text])),
      }),
    );
    this.node.defaultChild = this.configMap;
  }
}

type Value = string | number | boolean | readonly string[] | undefined;
type Sections = Record<string, Record<string, Value>>;

/** Only this text is accepted, whatever the release (Config.cpp). */
const CONFIG_VERSION = '0.5';

const HEADER = (
  role: string,
) => `# Configuration of the ${role}. The words between @ are credentials; an init container
# puts them in, from the Secrets, into memory.
`;
/** Whose configuration it is. */
interface Server {
  readonly settings: Settings;
  readonly role: WritableSettings | ReadonlySettings;
  /** Whether it takes writes; with a WAL a reader would replay it (DBImpl::Start). */
  readonly writes: boolean;
}

/** The keys whose values are not simply those of an option. */
const DERIVED: Readonly<Record<string, (server: Server) => Value>> = {
  'cluster.enable': ({ settings }) => settings.mode === 'cluster',
  'cluster.role': ({ writes }) => (writes ? 'rw' : 'ro'),
  'general.meta_uri': ({ settings }) => metaUri(settings),
  'network.bind.address': () => '0.0.0.0',
  'storage.s3_enabled': ({ settings }) => settings.s3 !== undefined,
  'storage.s3_address': ({ settings: { s3 } }) => s3 && serverEndpoint(s3).address,
  'storage.s3_port': ({ settings: { s3 } }) => s3 && serverEndpoint(s3).port,
  'storage.s3_access_key': () => '@S3_ACCESS_KEY@',
  'storage.s3_secret_key': () => '@S3_SECRET_KEY@',
  'cache.cache_size': ({ role }) => role.cache.cacheBytes,
  'cache.insert_buffer_size': ({ role }) => role.cache.insertBufferBytes,
  // Without an address of its own the push gateway is in the same pod.
  'metric.address': ({ settings }) => settings.milvus.metrics.address ?? '127.0.0.1',
  'metric.cluster_label': ({ settings }) => settings.milvus.metrics.clusterLabel ?? settings.name,
};

/** server_config.yaml of a server. Keys with a dot are literal names for it, not nested mappings. */
export function serverConfig(server: Server): string {
  const { settings, role, writes } = server;
  const sections: Sections = {};
  for (const row of serverKeys()) {
    const { section, key, needs } = row;
    const value = valueFor(row, server);
    if (value === undefined || (needs !== undefined && sections[section]?.[needs] !== true)) continue;
    sections[section] = { ...sections[section], [key]: value };
  }
  for (const [section, keys] of Object.entries(role.extraServerConfig)) {
    sections[section] = { ...sections[section], ...keys };
  }

  // Placeholders in double quotes, within which the render script can put any credential.
  const text = writeYaml({ version: CONFIG_VERSION, ...sections }, { quote: PLACEHOLDER });
  return `${HEADER(headline(settings.mode === 'cluster', writes))}\n${text}`;
}

function valueFor({ section, key, option = '', roles, write }: ServerKeyRow, server: Server): Value {
  const { settings, role, writes } = server;
  if (roles === 'writable' && !writes) return false;
  const derived = DERIVED[`${section}.${key}`];
  const value =
    derived === undefined
      ? roles === 'each'
        ? valueAt(role, option.replace(/^milvus\./, '').split('.'))
        : valueAt(settings, option.split('.'))
      : derived(server);
  return value === undefined || write === undefined ? (value as Value) : write(value as never);
}

function headline(cluster: boolean, writes: boolean): string {
  if (!cluster) return 'server';
  return writes ? 'writable' : 'readers';
}

/** Taken literally by the server: no percent-encoding. SQLite's file is `db/meta.sqlite` in storage.path. */
function metaUri({ database }: Settings): string {
  return database === undefined
    ? 'sqlite://:@:/'
    : `mysql://${database.user}:@MYSQL_PASSWORD@@${database.host}:${database.port}/${database.database}`;
}
