import * as z from 'zod';
import { bytesQuantity, count, resourceName, rule } from '../rules';
import { roleOptions, serverKeys, serverOptions } from '../server-keys';
import { SERVER_CPU } from '../sizing';
import { claim, workload } from './workload';

/** What is configured about the servers. */

const serverConfigValue = rule(
  z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
  'a text, number, boolean or list of texts',
);
const WITHOUT_OPTION = serverKeys()
  .filter(({ option }) => option === undefined)
  .map(({ section, key }) => `${section}.${key}`)
  .join(', ');

export const extraServerConfig = (inherited: string) =>
  z
    .record(z.string(), z.record(z.string(), serverConfigValue))
    .default({})
    .describe(`Sections and keys of server_config.yaml that have no option: ${WITHOUT_OPTION}.${inherited}`);

export const cache = z
  .strictObject(serverOptions('milvus.cache'))
  .meta({ id: 'Cache', description: 'Memory of a server.' });

export const engine = z
  .strictObject(serverOptions('milvus.engine'))
  .meta({ id: 'Engine', description: 'The search engine of a server.' });

export const logs = z.strictObject({
  ...serverOptions('milvus.logs'),
  sizeLimit: bytesQuantity('4Gi')
    .default('4Gi')
    .describe('Size limit of the emptyDir for the logs. A pod that exceeds it is evicted.'),
  persistence: claim(
    'Volume for the log files of all servers, with a directory for each pod. It needs toFile: true. Argo CD and Flux do not delete its claim, unless `annotations` say otherwise.',
    'disabled; otherwise 5Gi, ReadWriteMany (ReadWriteOnce with one server), of the default StorageClass',
    { enabled: false, size: '5Gi' },
  ),
});

/** What a role may have otherwise than `milvus.logs`. */
const logOverrides = z
  .strictObject(roleOptions('milvus.logs'))
  .meta({ id: 'RoleLogs', description: 'Overrides of `milvus.logs` for a role.' });

/** GPUs of the servers; a CPU build ignores the section. */
export const gpu = z
  .strictObject({
    ...serverOptions('milvus.gpu'),
    count: count(1, 64, 'devices')
      .optional()
      .describe(
        'Number of devices that each pod requests.\n\n@default - as many as searchDevices and buildIndexDevices name',
      ),
    resourceName: resourceName()
      .optional()
      .describe('Name of the resource that the device plugin offers.\n\n@default - nvidia.com/gpu'),
  })
  .meta({ id: 'Gpu', description: 'GPUs of a server.' });

export const metrics = z.strictObject(serverOptions('milvus.metrics'));

/** @param memory what the memory limit follows from */
export const serverRole = (memory: string) => ({
  ...workload({ ...SERVER_CPU, memoryLimit: memory }),
  securityProfile: z
    .enum(['restricted', 'baseline'])
    .optional()
    .describe(
      'Pod Security Standard that the pods meet. `baseline` runs the server as root, for volumes whose files belong to root, such as those of a release taken over from the chart.\n\n@default - restricted; with storage.path /var/lib/milvus, baseline on the writable, and with storage.persistence on the readers',
    ),
  logs: logOverrides.prefault({}).describe('Overrides of `milvus.logs` for this role.'),
  gpu: gpu.prefault({}).describe('Overrides of `milvus.gpu` for this role.'),
  cache: cache.prefault({}).describe('Overrides of `milvus.cache` for this role.'),
  engine: engine.prefault({}).describe('Overrides of `milvus.engine` for this role.'),
  startupTimeoutSeconds: count(60, 86400, 'seconds')
    .default(1800)
    .describe(
      'Seconds that the server may take to start, with replay of the log and preloading, before it is restarted.',
    ),
  extraServerConfig: extraServerConfig(' They override those of `milvus.extraServerConfig`.'),
});
