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
    : `${outdir}/${first?.file} (${first?.objects} objects) and ${outdir}/Kustomization`;
  const changes = [
    `${written.changed} of ${written.files.length} files changed`,
    ...(written.removed.length > 0 ? [`removed ${written.removed.join(', ')}`] : []),
  ].join(', ');

  const warnings = clusters.flatMap(({ settings }) => inlineWarnings(settings, outdir));
  const spelledOut = clusters.length <= MOST_SPELLED_OUT ? clusters : [];
  const secrets = spelledOut.flatMap(({ settings }) => secretCommands(settings));
  const steps = [
    ...(secrets.length > 0
      ? ['# once, unless the Secrets exist; set S3_ACCESS_KEY and S3_SECRET_KEY first', ...secrets]
      : []),
    ...(several ? [`kubectl apply -k ${outdir}`] : [`kubectl apply -f ${outdir}`]),
    ...spelledOut.map(
      ({ settings }) =>
        `kubectl ${namespaced(settings)}rollout status deployment/${settings.name}-mishards --timeout=15m`,
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

function inlineWarnings(settings: Settings, outdir: string): string[] {
  const inline = [
    ...(settings.s3.credentials.inline === undefined ? [] : ['s3.credentials.inline']),
    ...(settings.database.credentials.inline === undefined
      ? []
      : [`${settings.mysql === undefined ? 'externalMysql' : 'mysql'}.credentials.inline`]),
  ];
  return inline.map(
    (path) =>
      `Warning: ${settings.name}: ${path} puts credentials into ${outdir}/; for development only, do not commit it.`,
  );
}

/** The commands that make the Secrets which the cluster refers to and does not bring along. */
export function secretCommands(settings: Settings): string[] {
  const { s3, mysql, database } = settings;
  const exists = (credentials: { inline?: unknown; externalSecret?: unknown }) =>
    credentials.inline === undefined && credentials.externalSecret === undefined;
  const literals = new Map<string, string[]>();
  const add = (secret: string, key: string, value: string) =>
    literals.set(secret, [...(literals.get(secret) ?? []), `--from-literal=${key}="${value}"`]);

  if (exists(s3.credentials)) {
    add(s3.credentials.secretName, s3.credentials.keys.accessKey, '$S3_ACCESS_KEY');
    add(s3.credentials.secretName, s3.credentials.keys.secretKey, '$S3_SECRET_KEY');
  }
  if (mysql !== undefined && exists(mysql.credentials)) {
    // Nobody has to know these.
    add(mysql.credentials.secretName, mysql.credentials.keys.rootPassword, '$(openssl rand -hex 24)');
    add(mysql.credentials.secretName, mysql.credentials.keys.password, '$(openssl rand -hex 24)');
  } else if (mysql === undefined && exists(database.credentials)) {
    add(database.credentials.secretName, database.credentials.keys.password, '$MYSQL_PASSWORD');
  }
  return [...literals].map(
    ([secret, values]) =>
      `kubectl ${namespaced(settings)}create secret generic ${secret} ${values.join(' ')}`,
  );
}

function namespaced({ namespace }: Settings): string {
  return namespace === undefined ? '' : `-n ${namespace} `;
}
