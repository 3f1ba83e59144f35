import { App } from 'cdk8s';
import { loadClusters, MilvusCluster, type MilvusConfig } from '../lib';
import { writeDocuments } from '../lib/yaml/write';
import { clusterGraph } from '../scripts/cluster-graph';
import { everyOption, minimal, yamlOf } from './support/clusters';
import { ROOT } from './support/project';

/** Who is connected with whom outside the cluster, and on which ports, as the picture has it. */
async function outside(yaml: string): Promise<string[]> {
  const svg = (await clusterGraph(yaml)).replaceAll('&#45;', '-').replaceAll('&gt;', '>');
  return [...svg.matchAll(/<title>([^<]+)->([^<]+)<\/title>[\s\S]*?<\/g>/g)]
    .map(([group, from = '', to = '']) => [
      from,
      to,
      group.match(/>[\s\u00a0]*([\d, ]+?)[\s\u00a0]*<\/text>/)?.[1],
    ])
    .filter((edge) => edge.some((end) => /^(outside|others) /.test(String(end))))
    .map(([from, to, port]) => `${from} -> ${to}: ${port}`)
    .sort();
}
const drawn = (config: MilvusConfig) => outside(yamlOf(config));

test('the data and the backups in two storages are two, each with its name and port', async () => {
  const [cluster] = loadClusters({ config: 'examples/production/milvus.yaml', cwd: ROOT, env: {} });
  if (cluster === undefined) throw new Error('the example has no cluster');
  const objects = new MilvusCluster(new App(), 'production', cluster.settings).toJson();
  expect(await outside(writeDocuments(objects))).toEqual([
    'CronJob/milvus-backup -> outside rgw.storage.example.com:80: 80',
    'CronJob/milvus-backup -> outside s3.eu-central-1.amazonaws.com:443: 443',
    'CronJob/milvus-verify-backup -> outside s3.eu-central-1.amazonaws.com:443: 443',
    'Deployment/milvus-readonly -> outside rgw.storage.example.com:80: 80',
    'Deployment/milvus-writable -> outside rgw.storage.example.com:80: 80',
    'others prometheus -> Deployment/milvus-readonly: 9091',
    'others prometheus -> Deployment/milvus-writable: 9091',
    'others prometheus -> StatefulSet/milvus-mysql: 9104',
  ]);
});

test('servers in other namespaces are drawn, and those of the cluster are no strangers', async () => {
  expect(
    await drawn({
      ...minimal,
      s3: { embedded: true, bucket: 'vectors' },
      externalMysql: { host: 'mysql.databases.svc' },
    }),
  ).toEqual([
    'Deployment/milvus-test-mishards -> outside mysql.databases.svc:3306: 3306',
    'Deployment/milvus-test-readonly -> outside mysql.databases.svc:3306: 3306',
    'Deployment/milvus-test-writable -> outside mysql.databases.svc:3306: 3306',
  ]);
});

test('what is open to everything has a node for each port', async () => {
  expect(await drawn({ ...minimal, mishards: { discovery: 'kubernetes' } })).toContain(
    'Deployment/milvus-test-mishards -> outside 0.0.0.0/0 443, 6443: 443, 6443',
  );
});

test('nothing changes where there are no policies', async () => {
  const s3 = (config: MilvusConfig) =>
    drawn(config).then((edges) => edges.filter((edge) => edge.includes('192.168.18.13:80')));
  expect(await s3({ ...minimal, networkPolicy: { enabled: false } })).toEqual(await s3(minimal));
});

test('what is off is drawn as such, with the key that switches it on', async () => {
  const off = async (config: MilvusConfig) =>
    [
      ...(await clusterGraph(yamlOf(config))).matchAll(
        /<title>off ([^<]+)<\/title>\n<path[^>]*stroke-dasharray/g,
      ),
    ].map(([, what]) => what);
  expect(await off(minimal)).toEqual(['backups', 'canary', 'web interface', 'metrics', 'autoscaling']);
  const some = {
    ...minimal,
    milvus: { metrics: { enabled: true } },
    smokeTest: { schedule: '*/10 * * * *' },
    readonly: { autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 4 } },
  };
  expect(await off(some)).toEqual(['backups', 'web interface']);
  expect(await off(everyOption('existingSecret'))).toEqual([]);
  expect(await clusterGraph(yamlOf(minimal))).toContain('backup.enabled</text>');
});
