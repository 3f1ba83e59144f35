/** Schedules of CronJobs, as Kubernetes reads them: robfig/cron v3, five fields or a word with @. */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly words?: readonly string[];
  /** What people write for the first of the next round. */
  readonly around?: string;
}

const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59, around: 'The full hour is 0.' },
  { name: 'hour', least: 0, most: 23, around: 'Midnight is 0.' },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, words: MONTHS },
  { name: 'day of the week', least: 0, most: 6, words: DAYS, around: 'Sunday is 0.' },
];

const WORDS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const EVERY = /^@every (\d.*)$/;

/** What a field allows; `any` is a star, which leaves the other field of the day to decide. */
interface Allowed {
  readonly any: boolean;
  readonly values: readonly number[];
}

/** Why a CronJob would not take a schedule, or would never run by it: how to mend it. Undefined when it is fine. */
export function scheduleFault(text: string): string | undefined {
  if (text.startsWith('@')) return wordFault(text);
  if (/^(CRON_)?TZ=/.test(text)) {
    return 'Kubernetes refuses a time zone in a schedule: leave it out, and write the time in UTC.';
  }
  const given = text.split(' ').filter((field) => field !== '');
  if (given.length !== FIELDS.length) {
    return given.length === 6
      ? `Kubernetes knows neither seconds nor years: perhaps "${given.slice(1).join(' ')}".`
      : `The fields are ${FIELDS.map(({ name }) => name).join(', ')}.`;
  }
  const fields = FIELDS.map((field, index) => allowed(field, given[index] ?? ''));
  const fault = fields.find((field) => typeof field === 'string');
  if (typeof fault === 'string') return fault;
  const [, , days, months, weekdays] = fields as readonly Allowed[];
  return neverComes(days, months, weekdays)
    ? 'No such month has such a day, so that it would never run: take another day, of at most 28 for February.'
    : undefined;
}

const DAY_SECONDS = 86400;
const WORD_SECONDS: Readonly<Record<string, number>> = {
  '@yearly': 366 * DAY_SECONDS,
  '@annually': 366 * DAY_SECONDS,
  '@monthly': 31 * DAY_SECONDS,
  '@weekly': 7 * DAY_SECONDS,
  '@daily': DAY_SECONDS,
  '@midnight': DAY_SECONDS,
  '@hourly': 3600,
};
/** Long enough for the 29th of February. */
const DAYS_LOOKED_AT = 9 * 366;

/** What has not ended well for so many of its longest pauses is too old, for alerts and `status`. */
export const OLD_AFTER_RUNS = 2;

/** The longest time between two runs of a schedule without fault, in seconds. */
export function longestPauseSeconds(text: string): number {
  const every = goDurationSeconds(EVERY.exec(text)?.[1] ?? '') ?? WORD_SECONDS[text];
  if (every !== undefined) return every;
  const given = text.split(' ').filter((field) => field !== '');
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, index) =>
    allowed(field, given[index] ?? ''),
  ) as readonly Allowed[];
  if (!minutes || !hours || !days || !months || !weekdays) return DAY_SECONDS;
  const times = hours.values
    .flatMap((hour) => minutes.values.map((minute) => hour * 3600 + minute * 60))
    .sort((a, b) => a - b);
  const isDay = (date: Date) => {
    const ofMonth = days.values.includes(date.getUTCDate());
    const ofWeek = weekdays.values.includes(date.getUTCDay());
    // Of two that are given, either is enough.
    const fits = days.any || weekdays.any ? ofMonth && ofWeek : ofMonth || ofWeek;
    return fits && months.values.includes(date.getUTCMonth() + 1);
  };
  let longest = Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] ?? time)));
  let last: number | undefined;
  for (let day = 0; day < DAYS_LOOKED_AT; day++) {
    if (!isDay(new Date(day * DAY_SECONDS * 1000))) continue;
    const first = day * DAY_SECONDS + (times[0] ?? 0);
    if (last !== undefined) longest = Math.max(longest, first - last);
    last = day * DAY_SECONDS + (times.at(-1) ?? 0);
  }
  return longest;
}

/** With a day of the week as well, either is enough. */
function neverComes(days?: Allowed, months?: Allowed, weekdays?: Allowed): boolean {
  const first = Math.min(...(days?.values ?? []));
  return weekdays?.any === true && !months?.values.some((month) => first <= (LONGEST_MONTHS[month - 1] ?? 0));
}

function wordFault(text: string): string | undefined {
  if (WORDS.includes(text)) return undefined;
  const seconds = goDurationSeconds(EVERY.exec(text)?.[1] ?? '');
  if (seconds === undefined)
    return `The words are ${WORDS.join(', ')}, and @every with a duration such as 1h30m.`;
  return seconds >= 60 ? undefined : 'A CronJob runs once a minute at most: @every 1m.';
}

function allowed(field: Field, text: string): Allowed | string {
  const values = new Set<number>();
  let any = false;
  for (const part of text.split(',')) {
    const [, from = '', to, step] = /^([^-/]+)(?:-([^-/]+))?(?:\/(\d+))?$/.exec(part) ?? [];
    const star = (from === '*' || from === '?') && to === undefined;
    const start = star ? field.least : numberOf(field, from);
    const single = to === undefined && !star && step === undefined;
    const end = single ? start : to === undefined ? field.most : numberOf(field, to);
    if (start === undefined || end === undefined) return outOfRange(field, part);
    if (start > end) {
      return `The ${field.name} goes from the smaller to the larger: write ${part} as ${from}-${field.most},${field.least}-${to}.`;
    }
    const stride = step === undefined ? 1 : Number(step);
    if (stride === 0 || stride > field.most) {
      return `Steps start anew each time: of the ${field.name} they are from 1 to ${field.most}, and not ${stride}.`;
    }
    if (star && stride === 1) any = true;
    for (let value = start; value <= end; value += stride) values.add(value);
  }
  return { any, values: [...values] };
}

function numberOf({ least, most, words = [] }: Field, text: string): number | undefined {
  const word = words.indexOf(text.toLowerCase());
  const value = word >= 0 ? word + least : /^\d+$/.test(text) ? Number(text) : -1;
  return value >= least && value <= most ? value : undefined;
}

function outOfRange({ name, least, most, words, around }: Field, part: string): string {
  const named = words === undefined ? '' : ` or ${words[0]} to ${words.at(-1)}`;
  const next = around !== undefined && part.split(/[-/]/).includes(String(most + 1)) ? ` ${around}` : '';
  return `The ${name} is from ${least} to ${most}${named}, and not ${part}.${next}`;
}

const GO_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Seconds of a duration as Go reads it: `1h30m`; undefined when it is none. */
export function goDurationSeconds(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  return [...text.matchAll(/([\d.]+)(\D+)/g)].reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (GO_UNITS[unit] ?? 0),
    0,
  );
}

const PROMETHEUS_UNITS: Readonly<Record<string, number>> = {
  y: 31536000,
  w: 604800,
  d: 86400,
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
};

/** Seconds of a duration as Prometheus reads it: whole numbers, from the largest unit to the smallest. */
export function prometheusDurationSeconds(text: string): number | undefined {
  const [all, ...amounts] = /^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/.exec(text) ?? [];
  if (!all) return undefined;
  return Object.values(PROMETHEUS_UNITS).reduce(
    (sum, unit, index) => sum + Number.parseInt(amounts[index] ?? '0', 10) * unit,
    0,
  );
}
