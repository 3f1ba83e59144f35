import { timeline } from '../../lib/answers/timeline';
import type { Restart } from '../../lib/output/changes';

const restart = (component: Restart['component'], pods: Partial<Restart['pods']>): Restart => ({
  id: `Deployment/${component}`,
  component,
  words: '',
  pods: { grace: 30, start: 300, replicas: 1, rolling: false, ...pods },
});
/** The bar of each row, without what is beside it. */
const bars = (text: string) => [...text.matchAll(/\|(.*)\|/g)].map(([, bar = '']) => bar.trimEnd());

test('nothing restarts: no bars', () => {
  expect(timeline([])).toBe('');
});

test('one is away while it stops and starts', () => {
  const text = timeline([restart('writable', { grace: 60, start: 540 })]);
  expect(text).toContain('  Deployment/writable  |-----=============================================|');
  expect(text).toContain('away for at most 10 min\n');
});

test('MySQL is waited for, rolling pods are never away, and all are drawn over one scale', () => {
  const text = timeline([
    restart('mysql', { grace: 60, start: 540 }),
    restart('writable', { grace: 120, start: 1200 }),
    restart('readonly', { grace: 100, start: 500, replicas: 2, rolling: true }),
  ]);
  expect(bars(text)).toEqual([
    `${'-'.repeat(2)}${'='.repeat(15)}`.padEnd(17, '='),
    `${'-'.repeat(3)}${'.'.repeat(14)}${'='.repeat(33)}`,
    '~'.repeat(50),
  ]);
  expect(text).toMatch(/^ +0 {45}30 min$/m);
  expect(text).toContain('away for at most 10 min\n');
  expect(text).toContain('away for at most 30 min\n');
  expect(text).toContain('never away: each new pod at most 9 min to start, each old one 2 min to stop');
});
