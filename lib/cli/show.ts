import { loadClusters } from '../config/load';
import { type Command, EXIT } from './command';
import { CONFIG, loadOptions, options } from './options';

const OPTIONS = { config: CONFIG } as const;

export const showCommand: Command = {
  synopsis: '[-c CONFIG]',
  summary: 'shows the configuration with every default, and where each value comes from',
  about: `Shows the configuration with every default filled in. Each line says where its value comes from: a file and line, or what the default follows
from. The output is YAML that gives the same manifests. It never shows a credential, but a reference to the environment in its place.`,
  options: OPTIONS,
  example: '-c milvus.yaml',
  run: (args, context) => {
    const { config } = options(args, OPTIONS);
    const { show } = require('../answers/show') as typeof import('../answers/show');
    context.stdout.write(show(loadClusters(loadOptions(config, context))));
    return EXIT.ok;
  },
};
