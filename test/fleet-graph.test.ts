import type { MilvusConfig } from '../lib';
import { fleetGraph } from '../scripts/fleet-graph';
import { minimal, yamlOf } from './support/clusters';

const cluster = (index: number, more: Partial<MilvusConfig> = {}) =>
  yamlOf({ ...minimal, name: `cluster-${index}`, namespace: `tenant-${index % 2}`, ...more } as MilvusConfig);
const boxes = (svg: string, kind: string) =>
  [...svg.matchAll(new RegExp(`class="node ${kind}">([\\s\\S]*?)</g>`, 'g'))].map(([, box = '']) =>
    [...box.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text.replaceAll('&#45;', '-')),
  );

test('clusters of one make are one box, with what they share', async () => {
  const svg = await fleetGraph([
    ...Array.from({ length: 6 }, (_, index) => cluster(index)),
    cluster(6, { readonly: { replicas: 3 } }),
  ]);
  expect(boxes(svg, 'workload')).toEqual([
    [
      '6 clusters in 2 namespaces',
      'cluster-0, cluster-1, cluster-2, and 3 more',
      '1 mishards',
      '1 mysql',
      '1 readonly',
      '1 writable',
    ],
    expect.arrayContaining(['1 cluster in 1 namespace', 'cluster-6', '3 readonly']),
  ]);
  expect(boxes(svg, 'outside')).toEqual([['S3', '192.168.18.13:80']]);
  expect(svg).toContain('<title>A fleet of 7 clusters: what they are made of, and what they share</title>');
});

test('many makes are no more boxes than a page has room for', async () => {
  const files = Array.from({ length: 20 }, (_, index) =>
    cluster(index, { readonly: { replicas: index + 1 } }),
  );
  const found = boxes(await fleetGraph(files), 'workload');
  expect(found).toHaveLength(12);
  expect(found.at(-1)).toEqual([
    '9 clusters in 2 namespaces',
    expect.stringMatching(/^cluster-\d+, cluster-\d+, cluster-\d+, and 6 more$/),
    '9 other kinds',
  ]);
});
