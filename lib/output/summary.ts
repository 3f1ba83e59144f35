import type { Settings } from '../config/settings';
import { prerequisitesOf } from '../inventory/prerequisites';
import { type SecretInUse, secretsOf } from '../inventory/secrets';
import { untilJobEnds } from '../kubernetes/jobs';
import { Names } from '../kubernetes/names';
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
    ...spelledOut.flatMap(({ settings }) => {
      const needed = prerequisitesOf(settings);
      if (needed.length === 0) return [];
      return [`kubectl ${namespaced(settings)}get ${needed.join(' ')}   # have to be there`];
    }),
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
  const kubectl = `kubectl ${namespaced(settings)}`.trimEnd();
  return [`${kubectl} replace --force -f ${file}`, untilJobEnds(kubectl, Names.of(settings).smokeTest)];
}

function inlineWarnings(settings: Settings, outdir: string): string[] {
  return secrets(settings)
    .filter(({ credentials }) => credentials.inline !== undefined)
    .map(
      ({ path }) =>
        `Warning: ${settings.name}: ${path}.inline puts credentials into ${outdir}/; for development only, do not commit it.`,
    );
}

/** The commands that make the Secrets which the cluster refers to and does not bring along. */
function secretCommands(settings: Settings): string[] {
  const missing = new Map<string, Readonly<Record<string, string | undefined>>>();
  for (const { credentials, variables } of secrets(settings)) {
    const { secretName, inline, externalSecret } = credentials;
    if (inline !== undefined || externalSecret !== undefined) continue;
    missing.set(secretName, { ...missing.get(secretName), ...variables });
  }
  return [...missing].map(([secret, variables]) => {
    const literals = Object.entries(variables).map(
      ([key, name]) => `--from-literal=${key}="${name === undefined ? RANDOM : `\${${name}:?}`}"`,
    );
    return `kubectl ${namespaced(settings)}create secret generic ${secret} ${literals.join(' ')}`;
  });
}

const RANDOM = '$(openssl rand -hex 24)';

const secrets = (settings: Settings): readonly SecretInUse[] => Object.values(secretsOf(settings));

function namespaced({ namespace }: Settings): string {
  return namespace === undefined ? '' : `-n ${namespace} `;
}
