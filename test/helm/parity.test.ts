import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { fromHelmValues, type MilvusConfig } from '../../lib';
import { chartDifferences } from '../support/chart-parity';
import type { Fields, Manifest } from '../support/manifests';
import { ROOT } from '../support/project';

/**
 * Values files, and what Helm renders from them with chart 1.1.6: `helm template milvus-test milvus/milvus --version 1.1.6
 * -n milvus -f values.yaml`, as JSON with the embedded configurations parsed. They are no part of the project; where
 * they are not, the cases in translate.test.ts have to do.
 */
const RENDERINGS = resolve(ROOT, process.env['CHART_RENDERINGS'] ?? '../shared/parity');
const cases = existsSync(RENDERINGS)
  ? readdirSync(RENDERINGS, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  : [];
if (cases.length === 0) console.info(`No renderings of the chart in ${RENDERINGS}: nothing to compare with.`);

const read = (name: string, file: string) => readFileSync(join(RENDERINGS, name, file), 'utf8');

(cases.length === 0 ? describe.skip : describe)('what Helm makes of the same values', () => {
  test.each(cases.length === 0 ? ['none'] : cases)('%s', (name) => {
    const values = parseYaml(read(name, 'values.yaml')) as Fields;
    const rendered = JSON.parse(read(name, 'rendered.json')) as Manifest[];
    const config = fromHelmValues(values, { release: 'milvus-test', namespace: 'milvus' });
    expect(chartDifferences(values, rendered, config)).toEqual([]);
  });

  // That the comparison sees what it is there to see.
  test.each<[what: string, over: (config: MilvusConfig) => MilvusConfig, words: string]>([
    ['replicas', (config) => ({ ...config, readonly: { replicas: 2 } }), 'replicas'],
    ['a name', (config) => ({ ...config, name: 'other' }), 'we do not have it'],
    ['a selector', (config) => ({ ...config, instance: 'other' }), 'selector'],
    ['an image', (config) => ({ ...config, images: { mishards: 'other:1' } }), 'image'],
    [
      'a node selector',
      (config) => ({ ...config, mishards: { podTemplate: { spec: { nodeSelector: { a: 'b' } } } } }),
      'nodeSelector',
    ],
    ['a Service', (config) => ({ ...config, service: { type: 'NodePort' } }), 'type'],
    ['a port', (config) => ({ ...config, service: { port: 1 } }), 'ports'],
    ['a claim', (config) => ({ ...config, mysql: { persistence: { size: '5Gi' } } }), 'claim'],
    ['a bucket', (config) => ({ ...config, s3: { address: '192.168.18.13', bucket: 'xy' } }), 's3_bucket'],
    ['a database', (config) => ({ ...config, mysql: { database: 'other' } }), 'database'],
    ['a setting', (config) => ({ ...config, storage: { autoFlushInterval: 9 } }), 'auto_flush_interval'],
    ['a setting of mishards', (config) => ({ ...config, mishards: { maxWorkers: 9 } }), 'MAX_WORKERS'],
    [
      'a workload too many',
      (config) => ({ ...config, admin: { enabled: true } }),
      'the chart does not have it',
    ],
  ])('would show another: %s', (_, over, words) => {
    const values = parseYaml(read('seed', 'values.yaml')) as Fields;
    const rendered = JSON.parse(read('seed', 'rendered.json')) as Manifest[];
    const config = fromHelmValues(values, { release: 'milvus-test', namespace: 'milvus' });
    expect(chartDifferences(values, rendered, over(config))).toContainEqual(expect.stringContaining(words));
  });
});
