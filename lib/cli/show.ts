import { CONFIG, type Command, EXIT, options } from './command';

const OPTIONS = { config: CONFIG } as const;

export const showCommand: Command = {
  synopsis: '[-c CONFIG]',
  summary: 'shows the configuration with every default, and where each value comes from',
  about: `Shows the configuration with every default filled in, and behind each line where its value comes from: the file and line that has it, or what
the default follows from. It is YAML that gives the same manifests again. A credential is never shown: in its place is a reference to the environment.`,
  options: OPTIONS,
  example: '-c milvus.yaml',
  run: (args, { stdout, cwd, env }) => {
    const { config } = options(args, OPTIONS);
    const { loadClusters } = require('../config/load') as typeof import('../config/load');
    const { show } = require('../answers/show') as typeof import('../answers/show');
    stdout.write(show(loadClusters({ config: config?.join(), cwd, env })));
    return EXIT.ok;
  },
};
