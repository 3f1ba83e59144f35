import { TARGET } from '../live/kubectl';
import { KubectlError } from '../live/kubectl-error';
import { backupsOf, clusterOf } from './clusters';
import { type Command, EXIT } from './command';
import { INTERRUPTED, withJobRunner } from './job-runner';
import { asJson, CONFIG, FORMAT, jsonText, OUTDIR, optionsAndNames, UsageError } from './options';

const OPTIONS = {
  config: CONFIG,
  outdir: OUTDIR,
  format: { ...FORMAT, about: 'text, or json: an array with an object for each (default: text)' },
  ...TARGET,
} as const;

/** Before each line of the Job, as JobRunner prints it. */
const CONTAINER = /^\[list\] /;

export const backups: Command = {
  synopsis: '[NAME] [-n NAMESPACE]',
  summary: 'lists the backups: time, size, rows, verified or not',
  about: `Lists the backups of a cluster, newest first: time, size (objects and dump together), rows and collections, and when each was verified or
found damaged. It runs the Job list-backups through your kubectl, because only pods of the cluster have the S3 keys.
NAME is the cluster, if the configuration has several.`,
  options: OPTIONS,
  exitCodes: `0 listed, 1 could not be listed, 2 wrong arguments, ${INTERRUPTED} interrupted (Ctrl-C).`,
  run: async (args, context) => {
    const { stdout, stderr } = context;
    const { values, names } = optionsAndNames(args, OPTIONS);
    const [name, ...tooMany] = names;
    if (tooMany.length > 0) throw new UsageError(`one cluster at a time, not also ${tooMany.join(', ')}`);
    const json = asJson(values.format);
    const cluster = clusterOf(values.config, name, context);
    backupsOf(cluster);
    let log = '';
    const kept = { ...context, stdout: { write: (text: string) => (log += text) } };
    const { end } = await withJobRunner(cluster, values, kept, (runner) => runner.run('list-backups'));
    if (end === 'interrupted') return INTERRUPTED;
    if (end === 'failed') {
      stderr.write(log);
      return EXIT.failed;
    }
    const lines = log
      .split('\n')
      .filter((line) => CONTAINER.test(line))
      .map((line) => line.replace(CONTAINER, ''));
    const rows = lines.filter((line) => line.startsWith('{'));
    const table = lines.filter((line) => !line.startsWith('{'));
    if (table.length === 0)
      throw new KubectlError(
        'The Job is complete, but its log can not be read: kubectl logs needs the right to get pods/log.',
      );
    stdout.write(json ? jsonText(rows.map((row) => JSON.parse(row) as unknown)) : `${table.join('\n')}\n`);
    if (rows.length === 0) stderr.write(`There is no backup of ${cluster.settings.name} yet.\n`);
    return EXIT.ok;
  },
};
