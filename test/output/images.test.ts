import { execFileSync } from 'node:child_process';
import { imagesOf, imageTable, type MilvusConfig } from '../../lib';
import { clusterOf, everyOption, jobsOf, manifestsOf, minimal, samples } from '../support/clusters';
import { containers, podTemplates } from '../support/manifests';
import { ROOT } from '../support/project';

const used = (config: MilvusConfig) =>
  imagesOf(clusterOf(config).settings)
    .filter(({ used: is }) => is)
    .map(({ image }) => image);

test.each(Object.entries(samples))('%s: what is listed as used is what the pods use', (_, config) => {
  const added = ['busybox:1.36'];
  const inPods = podTemplates([...manifestsOf(config), ...jobsOf(config)])
    .flatMap(({ spec }) => containers(spec))
    .map((container) => String(container['image']))
    .filter((image) => !added.includes(image));
  expect([...used(config)].sort()).toEqual([...new Set(inPods)].sort());
});

test('the source, the mirror and the option of each, and whether it is pinned', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const config: MilvusConfig = {
    ...minimal,
    imageRegistry: 'registry.example.com/mirror',
    images: { mysql: `mysql:5.7.44@${digest}` },
  };
  expect(imageTable([clusterOf(config).settings]).split('\n')).toEqual([
    'milvusdb/milvus:1.1.1-cpu-d061621-330cc6\tregistry.example.com/mirror/milvusdb/milvus:1.1.1-cpu-d061621-330cc6\timages.milvus\tby tag',
    'milvusdb/mishards:1.1.1\tregistry.example.com/mirror/milvusdb/mishards:1.1.1\timages.mishards\tby tag',
    `mysql:5.7.44@${digest}\tregistry.example.com/mirror/library/mysql:5.7.44@${digest}\timages.mysql\tby digest`,
    'rclone/rclone:1.68.2\tregistry.example.com/mirror/rclone/rclone:1.68.2\timages.rclone\tby tag',
  ]);
});

test('all of them, once for all clusters', () => {
  const { settings } = clusterOf(everyOption('inline'));
  const all = imageTable([settings, settings], true).split('\n');
  expect(all).toHaveLength(Object.keys(settings.images).length);
  expect(all.every((line) => line.split('\t')[1]?.startsWith('registry.example.com:5000/mirror/'))).toBe(
    true,
  );
});

test('as a command', () => {
  const run = (...args: string[]) =>
    execFileSync('npm', ['run', '--silent', 'images', '--', ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  expect(run().trim().split('\n')).toHaveLength(4);
  expect(run('--all').trim().split('\n')).toHaveLength(10);
  expect(run('--help')).toContain('npm run images -- [-c CONFIG]');
  expect(() => run('--nope')).toThrow("unknown option '--nope'");
});
