import { type LoadedCluster, loadClusters } from '../config/load';
import { ConfigurationError } from '../config/problems';
import { type Command, type CommandContext, EXIT } from './command';
import { asJson, CONFIG, FORMAT, jsonText, loadOptions, optionsAndNames, UsageError } from './options';

const OPTIONS = {
  config: CONFIG,
  cluster: {
    type: 'string',
    value: 'NAME',
    about: 'which cluster, if the configuration has several (default: the first)',
  },
  format: { ...FORMAT, about: 'text, or json: the same for programs, on stdout (default: text)' },
} as const;

export const explainCommand: Command = {
  synopsis: 'KEY ... [-c CONFIG]',
  summary: 'explains a key of the configuration, and what a change does',
  about: `Explains keys of the configuration: what a key takes, its default and what that follows from, its value now, who reads it, and what a
change does to a running cluster (found out by trying another value). For a section it lists the keys. Keys below a podTemplate are explained
in the words of Kubernetes. Without a milvus.yaml it explains them for a cluster with all defaults.`,
  options: OPTIONS,
  completion: 'keys',
  example: 'readonly.cache.cacheSize',
  exitCodes: '0 explained, 1 the configuration can not be used, 2 wrong arguments, or no such key.',
  run: (args, context) => {
    const { values, names } = optionsAndNames(args, OPTIONS);
    const json = asJson(values.format);
    if (names.length === 0)
      throw new UsageError('which key? Such as readonly.cache.cacheSize, or readonly for what is in it');
    const { explain, explanationText, UnknownKey } =
      require('../answers/explain') as typeof import('../answers/explain');
    const { cluster, note } = clusterFor(values, context);
    try {
      const explanations = names.map((name) => explain(name, cluster));
      const text = () => explanations.map(explanationText).join('\n') + note;
      context.stdout.write(json ? jsonText(explanations) : text());
    } catch (error) {
      if (error instanceof UnknownKey) throw new UsageError(error.message);
      throw error;
    }
    return EXIT.ok;
  },
};

/** The cluster that is meant; one with all defaults where nobody has configured any. */
function clusterFor(
  { config, cluster: name }: { readonly config?: readonly string[]; readonly cluster?: string },
  context: CommandContext,
): { readonly cluster: Omit<LoadedCluster, 'source' | 'warnings'>; readonly note: string } {
  try {
    const clusters = loadClusters(loadOptions(config, context));
    const found = name === undefined ? clusters[0] : clusters.find(({ settings }) => settings.name === name);
    if (found === undefined) {
      throw new UsageError(
        `there is no cluster "${name}"; there are ${clusters.map(({ settings }) => settings.name).join(', ')}`,
      );
    }
    const first = name === undefined && clusters.length > 1;
    return {
      cluster: found,
      note: first
        ? `\nOf ${found.settings.name}, the first of ${clusters.length} clusters (--cluster).\n`
        : '',
    };
  } catch (error) {
    // Whoever mends a configuration asks as well.
    if (!(error instanceof ConfigurationError) || config !== undefined || name !== undefined) throw error;
    const { check } = require('../config') as typeof import('../config');
    const { config: given, settings } = check({
      name: 'milvus',
      s3: { address: 's3.example.com', bucket: 'vectors' },
    });
    if (settings === undefined) throw error;
    const [{ source = 'milvus.yaml' } = {}] = error.reports;
    return {
      cluster: { config: given, settings, origin: () => undefined },
      note: `\nFor a cluster with all defaults: ${source} can not be used (npm run check, or cdk8s-milvus check, says why).\n`,
    };
  }
}
