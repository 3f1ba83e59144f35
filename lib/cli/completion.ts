import { type Command, EXIT } from './command';
import { type Completion, UsageError } from './options';

type Commands = Readonly<Record<string, Command>>;

/** By shell, its completion script. */
const SCRIPTS: Readonly<Record<string, (commands: Commands, keys: readonly string[]) => string>> = {
  bash,
  zsh,
  fish,
};
const SHELLS = Object.keys(SCRIPTS);

/** @param commands all of them, this one included */
export const completionCommand = (commands: () => Commands): Command => ({
  synopsis: 'bash|zsh|fish',
  summary: 'prints the completion script of a shell',
  about: `Prints a script that completes commands, options, keys of the configuration and files. To have it in every new shell:

  bash   cdk8s-milvus completion bash > ~/.local/share/bash-completion/completions/cdk8s-milvus
  zsh    cdk8s-milvus completion zsh > "\${fpath[1]}/_cdk8s-milvus"
  fish   cdk8s-milvus completion fish > ~/.config/fish/completions/cdk8s-milvus.fish`,
  completion: SHELLS,
  example: 'bash',
  run: ([shell = '', ...others], { stdout }) => {
    const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
    if (script === undefined || others.length > 0)
      throw new UsageError(`which shell? One of ${SHELLS.join(', ')}`);
    const { configurationKeys } = require('../config/keys') as typeof import('../config/keys');
    const keys = configurationKeys().map(({ path }) => path);
    stdout.write(script(commands(), keys));
    return EXIT.ok;
  },
});

const NAME = 'cdk8s-milvus';
/** Of the function in a script that completes it. */
const FUNCTION = `_${NAME.replaceAll('-', '_')}`;

/** What an option of a command is typed as: `-c`, `--config`. */
function flagsOf({ options = {} }: Command): readonly {
  readonly flags: readonly string[];
  readonly about: string;
  readonly completion?: Completion;
  readonly takes: boolean;
}[] {
  const own = Object.entries(options).map(([name, { short, about, completion, type }]) => ({
    flags: [...(short === undefined ? [] : [`-${short}`]), `--${name}`],
    about: about.split('\n')[0] ?? '',
    completion,
    takes: type === 'string',
  }));
  return [...own, { flags: ['--help'], about: 'what the command does, and its options', takes: false }];
}

function bash(commands: Commands, keys: readonly string[]): string {
  const words = (completion: Completion | undefined): string => {
    if (completion === undefined) return ':';
    if (completion === 'files') return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$word"))';
    if (completion === 'directories') return 'compopt -o filenames; COMPREPLY=($(compgen -d -- "$word"))';
    const list = completion === 'keys' ? '$keys' : completion.join(' ');
    return `COMPREPLY=($(compgen -W "${list}" -- "$word"))`;
  };
  const cases = Object.entries(commands).flatMap(([name, command]) =>
    flagsOf(command)
      .filter(({ takes }) => takes)
      .map(
        ({ flags, completion }) =>
          `    "${name} "${flags.join(`|"${name} "`)}) ${words(completion)}; return ;;`,
      ),
  );
  const rest = Object.entries(commands).map(
    ([name, command]) => `    ${name})
      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "${flagsOf(command)
        .flatMap(({ flags }) => flags)
        .join(' ')}" -- "$word"))
      else ${words(command.completion)}; fi ;;`,
  );
  return `# Completion of ${NAME} in bash.
${FUNCTION}() {
  local keys="${keys.join(' ')}"
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${Object.keys(commands).join(' ')} --help --version" -- "$word"))
    return
  fi
  case "$command $before" in
${cases.join('\n')}
  esac
  case $command in
${rest.join('\n')}
  esac
}
complete -F ${FUNCTION} ${NAME}
`;
}

function zsh(commands: Commands, keys: readonly string[]): string {
  const action = (completion: Completion | undefined): string => {
    if (completion === undefined) return ' ';
    if (completion === 'files') return '_files';
    if (completion === 'directories') return '_files -/';
    return completion === 'keys' ? '_cdk8s_milvus_keys' : `(${completion.join(' ')})`;
  };
  const quoted = (text: string) => text.replace(/[:[\]\\]/g, '\\$&').replaceAll("'", `'\\''`);
  const cases = Object.entries(commands).map(([name, command]) => {
    const specs = flagsOf(command).map(({ flags, about, takes, completion }) => {
      const names = flags.length > 1 ? `'(${flags.join(' ')})'{${flags.join(',')}}'` : `'${flags[0]}`;
      return `${names}[${quoted(about)}]${takes ? `:value:${action(completion)}` : ''}'`;
    });
    if (command.completion !== undefined) specs.push(`'*:argument:${action(command.completion)}'`);
    return `    ${name}) _arguments ${specs.join(' \\\n      ')} ;;`;
  });
  return `#compdef ${NAME}
# Completion of ${NAME} in zsh.
_cdk8s_milvus_keys() {
  compadd ${keys.join(' ')}
}
${FUNCTION}() {
  if ((CURRENT == 2)); then
    local -a commands=(
${Object.entries(commands)
  .map(([name, { summary }]) => `      '${name}:${quoted(summary)}'`)
  .join('\n')}
    )
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _${NAME} ]]; then ${FUNCTION} "$@"; else compdef ${FUNCTION} ${NAME}; fi
`;
}

function fish(commands: Commands, keys: readonly string[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const offer = (completion: Completion | undefined): string => {
    if (completion === undefined) return '';
    if (completion === 'files') return ' -F';
    if (completion === 'directories') return " -a '(__fish_complete_directories)'";
    return ` -a ${quoted((completion === 'keys' ? keys : completion).join(' '))}`;
  };
  const lines = Object.entries(commands).flatMap(([name, command]) => {
    const head = `complete -c ${NAME} -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c ${NAME} -n __fish_use_subcommand -a ${name} -d ${quoted(command.summary)}`,
      ...(command.completion === undefined ? [] : [`${head}${offer(command.completion)}`]),
      ...flagsOf(command).map(({ flags, about, takes, completion }) => {
        const names = flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        return `${head} ${names.join(' ')}${takes ? `${completion === 'files' ? ' -r' : ' -x'}${offer(completion)}` : ''} -d ${quoted(about)}`;
      }),
    ];
  });
  return `# Completion of ${NAME} in fish.
complete -c ${NAME} -f
${lines.join('\n')}
`;
}
