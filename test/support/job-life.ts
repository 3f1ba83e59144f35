import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is seen at one look at a Job: of it, its pods and its events. Those that are left out are as before. */
export interface Look {
  readonly conditions?: readonly object[];
  readonly pods?: readonly object[];
  readonly events?: readonly string[];
  /** Instead of an answer. */
  readonly error?: string;
}

/** The state of a container. */
export const waiting = (name: string, reason: string, message?: string) => ({
  name,
  state: { waiting: { reason, message } },
});
export const running = (name: string) => ({ name, state: { running: {} } });
export const ended = (name: string, exitCode = 0) => ({ name, state: { terminated: { exitCode } } });

export const pod = (
  name: string,
  {
    init = [],
    main = [],
    conditions = [],
    uid = 'job-1',
  }: Partial<Record<'init' | 'main' | 'conditions', readonly object[]>> & { uid?: string },
) => ({
  metadata: { name, ownerReferences: [{ uid }] },
  status: { conditions, initContainerStatuses: init, containerStatuses: main },
});

/**
 * A kubectl that plays the life of a Job: each question about the Job is a step further, the last look stays. `logs` are
 * by container: text, or `!text` for what fails. All calls are in the file `calls`.
 */
export function fakeKubectl(
  directory: string,
  looks: readonly Look[],
  logs: Readonly<Record<string, string>> = {},
): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'life.json'), JSON.stringify({ looks, logs }));
  writeFileSync(
    join(directory, 'kubectl'),
    `#!${process.execPath}
const fs = require('node:fs');
const here = (file) => ${JSON.stringify(directory)} + '/' + file;
const read = (file) => { try { return fs.readFileSync(here(file), 'utf8'); } catch { return ''; } };
const { looks, logs } = JSON.parse(read('life.json'));
const args = process.argv.slice(2);
fs.appendFileSync(here('calls'), args.join(' ') + '\\n');
const words = args.filter((one) => !one.startsWith('-'));
const asksJob = words[0] === 'get' && words[1].startsWith('job/');
const at = Number(read('step') || -1) + (asksJob ? 1 : 0);
if (asksJob) fs.writeFileSync(here('step'), String(at));
const look = Object.assign({}, ...looks.slice(0, at + 1).map(({ error, ...rest }) => rest));
const error = looks[Math.min(at, looks.length - 1)]?.error;
const fail = (text) => { console.error(text); process.exit(1); };
if (words[0] === 'logs') {
  const container = args.find((one) => one.startsWith('--container='))?.slice(12);
  if (args.includes('--all-containers')) process.stdout.write(Object.values(logs).join(''));
  else if (logs[container]?.startsWith('!')) fail(logs[container].slice(1));
  else process.stdout.write(logs[container] ?? '');
} else if (words[0] === 'set') process.stdout.write('set: ' + words.slice(2).join(' ') + '\\n');
else if (words[0] !== 'get') {
  if (args.includes('-')) fs.appendFileSync(here('calls'), '< ' + fs.readFileSync(0, 'utf8'));
} else if (asksJob && error !== undefined) fail(error);
else if (asksJob && args.includes('-o')) process.stdout.write((look.conditions ?? []).map(({ type }) => type).join(' ') + '\\n');
else if (asksJob) console.log(JSON.stringify({ metadata: { uid: 'job-1' }, status: { conditions: look.conditions } }));
else if (words[1] === 'pods') console.log(JSON.stringify({ items: look.pods ?? [] }));
else console.log(JSON.stringify({ items: (look.events ?? []).map((message) => ({ metadata: {}, message })) }));
`,
    { mode: 0o755 },
  );
  return directory;
}

export const complete: Look = { conditions: [{ type: 'Complete', status: 'True' }] };
export const failed = (reason: string, message: string): Look => ({
  conditions: [{ type: 'Failed', status: 'True', reason, message }],
});
