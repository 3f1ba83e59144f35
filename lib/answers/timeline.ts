import { listOf } from '../list-of';
import type { Restart } from '../output/changes';

/** How wide the bars are together. */
const WIDTH = 50;

/**
 * When which pods are away, as bars over one scale. Each takes the longest that Kubernetes allows: how long a start takes depends on
 * the data. All begin at once; MySQL and the embedded storage are waited for by everybody else.
 * @returns nothing where nothing restarts
 */
export function timeline(restarts: readonly Restart[]): string {
  if (restarts.length === 0) return '';
  const waitedFor = (component: Restart['component']) => component === 'mysql' || component === 'minio';
  const first = restarts.filter(({ component }) => waitedFor(component));
  const ready = Math.max(0, ...first.map(({ pods }) => pods.grace + pods.start));
  const rows = restarts.map(({ id, component, pods: { grace, start, replicas, rolling } }) => {
    const wait = waitedFor(component) ? 0 : ready;
    if (rolling) {
      const end = wait + replicas * (start + grace);
      const each = `each new pod at most ${duration(start)} to start, each old one ${duration(grace)} to stop`;
      return { id, end, parts: [['~', end]] as const, words: `never away: ${each}` };
    }
    const begins = Math.max(grace, wait);
    const end = begins + start;
    const parts = [
      ['-', grace],
      ['.', begins],
      ['=', end],
    ] as const;
    return { id, end, parts, words: `away for at most ${duration(end)}` };
  });
  const longest = Math.max(...rows.map(({ end }) => end));
  const width = Math.max(...rows.map(({ id }) => id.length));
  const lines = rows.map(({ id, parts, words }) => {
    const bar = parts.reduce((drawn, [sign, end]) => {
      // What is short is seen, too.
      const until = end === 0 ? 0 : Math.max(1, Math.round((end / longest) * WIDTH));
      return drawn.padEnd(until, sign);
    }, '');
    return `  ${id.padEnd(width)}  |${bar.padEnd(WIDTH)}|  ${words}\n`;
  });
  const scale = `${'0'.padEnd(WIDTH + 2 - duration(longest).length)}${duration(longest)}`;
  return `
When, at the longest (- stops, . waits for others, = starts, ~ one pod after another):
  ${' '.repeat(width)}  ${scale}
${lines.join('')}`;
}

/** `45 s`, `5 min`, `1 h 30 min` */
function duration(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return listOf(hours > 0 && `${hours} h`, rest > 0 && `${rest} min`).join(' ');
}
