type Fields = Readonly<Record<string, unknown>>;
interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

/** Pixels of a column and of a row of Grafana's grid. */
const COLUMN = 40;
const ROW = 24;
const MARGIN = 8;
const POINTS = 48;
const COLOURS = 4;
/** The width of a letter of a legend, about. */
const LETTER = 4;

/** The largest value that is drawn, how a person reads one, and how the values go. */
type Look = readonly [most: number, text: (value: number) => string, shape?: 'rising' | 'flat'];
const whole = (unit: string) => (value: number) => `${Math.round(value)}${unit}`;

/** What values of a unit look like on a cluster of some size. */
const UNITS: Readonly<Record<string, Look>> = {
  reqps: [80, whole(' req/s')],
  ops: [900, whole(' ops/s')],
  µs: [40, whole(' ms')],
  percent: [100, whole(' %')],
  percentunit: [100, whole(' %')],
  bytes: [12, whole(' GiB')],
  Bps: [60, whole(' MB/s')],
  s: [2, whole(' s')],
  short: [4, whole('')],
};
/** Where the unit does not say it. */
const METRICS: Readonly<Record<string, Look>> = {
  keeping_alive_seconds_total: [24, whole(' h'), 'rising'],
  kube_deployment_status_replicas_available: [4, whole(''), 'flat'],
  mysql_global_status_threads_connected: [400, whole(''), 'flat'],
};
/** More characters of metrics have no room. */
const LONGEST = 66;

/**
 * Draws a Grafana dashboard: its rows and panels where Grafana puts them, with their titles, their queries' metrics and units. The lines are made
 * up, always the same ones: they show what a panel looks like, and no measurement.
 * @param dashboard its JSON, as it is in the ConfigMap
 * @param instances what `{{instance}}` and the like stand for
 * @throws Error for a unit that is not known here
 */
export function dashboardPicture(dashboard: Fields, instances: readonly string[]): string {
  const panels = dashboard['panels'] as readonly Panel[];
  const height = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)) * ROW + 40;
  const width = 24 * COLUMN;
  const title = escaped(String(dashboard['title']));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica,Arial,sans-serif">
<title>The dashboard ${title}, with values that are made up</title>
${STYLE}
<rect class="page" width="${width}" height="${height}"/>
<text class="title" x="${MARGIN}" y="26" font-size="17">${title}</text>
${panels.map((panel) => (panel.type === 'row' ? rowOf(panel) : panelOf(panel, instances))).join('\n')}
</svg>
`;
}

function rowOf({ title, gridPos: { y } }: Panel): string {
  return `<text class="title" x="${MARGIN}" y="${y * ROW + 40 + 17}" font-size="14">${escaped(title)}</text>`;
}

function panelOf({ title, gridPos, fieldConfig, targets = [] }: Panel, instances: readonly string[]): string {
  const [x, y] = [gridPos.x * COLUMN + MARGIN / 2, gridPos.y * ROW + 40 + MARGIN / 2];
  const [width, height] = [gridPos.w * COLUMN - MARGIN, gridPos.h * ROW - MARGIN];
  const unit = fieldConfig?.defaults.unit ?? '';
  const metrics = metricsIn(targets.map(({ expr }) => expr));
  const look = METRICS[metrics[0] ?? ''] ?? UNITS[unit];
  if (look === undefined) throw new Error(`${title}: the unit ${unit} has no picture`);
  const [most, textOf, shape] = look;
  const words = metrics.join(', ');
  const shown = words.length > LONGEST ? `${metrics[0]}, ...` : words;
  const [left, right, top, bottom] = [x + 58, x + width - 8, y + 42, y + height - 24];
  const series = targets.flatMap(({ expr, legendFormat }) =>
    (legendFormat.includes('{{') ? instances : ['']).map((instance) => ({
      name: legendFormat.replace(/\{\{.*?\}\}/, instance).replaceAll(/ ?\{\{.*?\}\}/g, ''),
      values: valuesOf(`${title} ${expr} ${instance}`, most, shape),
    })),
  );
  const grid = [0, 0.5, 1].map((share) => {
    const at = Math.round(bottom - share * (bottom - top));
    return `<path class="grid" d="M${left} ${at}H${right}"/><text class="small" x="${left - 5}" y="${at + 3}" text-anchor="end" font-size="9">${textOf(share * most)}</text>`;
  });
  const lines = series.map(({ values }, index) => {
    const points = values.map(
      (value, point) =>
        `${Math.round(left + (point / (POINTS - 1)) * (right - left))},${Math.round(bottom - (value / most) * (bottom - top))}`,
    );
    return `<polyline class="line c${index % COLOURS}" points="${points.join(' ')}"/>`;
  });
  let next = left;
  const legend = series.map(({ name }, index) => {
    const at = next;
    next += Math.round(name.length * LETTER) + 10;
    return `<text class="legend c${index % COLOURS}" x="${at}" y="${y + height - 8}" font-size="8">${escaped(name)}</text>`;
  });
  return `<g>
<rect class="panel" x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>
<text class="title" x="${x + 8}" y="${y + 17}" font-size="12">${escaped(title)}</text>
<text class="small" x="${x + 8}" y="${y + 30}" font-size="9">${escaped(shown)}</text>
${[...grid, ...lines, ...legend].join('\n')}
</g>`;
}

/** The metrics that queries read; of a sum with its count, their name. */
export function metricsIn(queries: readonly string[]): readonly string[] {
  // What is named, but no function, no label and no value of one.
  const names = queries.flatMap((expr) =>
    [...expr.replace(/by \([^)]*\)/g, '').matchAll(/([a-zA-Z_]\w+)(?=\{)/g)].map(([name]) =>
      name.replace(/_(sum|count)$/, ''),
    ),
  );
  return [...new Set(names)];
}

/** A walk that looks like load: the same for the same name. */
function valuesOf(name: string, most: number, shape: Look[2]): readonly number[] {
  let state = [...name].reduce((hash, character) => (hash * 31 + character.charCodeAt(0)) >>> 0, 7);
  const random = () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let value = 0.25 + random() * 0.4;
  const first = value;
  return Array.from({ length: POINTS }, (_, point) => {
    if (shape === 'flat') return first * most;
    if (shape === 'rising') return (first + (point / POINTS) * 0.25) * most;
    value = Math.min(0.95, Math.max(0.05, value + (random() - 0.5) * 0.09));
    return value * most;
  });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const STYLE = `<style>
  .page { fill: #f4f5f5; } .panel { fill: #ffffff; stroke: #d8d9da; } .grid { stroke: #e3e5e8; }
  .title { fill: #1f2328; } .small { fill: #59636e; } .line { fill: none; stroke-width: 1.5; }
  .line.c0 { stroke: #0969da; } .line.c1 { stroke: #1a7f37; } .line.c2 { stroke: #9a6700; } .line.c3 { stroke: #8250df; }
  .legend.c0 { fill: #0969da; } .legend.c1 { fill: #1a7f37; } .legend.c2 { fill: #9a6700; } .legend.c3 { fill: #8250df; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; } .panel { fill: #161b22; stroke: #30363d; } .grid { stroke: #30363d; }
    .title { fill: #e6edf3; } .small { fill: #9198a1; }
    .line.c0 { stroke: #58a6ff; } .line.c1 { stroke: #3fb950; } .line.c2 { stroke: #d29922; } .line.c3 { stroke: #bc8cff; }
    .legend.c0 { fill: #58a6ff; } .legend.c1 { fill: #3fb950; } .legend.c2 { fill: #d29922; } .legend.c3 { fill: #bc8cff; }
  }
</style>`;
