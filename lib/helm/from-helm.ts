import { ConfigurationError } from '../config/problems';
import { adoptionChecklist, adoptionSteps, rollbackSteps } from './adoption';
import { COMMAND_LINE, type InstallCommand, parseInstallCommand, type ReadFile } from './install-command';
import { milvusYaml } from './milvus-yaml';
import { type HelmTranslation, translateHelmValues } from './translate';
import type { SecretEntry } from './translation';

/** What a command has to say, and its exit code. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const help = (called: string) => `Makes a milvus.yaml from what follows "helm install" for chart milvus 1.1.6.

  ${called} RELEASE milvus/milvus [-f values.yaml] [--set key=value] [-n NAMESPACE] ... --write milvus.yaml

The flags are Helm's: -f, --values, --set, --set-string, --set-file, --set-json, --set-literal, -n, --version; those that
say nothing about the cluster are ignored. For a release that is running, get its values first:

  helm get values RELEASE -o yaml > values.yaml

The configuration goes to stdout, or to FILE; what was changed, replaced or dropped, and the Secrets it needs, to stderr.

  --write FILE     write the configuration to FILE, once all values are understood; without it to stdout
  --adopt          the release is running and is to be taken over: paths, claims and versions stay the chart's; the steps,
                   with the commands for this release, are printed too
  --show-secrets   print the credentials that were given in the commands that make the Secrets
  --help           this text

Exit codes: 0 done, 1 values that can not be taken over, 2 wrong arguments.
`;

/**
 * The command \`from-helm\`: from the arguments of \`helm install\` to a milvus.yaml. Never throws for what the user gave.
 * What is to go to a file is on stdout as well: `--write` is for the caller to take out and to follow.
 * @param readFile reads the files of -f and --set-file
 * @param called what the person types before the arguments
 */
export function fromHelm(
  args: readonly string[],
  readFile: ReadFile,
  called = 'npm run from-helm --',
): CommandResult {
  const own = ['--adopt', '--show-secrets', '--help', '-h'];
  const has = (flag: string) => args.includes(flag);
  if (has('--help') || has('-h')) return { stdout: help(called), stderr: '', exitCode: 0 };
  try {
    const command = parseInstallCommand(
      args.filter((arg) => !own.includes(arg)),
      readFile,
    );
    const adopt = has('--adopt');
    const translation = translateHelmValues(command.values, { ...command, adopt });
    return {
      stdout: milvusYaml(translation.config, translation.notes, headline(command)),
      stderr: [
        report(command, translation, { showSecrets: has('--show-secrets'), adopt }),
        ...(adopt ? [checklist(command, translation)] : []),
      ].join(''),
      exitCode: 0,
    };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const ofArguments = error.reports.some(({ source }) => source === COMMAND_LINE);
    return { stdout: '', stderr: `${error.message}\n`, exitCode: ofArguments ? 2 : 1 };
  }
}

function headline({ release, chart, namespace }: InstallCommand): string {
  return `From the Helm release ${release} of ${chart}${namespace === undefined ? '' : ` in ${namespace}`}.`;
}

function checklist(command: InstallCommand, { config }: HelmTranslation): string {
  return `
# The way over, step by step. See docs/how-to/migrate-from-helm.md.

${adoptionChecklist(adoptionSteps(config, command))}

# The way back, as long as nothing new was written and MySQL is of the same version.

${adoptionChecklist(rollbackSteps(config, command))}
`;
}

function report(
  { warnings, namespace }: InstallCommand,
  { notes, secrets }: HelmTranslation,
  { showSecrets, adopt }: { readonly showSecrets: boolean; readonly adopt: boolean },
): string {
  const lines = [
    ...warnings.map((warning) => `Warning: ${warning}.`),
    ...notes.map(({ path, kind, text }) => `${path} (${kind}): ${text}.`),
  ];
  const commands = secrets.map(({ name, entries }) => {
    const literals = entries.map((entry) => `--from-literal=${entry.key}=${literal(entry, showSecrets)}`);
    const scope = namespace === undefined ? '' : `-n ${namespace} `;
    return `kubectl ${scope}create secret generic ${name} ${literals.join(' ')}`;
  });
  if (adopt) {
    // The steps make the Secrets, from what the release has; and the whole can be read by a shell.
    return lines.length === 0 ? '' : `${lines.map((line) => `# ${line}`).join('\n')}\n`;
  }
  if (commands.length > 0) {
    const variables = secrets
      .flatMap(({ entries }) => entries)
      .filter((entry) => entry.known && !(showSecrets && entry.value !== undefined))
      .map(({ variable }) => variable);
    const toSet = variables.length === 0 ? '' : `; set ${variables.join(', ')} first`;
    lines.push('', `# The Secrets, unless they exist${toSet}:`, ...commands);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** The value in a shell command: asked for, from a variable, or made up. */
function literal({ variable, value, known }: SecretEntry, show: boolean): string {
  if (show && value !== undefined) return `'${value.replaceAll("'", "'\\''")}'`;
  return known ? `"\${${variable}:?}"` : '"$(openssl rand -hex 24)"';
}
