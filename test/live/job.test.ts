import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type FollowOptions, followJob } from '../../lib/live/job';
import { Kubectl } from '../../lib/live/kubectl';
import { complete, ended, failed, fakeKubectl, type Look, pod, running, waiting } from '../support/job-life';

const directory = mkdtempSync(join(tmpdir(), 'follow-'));
afterAll(() => rmSync(directory, { recursive: true }));
let lives = 0;

async function follow(
  looks: readonly Look[],
  logs?: Readonly<Record<string, string>>,
  signal?: AbortSignal,
  stuckMilliseconds?: number,
) {
  const bin = fakeKubectl(join(directory, `${lives++}`), looks, logs);
  const kubectl = new Kubectl({}, directory, { PATH: [bin, process.env['PATH']].join(delimiter) });
  const told: string[] = [];
  const states: string[] = [];
  const options: FollowOptions = {
    onLog: (line) => told.push(line),
    onState: (text) => states.push(text),
    pollMilliseconds: 50,
    ...(signal && { signal }),
    ...(stuckMilliseconds !== undefined && { stuckMilliseconds }),
  };
  const end = await followJob(kubectl, 'x', options);
  return { end, told, states };
}

test('each container once, from its start: init containers first, and the last line without its end', async () => {
  const looks: Look[] = [
    {},
    {
      pods: [
        pod('x-1', {
          init: [waiting('download', 'PodInitializing')],
          main: [waiting('load', 'PodInitializing')],
        }),
      ],
    },
    { pods: [pod('x-1', { init: [running('download')], main: [waiting('load', 'PodInitializing')] })] },
    { pods: [pod('x-1', { init: [ended('download')], main: [running('load')] })] },
    { pods: [pod('x-1', { init: [ended('download')], main: [ended('load')] })], ...complete },
  ];
  const logs = { download: 'one\ntwo\n', load: 'three\nfour' };
  expect(await follow(looks, logs)).toEqual({
    end: { end: 'complete' },
    told: ['[download] one', '[download] two', '[load] three', '[load] four'],
    states: [],
  });
}, 60_000);

test('a log that can not be read yet is asked for again, with the next look', async () => {
  const looks = [
    { pods: [pod('x-1', { main: [running('smoke-test')] })] },
    {},
    { pods: [pod('x-1', { main: [ended('smoke-test')] })], ...complete },
  ];
  const { end, told } = await follow(looks, { 'smoke-test': '!container "smoke-test" is waiting to start' });
  expect({ end, told }).toEqual({ end: { end: 'complete' }, told: [] });
  const calls = readFileSync(join(directory, `${lives - 1}`, 'calls'), 'utf8');
  expect(calls.match(/^logs .*$/gm)).toEqual(Array(3).fill('logs --follow pod/x-1 --container=smoke-test'));
});

test('what is over before it was looked at is read all the same', async () => {
  const looks = [{ pods: [pod('x-1', { main: [ended('smoke-test')] })], ...complete }];
  expect((await follow(looks, { 'smoke-test': 'right\n' })).told).toEqual(['[smoke-test] right']);
});

test('a failed init container: its log, and the reason of the Job with its exit code', async () => {
  const pods = [pod('x-1', { init: [ended('download', 3)], main: [waiting('load', 'PodInitializing')] })];
  const looks = [{ pods, ...failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit') }];
  expect(await follow(looks, { download: 'no such backup\n' })).toEqual({
    end: {
      end: 'failed',
      container: 'download',
      reason:
        'BackoffLimitExceeded: Job has reached the specified backoff limit; container download ended with exit code 3',
    },
    told: ['[download] no such backup'],
    states: [],
  });
});

test('a pod that can not start says why while it waits, and at the deadline', async () => {
  const unscheduled = {
    pods: [
      pod('x-1', {
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            message: '0/1 nodes are available: 1 Insufficient memory.',
          },
        ],
      }),
    ],
  };
  const noImage = {
    pods: [pod('x-1', { main: [waiting('smoke-test', 'ImagePullBackOff', 'Back-off pulling image "a:1"')] })],
  };
  const looks = [
    unscheduled,
    {},
    noImage,
    { ...noImage, ...failed('DeadlineExceeded', 'Job was active too long') },
  ];
  const { end, states } = await follow(looks);
  expect(states).toEqual([
    'pod x-1 is Pending: 0/1 nodes are available: 1 Insufficient memory.',
    'container smoke-test of pod x-1: ImagePullBackOff: Back-off pulling image "a:1"',
  ]);
  expect(end).toEqual({
    end: 'failed',
    reason:
      'DeadlineExceeded: Job was active too long; container smoke-test of pod x-1: ImagePullBackOff: Back-off pulling image "a:1"',
  });
}, 60_000);

test('without a pod, the events say why', async () => {
  const events = ['Error creating: pods "x-1" is forbidden: exceeded quota: small'];
  const looks = [{ events }, {}, {}, {}, {}, complete];
  expect((await follow(looks)).states).toEqual([`there is no pod yet: ${events[0]}`]);
}, 60_000);

test.each<[what: string, look: Look, words: string]>([
  ['by a quota', { events: ['Error creating: exceeded quota: small'] }, 'exceeded quota: small'],
  [
    'by its image',
    { pods: [pod('x-1', { main: [waiting('load', 'ErrImagePull', 'not found')] })] },
    'container load of pod x-1: ErrImagePull: not found',
  ],
  [
    'by a Secret',
    {
      pods: [
        pod('x-1', { init: [waiting('download', 'CreateContainerConfigError', 'secret "a" not found')] }),
      ],
    },
    'secret "a" not found',
  ],
])(
  'one that is kept from its start %s is not waited for',
  async (_, look, words) => {
    await expect(follow([look], {}, undefined, 100)).rejects.toThrow(
      new RegExp(`^Job x can not start: .*${words}\\n.* To stop it:\\n  kubectl delete job/x$`),
    );
  },
  60_000,
);

test('one that waits for a node is waited for, and so is what is mended in time', async () => {
  const noNode = { type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' };
  const looks = (state: Look) => [state, {}, {}, {}, {}, complete];
  expect(
    (await follow(looks({ pods: [pod('x-1', { conditions: [noNode] })] }), {}, undefined, 0)).end,
  ).toEqual({
    end: 'complete',
  });
  const noImage = { pods: [pod('x-1', { main: [waiting('load', 'ErrImagePull')] })] };
  expect((await follow([noImage, {}, complete])).end).toEqual({ end: 'complete' });
}, 60_000);

test('pods of a Job of the same name that was replaced are not its own', async () => {
  const old = pod('x-0', { main: [ended('smoke-test', 1)], uid: 'job-0' });
  const looks = [{ pods: [old] }, { pods: [old, pod('x-1', { main: [ended('smoke-test')] })], ...complete }];
  expect((await follow(looks, { 'smoke-test': 'once\n' })).told).toEqual(['[smoke-test] once']);
});

test('an API server that is away for a moment is asked again, one that stays away is told', async () => {
  const away = { error: 'Unable to connect to the server: dial tcp: connection refused' };
  expect((await follow([away, away, complete])).end).toEqual({ end: 'complete' });
  await expect(follow([away])).rejects.toThrow(/^Unable to connect/);
  const gone = { error: 'Error from server (NotFound): jobs.batch "x" not found' };
  await expect(follow([{}, gone])).rejects.toThrow(/NotFound/);
}, 30_000);

test('it stops when it is told to', async () => {
  const interrupt = new AbortController();
  setTimeout(() => interrupt.abort(), 500);
  expect((await follow([{}], {}, interrupt.signal)).end).toEqual({ end: 'interrupted' });
});
