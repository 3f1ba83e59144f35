import fc from 'fast-check';
import { longestPauseSeconds, scheduleFault } from '../../lib/config/schedules';
import { seeded } from '../support/fuzz';
import { at, messages } from './messages';

/** Every minute of the eight years around a leap year that the schedule fires at, or the first of them. */
function firstRun(schedule: string): Date | undefined {
  const [minutes = '', hours = '', days = '', months = '', weekdays = ''] = schedule.split(' ');
  const fits = (field: string, value: number, least: number, most: number): boolean =>
    field.split(',').some((part) => {
      const [range = '', step = '1'] = part.split('/');
      const [from = '', to = part.includes('/') ? String(most) : from] = range.split('-');
      const [first, last] = range === '*' ? [least, most] : [Number(from), Number(to)];
      return value >= first && value <= last && (value - first) % Number(step) === 0;
    });
  if (!Array.from({ length: 24 }, (_, hour) => hour).some((hour) => fits(hours, hour, 0, 23)))
    return undefined;
  if (!Array.from({ length: 60 }, (_, minute) => minute).some((minute) => fits(minutes, minute, 0, 59))) {
    return undefined;
  }
  for (let day = Date.UTC(2096, 0, 1); day < Date.UTC(2105, 0, 1); day += 86_400_000) {
    const date = new Date(day);
    const ofMonth = fits(days, date.getUTCDate(), 1, 31);
    const ofWeek = fits(weekdays, date.getUTCDay(), 0, 6);
    const either = days !== '*' && weekdays !== '*' ? ofMonth || ofWeek : ofMonth && ofWeek;
    if (either && fits(months, date.getUTCMonth() + 1, 1, 12)) return date;
  }
  return undefined;
}

const field = (least: number, most: number) => {
  const value = fc.integer({ min: least, max: most });
  const step = fc.integer({ min: 2, max: most });
  const range = fc.tuple(value, value).map((ends) => ends.sort((a, b) => a - b).join('-'));
  const part = fc.oneof(
    value.map(String),
    range,
    fc.tuple(fc.oneof(fc.constant('*'), range, value.map(String)), step).map((parts) => parts.join('/')),
  );
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(',')) },
  );
};
/** Late days and short months more often than chance would have them. */
const schedules = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    fc.oneof(field(1, 31), fc.constantFrom('30', '31', '30,31', '31/2', '30-31')),
    fc.oneof(field(1, 12), fc.constantFrom('2', '4,6,9,11', '2,4', '11')),
    fc.oneof({ weight: 3, arbitrary: fc.constant('*') }, { weight: 1, arbitrary: field(0, 6) }),
  )
  .map((fields) => fields.join(' '));

test('a schedule is refused if and only if no day of the calendar fits it', () => {
  const found = { comes: 0, never: 0 };
  fc.assert(
    fc.property(schedules, (schedule) => {
      const comes = firstRun(schedule) !== undefined;
      found[comes ? 'comes' : 'never']++;
      expect({ schedule, refused: scheduleFault(schedule) !== undefined }).toEqual({
        schedule,
        refused: !comes,
      });
    }),
    seeded(300),
  );
  expect(Math.min(found.comes, found.never)).toBeGreaterThan(20);
});

test.each([
  '17 3 * * *',
  '0 0 29 2 *',
  '0 0 31 2 1',
  '0 0 31 2 */2',
  '0 0 ? * MON-FRI',
  '5/15 * * jan-Mar,DEC *',
  '0  4 * * sun',
  '@daily',
  '@every 1h30m',
])('%s is taken', (schedule) => {
  for (const path of ['backup.schedule', 'smokeTest.schedule'])
    expect(messages(at(path, schedule))).toEqual([]);
});

test.each([
  ['0 0 31 2 *', 'it would never run'],
  ['0 0 30 FEB ?', 'it would never run'],
  ['0 0 31 4,6,9,11 *', 'it would never run'],
  ['0 3 * * 7', 'The day of the week is from 0 to 6 or sun to sat, and not 7. Sunday is 0.'],
  ['0 24 * * *', 'Midnight is 0.'],
  ['60 3 * * *', 'The full hour is 0.'],
  ['0 3 0 * *', 'The day of the month is from 1 to 31'],
  ['0 3 * 13 *', 'The month is from 1 to 12 or jan to dec'],
  ['0 3 L * *', 'and not L'],
  ['0 22-2 * * *', 'write 22-2 as 22-23,0-2'],
  ['*/90 * * * *', 'Steps start anew each time'],
  ['*/0 * * * *', 'Steps start anew each time'],
  ['0 0 3 * * *', 'Kubernetes knows neither seconds nor years: perhaps "0 3 * * *"'],
  ['TZ=Asia/Shanghai 0 3 * * *', 'Kubernetes refuses a time zone in a schedule'],
  ['CRON_TZ=UTC 0 3 * * *', 'Kubernetes refuses a time zone in a schedule'],
  ['* * * *', 'The fields are minute, hour'],
  ['@reboot', 'The words are @yearly'],
  ['@every 1d', 'The words are @yearly'],
  ['@every 10s', 'once a minute at most'],
  ['', 'The fields are minute, hour'],
])('%s is refused', (schedule, words) => {
  for (const path of ['backup.schedule', 'smokeTest.schedule']) {
    const found = messages(at(path, schedule));
    expect(found).toEqual([expect.stringContaining(`${path}: given`)]);
    expect(found[0]).toContain(words);
  }
});

test.each([
  ['17 3 * * *', 24],
  ['@hourly', 1],
  ['@every 1h30m', 1.5],
  ['*/30 * * * *', 0.5],
  ['0 2,14 * * *', 12],
  // From Friday to Monday, from the last of May to that of July.
  ['5 4 * * 1-5', 72],
  ['41 4 * * 0', 7 * 24],
  ['0 0 31 * *', 61 * 24],
  ['0 0 1 * 1', 7 * 24],
  ['0 0 29 2 *', 1461 * 24],
])('%s pauses for %d hours at most', (schedule, hours) => {
  expect(longestPauseSeconds(schedule) / 3600).toBe(hours);
});
