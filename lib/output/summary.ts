import type { Settings } from '../config/settings';
import type { Synthesis } from './synthesize';

/** Up to how many clusters the next steps are spelled out. */
const MOST_SPELLED_OUT = 3;

/** What was written, what to mind, and the commands that come next. */
export function summary({ outdir, clusters, written }: Synthesis): string {
  const several = clusters.length > 1;
  const [first] = clusters;
  const what = several
    ? `${clusters.length} clusters (${written.files.length} files) to ${outdir}/`
    : `${outdir}/${first?.file} (${first?.objects} objects), ${first?.scripts} and Kustomization`;
  const changes = [
    `${written.changed} of ${written.files.length} files changed`,
    ...(written.removed.length > 0 ? [`removed ${written.removed.join(', ')}`] : []),
  ].join(', ');

  const warnings = clusters.flatMap(({ settings }) => [
    ...inlineWarnings(settings, outdir),
    ...(settings.minio === undefined
      ? []
      : [
          `Warning: ${settings.name}: s3.embedded is one MinIO on one disk; for a first try, not for production.`,
        ]),
  ]);
  const spelledOut = clusters.length <= MOST_SPELLED_OUT ? clusters : [];
  const secrets = spelledOut.flatMap(({ settings }) => secretCommands(settings));
  const steps = [
    ...spelledOut.flatMap(({ settings: { namespace } }) =>
      namespace === undefined ? [] : [`kubectl create namespace ${namespace}   # unless it exists`],
    ),
    ...(secrets.length > 0 ? [`# once, unless the Secrets exist${toBeSet(secrets)}`, ...secrets] : []),
    ...(several ? [`kubectl apply -k ${outdir}`] : [`kubectl apply -f ${outdir}`]),
    ...spelledOut.map(
      ({ settings }) =>
        `kubectl ${namespaced(settings)}rollout status deployment/${settings.name}-${settings.mode === 'cluster' ? 'mishards' : 'writable'} --timeout=15m`,
    ),
    ...spelledOut.flatMap(({ settings, jobs }) =>
      smokeTestCommands(settings, `${outdir}/${jobs['smoke-test']}`),
    ),
    ...spelledOut.map(
      ({ settings }) =>
        `kubectl ${namespaced(settings)}port-forward service/${settings.name} 19530:${settings.service.port}`,
    ),
  ];
  return [
    `Synthesized ${what}: ${changes}.`,
    ...warnings,
    '',
    'Next:',
    ...steps.map((step) => `  ${step}`),
  ].join('\n');
}

/** The variables that the commands use, for the reader to set. */
function toBeSet(commands: readonly string[]): string {
  const names = [...new Set(commands.flatMap((command) => command.match(/(?<=\$\{)[A-Z]\w+/g) ?? []))];
  return names.length === 0 ? '' : `; set ${names.join(', ')} first`;
}

/** A Job can not be applied twice, and its pod is replaced with it. */
function smokeTestCommands(settings: Settings, file: string): string[] {
  const kubectl = `kubectl ${namespaced(settings)}`;
  return [
    `${kubectl}replace --force -f ${file}`,
    `${kubectl}logs -f --pod-running-timeout=5m job/${settings.name}-smoke-test`,
  ];
}

function inlineWarnings(settings: Settings, outdir: string): string[] {
  const inline = Object.entries(credentialsOf(settings))
    .filter(([, credentials]) => credentials.inline !== undefined)
    .map(([path]) => `${path}.inline`);
  return inline.map(
    (path) =>
      `Warning: ${settings.name}: ${path} puts credentials into ${outdir}/; for development only, do not commit it.`,
  );
}

interface CredentialSource {
  readonly secretName: string;
  readonly inline?: unknown;
  readonly externalSecret?: unknown;
}

/** Where the credentials of a cluster come from, each source once, by its place in the configuration. */
function credentialsOf({ s3, mysql, database, backup }: Settings): Record<string, CredentialSource> {
  return {
    ...(s3 === undefined ? {} : { 's3.credentials': s3.credentials }),
    ...(database === undefined
      ? {}
      : { [`${mysql === undefined ? 'externalMysql' : 'mysql'}.credentials`]: database.credentials }),
    ...(backup === undefined || backup.s3.credentials === s3?.credentials
      ? {}
      : { 'backup.s3.credentials': backup.s3.credentials }),
  };
}

const RANDOM = '$(openssl rand -hex 24)';

/** The commands that make the Secrets which the cluster refers to and does not bring along. */
function secretCommands(settings: Settings): string[] {
  const { s3, minio, mysql, database, backup } = settings;
  const exists = (credentials: { inline?: unknown; externalSecret?: unknown }) =>
    credentials.inline === undefined && credentials.externalSecret === undefined;
  const secrets = new Map<string, Map<string, string>>();
  const add = (secret: string, key: string, value: string) =>
    secrets.set(secret, (secrets.get(secret) ?? new Map<string, string>()).set(key, value));

  if (s3 !== undefined && exists(s3.credentials)) {
    // The embedded storage takes any: nobody has to know them.
    add(s3.credentials.secretName, s3.credentials.keys.accessKey, minio ? RANDOM : '${S3_ACCESS_KEY:?}');
    add(s3.credentials.secretName, s3.credentials.keys.secretKey, minio ? RANDOM : '${S3_SECRET_KEY:?}');
  }
  if (backup !== undefined && backup.s3.credentials !== s3?.credentials && exists(backup.s3.credentials)) {
    add(backup.s3.credentials.secretName, backup.s3.credentials.keys.accessKey, '${BACKUP_ACCESS_KEY:?}');
    add(backup.s3.credentials.secretName, backup.s3.credentials.keys.secretKey, '${BACKUP_SECRET_KEY:?}');
  }
  if (mysql !== undefined && exists(mysql.credentials)) {
    // Nobody has to know these.
    add(mysql.credentials.secretName, mysql.credentials.keys.rootPassword, RANDOM);
    add(mysql.credentials.secretName, mysql.credentials.keys.password, RANDOM);
  } else if (mysql === undefined && database !== undefined && exists(database.credentials)) {
    add(database.credentials.secretName, database.credentials.keys.password, '${MYSQL_PASSWORD:?}');
  }
  return [...secrets].map(([secret, values]) => {
    const literals = [...values].map(([key, value]) => `--from-literal=${key}="${value}"`);
    return `kubectl ${namespaced(settings)}create secret generic ${secret} ${literals.join(' ')}`;
  });
}

function namespaced({ namespace }: Settings): string {
  return namespace === undefined ? '' : `-n ${namespace} `;
}
