import type { Terminal } from '../output/progress';
import { anchorOf, type Cause } from './causes';
import type { ClusterStatus } from './diagnose';
import { type LastRun, sizeInWords } from './runs';
import type { WorkloadStatus } from './workloads';

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
type Colour = keyof typeof CODES;

/** Words with a colour of the terminal, or without. */
type Paint = (colour: Colour, text: string) => string;

export const paint =
  (isColoured: boolean): Paint =>
  (colour, text) =>
    isColoured ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;

const MINUTE = 60_000;
const UNITS = [
  [24 * 60 * MINUTE, 'd'],
  [60 * MINUTE, 'h'],
  [MINUTE, 'min'],
  [1000, 's'],
] as const;

/** How long ago, in the largest unit that it fills. */
export function age(time: string | undefined, now: number): string {
  const milliseconds = now - Date.parse(time ?? '');
  if (Number.isNaN(milliseconds)) return '';
  const [size, unit] = UNITS.find(([one]) => milliseconds >= one) ?? [1000, 's'];
  return `${Math.max(0, Math.floor(milliseconds / size))} ${unit}`;
}

/** Columns of equal width; colours come after the widths are known. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** One screen about a cluster. */
export function screen(status: ClusterStatus, now: number, p: Paint): string {
  const { name, namespace, ready, workloads, claims, services, backup, causes, forbidden } = status;
  const place = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const isThere = workloads.some(({ due }) => due !== 'not applied');
  const due = workloads.flatMap((one) => one.differences.map((what) => `  ${one.name}: ${one.due}: ${what}`));
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['', isThere ? workloadLines(workloads, now, p) : []],
    [
      'Other than configured',
      due.length === 0
        ? []
        : [...due.map((line) => p('yellow', line)), ...status.due.map((command) => `  ${command}`)],
    ],
    ['Claims', columns(claims.map((one) => [`  ${one.name}`, one.phase, one.size, one.storageClass]))],
    ['Clients connect to', columns(services.map((one) => [`  ${one.name}`, one.type, one.address]))],
    [
      '',
      [
        ...runLine('Last backup', backup, backup === undefined ? '' : sizeInWords(backup), now, p),
        ...runLine('Last verification of a backup', status.verification, '', now, p),
        ...runLine('Last smoke test', status.smokeTest, '', now, p),
      ],
    ],
    ['Why', causes.map((cause) => causeLine(cause, p))],
    ['', forbiddenLine(forbidden)],
  ];
  return [
    `${p('bold', name)}${place}: ${ready ? p('green', 'ready') : p('red', 'not ready')}`,
    ...sections
      .filter(([, lines]) => lines.length > 0)
      .flatMap(([title, lines]) => ['', ...(title === '' ? [] : [title]), ...lines]),
    '',
  ].join('\n');
}

function workloadLines(workloads: readonly WorkloadStatus[], now: number, p: Paint): string[] {
  const rows = workloads.flatMap(({ kind, name, ready, wanted, due, images, pods }) => [
    [name, `${ready}/${wanted}`, due, '', images[0] ?? kind],
    ...pods.map((pod) => [
      `  ${pod.name}`,
      pod.state,
      age(pod.since, now),
      pod.restarts === 0 ? '' : `${pod.restarts} restart${pod.restarts === 1 ? '' : 's'}`,
      '',
    ]),
  ]);
  const colours = workloads.flatMap(({ ready, wanted, pods }): Colour[] => [
    ready >= wanted ? 'green' : 'red',
    ...pods.map((pod) => (pod.ready ? 'dim' : 'yellow')),
  ]);
  return columns([['Workload', 'Ready', 'Since', '', 'Image'], ...rows]).map((text, index) =>
    p(index === 0 ? 'dim' : (colours[index - 1] ?? 'dim'), text),
  );
}

function runLine(what: string, run: LastRun | undefined, words: string, now: number, p: Paint): string[] {
  if (run === undefined) return [];
  const { at, failedSince } = run;
  const when =
    at === undefined ? p('yellow', 'none that ended well') : `${age(at, now)} ago${words && ` (${words})`}`;
  return [`${what}: ${when}${failedSince ? p('red', '; the last one failed') : ''}`];
}

function causeLine(cause: Cause, p: Paint): string {
  const cure = cause.cure === undefined ? '' : `: ${cause.cure}`;
  return `  ${p('red', cause.object)}  ${cause.what}${cure} ${p('dim', `(${anchorOf(cause)})`)}`;
}

const forbiddenLine = (forbidden: readonly string[]) =>
  forbidden.length === 0
    ? []
    : [`You may not read ${forbidden.join(', ')} here, so some causes may be missing.`];

/** A line for each of several clusters. */
export function table(statuses: readonly ClusterStatus[], p: Paint): string {
  const rows = statuses.map(({ name, namespace = '', ready, workloads, causes }) => {
    const [first] = causes;
    const pods = (key: 'ready' | 'wanted') => workloads.reduce((sum, workload) => sum + workload[key], 0);
    const due = workloads.find((one) => !['as configured', 'not applied'].includes(one.due))?.due;
    const word = ready ? (due ?? 'ready') : 'not ready';
    const why = first === undefined ? '' : `${first.object}: ${first.what}`;
    return [name, namespace, word, `${pods('ready')}/${pods('wanted')}`, why.slice(0, 100)];
  });
  const texts = columns([['Cluster', 'Namespace', 'State', 'Pods', 'Why'], ...rows]);
  const ready = statuses.filter((one) => one.ready).length;
  return [
    ...texts.map((text, index) =>
      p(index === 0 ? 'dim' : statuses[index - 1]?.ready ? 'green' : 'red', text),
    ),
    '',
    `${ready} of ${statuses.length} clusters are ready.`,
    ...forbiddenLine(statuses[0]?.forbidden ?? []),
    '',
  ].join('\n');
}

/**
 * A text that is written over and over at the same place of a terminal; what stood there before stays. Lines are cut at the right, for
 * those that wrap can't be counted.
 */
export class Display {
  private height = 0;

  public constructor(private readonly terminal: Terminal) {}

  public show(text: string): void {
    const lines = text
      .trimEnd()
      .split('\n')
      .slice(0, (this.terminal.rows ?? 24) - 1);
    this.clear();
    this.terminal.write(`\x1b[?7l${lines.join('\n')}\n\x1b[?7h`);
    this.height = lines.length;
  }

  public clear(): void {
    if (this.height > 0) this.terminal.write(`\x1b[${this.height}A\x1b[J`);
    this.height = 0;
  }
}
