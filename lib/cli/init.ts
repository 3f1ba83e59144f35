import { relative, resolve } from 'node:path';
import type { Answers } from '../answers/init';
import { type Command, type CommandContext, EXIT } from './command';
import { optionsAndNames, UsageError } from './options';

const OPTIONS = {
  name: { type: 'string', value: 'NAME', about: 'name of the cluster (default: milvus)' },
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAMESPACE',
    about: 'namespace of its objects (default: that of kubectl)',
  },
  's3-address': {
    type: 'string',
    value: 'HOST',
    about: 'host name or IPv4 address of the S3 endpoint, or its URL',
  },
  's3-port': {
    type: 'string',
    value: 'PORT',
    about: 'its port (default: that of the URL, or 80; 443 with https)',
  },
  bucket: {
    type: 'string',
    value: 'BUCKET',
    about: 'bucket for the vectors, for this cluster only (default: the name of the cluster)',
  },
  'storage-class': {
    type: 'string',
    value: 'CLASS',
    about: 'StorageClass of the volumes (default: that of the Kubernetes cluster)',
  },
  embedded: { type: 'boolean', about: 'deploy a MinIO as the S3 storage, for a first try' },
  yes: { type: 'boolean', short: 'y', about: 'do not ask: use defaults for what is not given' },
} as const;

export const initCommand: Command = {
  synopsis: '[DIRECTORY] [--name NAME] [--s3-address HOST | --embedded] ...',
  summary: 'makes a milvus.yaml, by questions or options',
  about: `Makes a new milvus.yaml in a directory (default: this one), and prints the next steps. In a terminal it asks for what the options do not say.
It never overwrites a file.`,
  options: OPTIONS,
  completion: 'directories',
  example: 'first-try --embedded --yes',
  exitCodes: '0 written, 1 the file exists or the configuration can not be used, 2 wrong arguments.',
  run: async (args, context, called) => {
    const { values, names } = optionsAndNames(args, OPTIONS);
    const [directory = '.', ...others] = names;
    if (others.length > 0) throw new UsageError(`unexpected argument '${others[0]}'`);
    const { writeConfiguration } = require('../answers/init') as typeof import('../answers/init');
    const given: Answers = {
      name: values.name ?? '',
      namespace: values.namespace,
      embedded: values.embedded === true,
      s3Address: values['s3-address'],
      s3Port: values['s3-port'],
      bucket: values.bucket,
      storageClass: values['storage-class'],
    } as Answers;
    if (given.embedded && (given.s3Address ?? given.s3Port) !== undefined) {
      throw new UsageError(
        "option '--embedded' has a storage of its own: leave --s3-address and --s3-port out",
      );
    }
    const answers = await complete(given, values.yes === true ? { ...context, ask: undefined } : context);
    const target = resolve(context.cwd, directory);
    const file = writeConfiguration(answers, target, context.cwd);
    const shown = relative(context.cwd, file);
    const place = directory === '.' ? '' : ` -c ${shown} -o ${relative(context.cwd, target)}/dist`;
    const program = called.replace(/init( --)?$/, '');
    const dashes = called.endsWith(' --') ? ' --' : '';
    context.stdout.write(`Written: ${shown}

Next:
  ${program}synth${place === '' ? '' : dashes}${place}   # writes the manifests, and tells how to apply them
  ${program}show${dashes} -c ${shown}   # everything that it does not say
`);
    return EXIT.ok;
  },
};

type Asking = Pick<CommandContext, 'stdout'> & { readonly ask?: CommandContext['ask'] | undefined };

/** Asks for what is not given, each until the answer is one. */
async function complete(given: Answers, { ask, stdout }: Asking): Promise<Answers> {
  const { saysPort, wrongWith } = require('../answers/init') as typeof import('../answers/init');
  let answers: Answers = { ...given, name: given.name === '' ? 'milvus' : given.name };
  if (ask === undefined) {
    if (answers.embedded || answers.s3Address !== undefined) return answers;
    throw new UsageError('which S3 storage? Give --s3-address, or --embedded for a first try');
  }
  const put = async (key: keyof Answers, question: string, path: string, fallback = '') => {
    if (given[key] !== undefined && given[key] !== '') return;
    for (;;) {
      const text = (await ask(`${question}${fallback === '' ? '' : ` [${fallback}]`}: `)).trim() || fallback;
      answers = { ...answers, [key]: text === '' ? undefined : text };
      const wrong = text === '' ? undefined : wrongWith(answers, path);
      if (wrong === undefined) return;
      stdout.write(`${wrong}\n`);
    }
  };
  await put('name', 'Name of the cluster', 'name', 'milvus');
  await put('namespace', 'Namespace (empty: that of kubectl)', 'namespace');
  if (!answers.embedded) {
    await put(
      's3Address',
      'Host or URL of the S3 endpoint (empty: a MinIO of its own, for a first try)',
      's3.address',
    );
    answers = { ...answers, embedded: answers.s3Address === undefined };
  }
  if (!answers.embedded && !saysPort(answers.s3Address ?? ''))
    await put('s3Port', 'Port of the S3 endpoint', 's3.port', '80');
  await put('bucket', 'Bucket', 's3.bucket', answers.name);
  await put(
    'storageClass',
    "StorageClass of the volumes (empty: the cluster's own)",
    'mysql.persistence.storageClassName',
  );
  return answers;
}
