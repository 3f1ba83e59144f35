import { CONFIG, type Command, EXIT, options } from './command';

const OPTIONS = { config: CONFIG } as const;

export const showCommand: Command = {
  synopsis: '[-c CONFIG]',
  summary: 'shows the configuration with every default, and where each value comes from',
  about: `Shows the configuration with every default filled in. Each line says where its value comes from: a file and line, or what the default follows
from. The output is YAML that gives the same manifests. It never shows a credential, but a reference to the environment in its place.`,
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
