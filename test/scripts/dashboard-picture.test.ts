import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadClusters } from '../../lib';
import { OTHER_METRICS, SERVER_METRICS } from '../../lib/operations/monitoring/metrics';
import { objectsIn } from '../../lib/output/cluster-files';
import { dashboardPicture, metricsIn } from '../../scripts/dashboard-picture';
import { at, records } from '../support/manifests';
import { ROOT } from '../support/project';

const dashboards = (config: string) =>
  loadClusters({ config, cwd: ROOT, env: {} })
    .flatMap(({ settings }) => objectsIn(settings))
    .flatMap((object) => Object.entries((object['data'] ?? {}) as Record<string, string>))
    .filter(([key]) => key.endsWith('.json'))
    .map(([, text]) => JSON.parse(text) as Record<string, unknown>);
const [dashboard] = dashboards('examples/production/milvus.yaml');
const panels = records(dashboard?.['panels']);
const committed = readFileSync(join(ROOT, 'docs/images/dashboard.svg'), 'utf8');

test('the committed picture is that of the dashboard which the example brings along', () => {
  expect(panels.length).toBeGreaterThan(15);
  expect(dashboardPicture(dashboard ?? {}, ['writable', 'readonly'])).toBe(committed);
});

test('every panel is in it, where Grafana has it, with metrics that there are', () => {
  const known = [...Object.keys(SERVER_METRICS), ...Object.values(OTHER_METRICS).flat()];
  for (const { title, type, targets } of panels) {
    expect(committed).toContain(`>${String(title)}</text>`);
    if (type === 'row') continue;
    const metrics = metricsIn(records(targets).map(({ expr }) => String(expr)));
    expect(metrics.length).toBeGreaterThan(0);
    expect(known).toEqual(expect.arrayContaining(metrics.map((name) => name)));
    expect(committed).toContain(`>${metrics[0]}`);
  }
  expect(committed.match(/class="panel"/g)).toHaveLength(panels.filter(({ type }) => type !== 'row').length);
});

test('another unit has no made up values', () => {
  const changed = {
    ...dashboard,
    panels: [{ ...panels[1], targets: [], fieldConfig: { defaults: { unit: 'furlongs' } } }],
  };
  expect(() => dashboardPicture(changed, [])).toThrow(
    'Searches per second: the unit furlongs has no picture',
  );
  expect(at(panels[1], 'fieldConfig', 'defaults', 'unit')).toBe('reqps');
});
