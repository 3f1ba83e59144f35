import { COMMANDS } from '../lib/cli';
import { helpOf } from '../lib/cli/command';

const HEAD = `<!-- Generated from the table of commands in lib/cli/index.ts by \`npm run generate\`; do not edit. -->

# The commands

Run \`cdk8s-milvus COMMAND\`, or in a clone the npm script of the same name, with \`--\` before the arguments. \`--help\` prints the same text.

| exit code | meaning, for every command |
| --- | --- |
| 0 | done, and everything is as it should be |
| 1 | something is wrong with the configuration, the manifests, a file or the cluster |
| 2 | wrong arguments: nothing was done |

Results go to stdout, messages to stderr. \`--format json\` prints the same for programs.
`;

/** docs/reference/commands.md */
export function commandsReference(): string {
  const rows = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `| [\`${name}\`](#${name}) | ${summary} |`,
  );
  const sections = Object.entries(COMMANDS).map(
    ([name, command]) =>
      `## ${name}\n\n\`\`\`text\n${helpOf(command, `cdk8s-milvus ${name}`).trimEnd()}\n\`\`\`\n`,
  );
  return [HEAD, ['| command | |', '| --- | --- |', ...rows].join('\n'), '', ...sections].join('\n');
}
