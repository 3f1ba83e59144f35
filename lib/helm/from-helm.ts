import { ConfigurationError, type Problem, type ProblemReport, parsePath } from '../config/problems';
import { inQuotes } from '../shell';
import { adoptionChecklist, adoptionSteps, rollbackSteps } from './adoption';
import {
  COMMAND_LINE,
  type InstallCommand,
  type Origin,
  parseInstallCommand,
  type ReadFile,
} from './install-command';
import { milvusYaml } from './milvus-yaml';
import { type HelmTranslation, translateHelmValues, VALUES } from './translate';
import type { SecretEntry } from './translation';

/** What a command has to say, and its exit code. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** What is wrong, when anything is: as in stderr, but one by one. */
  readonly problems?: readonly ProblemReport[];
}

const help = (called: string) => `Makes a milvus.yaml from what follows "helm install" for chart milvus 1.1.6.

  ${called} RELEASE milvus/milvus [-f values.yaml] [--set key=value] [-n NAMESPACE] ... --write milvus.yaml

The flags are Helm's: -f, --values, --set, --set-string, --set-file, --set-json, --set-literal, -n, --version. Other flags
of Helm are ignored. For a release that is running, get its values first:

  helm get values RELEASE -o yaml > values.yaml

The configuration goes to stdout, or to FILE. What was changed, replaced or dropped goes to stderr, with the commands that
create the Secrets.

  --write FILE     write the configuration to FILE, if no value is wrong; without it to stdout
  --adopt          take over the running release: paths, claims and versions stay the chart's; also print the steps, with
                   the commands for this release
  --show-secrets   print given credentials in the commands that create the Secrets
  --format json    print problems as JSON on stdout, for editors and other programs; it needs --write
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
    const translation = located(command.origins, () =>
      translateHelmValues(command.values, { ...command, adopt }),
    );
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
    return {
      stdout: '',
      stderr: `${error.message}\n`,
      exitCode: ofArguments ? 2 : 1,
      problems: error.reports,
    };
  }
}

/** Does something whose problems are of values of the chart, and says of each where the value was given. */
function located<T>(origins: readonly Origin[], action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const reports = error.reports.map(({ source, problems }) => ({
      source,
      problems: problems.map((problem) => ({ ...problem, ...placeOf(problem, origins, source !== VALUES) })),
    }));
    throw new ConfigurationError(reports);
  }
}

/**
 * Where the value stands that counts, or most of the way to it; nothing when no step of it is anywhere.
 * @param exact only the value: the path is that of our option, and not always one of the chart as well
 */
function placeOf(
  { path }: Problem,
  origins: readonly Origin[],
  exact: boolean,
): Pick<Problem, 'at' | 'flag'> {
  const steps = parsePath(path);
  const places = origins.toReversed().map((origin) => ({ origin, ...depthIn(origin, steps) }));
  const deepest = Math.max(0, ...places.map(({ depth }) => depth));
  const found = places.find(({ depth }) => depth === deepest);
  if (found === undefined || deepest === 0 || (exact && deepest < steps.length)) return {};
  const { origin, line = 1, column = 1 } = found;
  return 'file' in origin ? { at: { file: origin.file, line, column } } : { flag: origin.flag };
}

function depthIn(
  origin: Origin,
  steps: ReturnType<typeof parsePath>,
): { readonly depth: number; readonly line?: number; readonly column?: number } {
  if ('file' in origin) return origin.document.placeOf(steps);
  let value: unknown = origin.values;
  for (const [depth, step] of steps.entries()) {
    const known = typeof value === 'object' && value !== null && Object.hasOwn(value, String(step));
    if (!known) return { depth };
    value = (value as Record<string, unknown>)[String(step)];
  }
  return { depth: steps.length };
}

function headline({ release, chart, namespace }: InstallCommand): string {
  return `From the Helm release ${release} of ${chart}${namespace === undefined ? '' : ` in ${namespace}`}.`;
}

function checklist(command: InstallCommand, { config }: HelmTranslation): string {
  return `
# The migration, step by step. See docs/how-to/migrate-from-helm.md.

${adoptionChecklist(adoptionSteps(config, command))}

# The way back. It works as long as nothing new was written and MySQL has the same version.

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
    lines.push('', `# Create the Secrets, unless they exist${toSet}:`, ...commands);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** The value in a shell command: asked for, from a variable, or made up. */
function literal({ variable, value, known }: SecretEntry, show: boolean): string {
  if (show && value !== undefined) return inQuotes(value);
  return known ? `"\${${variable}:?}"` : '"$(openssl rand -hex 24)"';
}
