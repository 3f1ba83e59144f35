import { loadClusters } from '../config/load';
import { imageList, imageTable } from '../output/images';
import { type Command, EXIT } from './command';
import { asJson, CONFIG, FORMAT, loadOptions, options } from './options';
import { problemsAsJson } from './problem-formats';

const OPTIONS = {
  config: CONFIG,
  all: { type: 'boolean', about: 'also images of parts that are switched off' },
  format: FORMAT,
} as const;

export const images: Command = {
  synopsis: '[-c CONFIG] [--all] [--format json]',
  summary: 'lists the images, for mirrors',
  about:
    'Lists the images, separated by tabs: where the image comes from, where the pods pull it from, and its option.',
  options: OPTIONS,
  example: '--all',
  run: (args, context) => {
    const { config, all, format } = options(args, OPTIONS);
    const json = asJson(format);
    const clusters = loadClusters(loadOptions(config, context)).map(({ settings }) => settings);
    context.stdout.write(
      json ? problemsAsJson([], { images: imageList(clusters, all) }) : `${imageTable(clusters, all)}\n`,
    );
    return EXIT.ok;
  },
};
