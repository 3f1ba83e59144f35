import { existsSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { check } from '../config';
import { endpointIn } from '../config/endpoint';
import type { MilvusConfig } from '../config/milvus-config';
import { ConfigurationError, formatProblem } from '../config/problems';
import { guarded, makeDirectory, OutputError } from '../output/files';
import { writeYaml } from '../yaml/write';
import { schemaFile } from './kubernetes-fields';

/** What a new configuration is made of; all as typed. */
export interface Answers {
  readonly name: string;
  readonly namespace?: string;
  readonly embedded: boolean;
  /** The host, or the URL of the endpoint. */
  readonly s3Address?: string;
  readonly s3Port?: string;
  readonly bucket?: string;
  readonly storageClass?: string;
}

/** The configuration that was asked for: what is left out has its default. */
function configOf(answers: Answers): MilvusConfig {
  const { name, namespace, embedded, s3Address, s3Port, bucket, storageClass } = answers;
  const volume = storageClass === undefined ? undefined : { persistence: { storageClassName: storageClass } };
  return withoutUndefined({
    name,
    namespace,
    s3: { ...(embedded ? { embedded } : endpointOf(s3Address, s3Port)), bucket: bucket ?? name },
    mysql: volume,
    minio: embedded ? volume : undefined,
  }) as unknown as MilvusConfig;
}

function endpointOf(typed = '', ownPort?: string): object {
  const { address, scheme, port } = endpointIn(typed) ?? { address: typed };
  return {
    address,
    port: ownPort !== undefined && /^\d+$/.test(ownPort) ? Number(ownPort) : (ownPort ?? port),
    tls: scheme === 'https' ? { enabled: true } : undefined,
  };
}

/** Whether an address has said the port, too. */
export function saysPort(address: string): boolean {
  return address.includes(':');
}

function withoutUndefined(value: object): object {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, typeof item === 'object' ? withoutUndefined(item as object) : item]),
  );
}

/**
 * What is wrong with one answer; undefined when nothing is.
 * @param path where it goes
 */
export function wrongWith(answers: Answers, path: string): string | undefined {
  const problem = check(configOf(answers)).problems?.find((one) => one.path === path);
  return problem && formatProblem(problem);
}

/**
 * Writes milvus.yaml into a directory, which is made if it is not there.
 * @returns the file
 * @throws ConfigurationError when the answers make no configuration
 * @throws OutputError when there is such a file already, or it can not be written
 */
export function writeConfiguration(answers: Answers, directory: string, cwd: string): string {
  const file = join(directory, 'milvus.yaml');
  const config = configOf(answers);
  const { problems = [] } = check(config);
  if (problems.length > 0) throw new ConfigurationError([{ source: 'the answers', problems }]);
  if (existsSync(file))
    throw new OutputError(`${file}: exists, and stays as it is\n  - Name another directory.`);
  guarded(directory, 'written', () => {
    makeDirectory(directory);
    writeFileSync(
      file,
      HEADER(schemaFor(directory, cwd)) + writeYaml(config, { comments: commentsOf(answers) }),
      { flag: 'wx' },
    );
  });
  return file;
}

const HEADER = (
  schema: string | undefined,
) => `${schema === undefined ? '' : `# yaml-language-server: $schema=${schema}\n#\n`}# A Milvus 1.1.1 cluster. What is not here has a default: "cdk8s-milvus show" lists them all, "cdk8s-milvus explain KEY" tells what a key is.
`;

/** The schema for editors, where it is in the same tree: in node_modules, or in a clone. */
function schemaFor(directory: string, cwd: string): string | undefined {
  const file = schemaFile();
  return file === undefined || relative(cwd, file).startsWith('..') ? undefined : relative(directory, file);
}

const commentsOf =
  ({ name, embedded }: Answers) =>
  (steps: readonly PropertyKey[]): readonly string[] =>
    ({
      s3: embedded
        ? ['A MinIO of one pod, for a first try; in production the address of Ceph RGW, MinIO, ...']
        : [`The endpoint, and a bucket for this cluster alone. The keys are in the Secret ${name}-s3.`],
      mysql: [`The metadata. Its passwords are in the Secret ${name}-mysql.`],
    })[steps.join('.')] ?? [];
