/**
 * Why a cluster is not ready, by the names of the headings in docs/how-to/troubleshoot.md, the most important first. `mends`:
 * it may end by itself, so that waiting makes sense.
 */
const KINDS = {
  'nothing-is-applied': { mends: false },
  'it-is-in-another-namespace': { mends: false },
  'the-pods-are-refused': { mends: false },
  'the-quota-is-used-up': { mends: false },
  'a-secret-is-missing': { mends: false },
  'a-secret-has-other-keys': { mends: false },
  'a-storageclass-is-missing': { mends: false },
  'an-image-can-not-be-pulled': { mends: false },
  'no-node-has-room': { mends: false },
  'a-claim-has-no-volume': { mends: true },
  'a-volume-can-not-be-mounted': { mends: true },
  'the-first-start-of-mysql-was-interrupted': { mends: false },
  'mysql-refuses-the-login': { mends: false },
  's3-refuses': { mends: false },
  'a-credential-can-not-be-used': { mends: false },
  'a-volume-can-not-be-written': { mends: false },
  'a-name-does-not-resolve': { mends: true },
  'something-does-not-answer': { mends: true },
  'out-of-memory': { mends: false },
  'the-write-ahead-log-does-not-fit': { mends: false },
  'a-container-does-not-start': { mends: false },
  'the-server-ends-again-and-again': { mends: false },
  'the-node-is-lost': { mends: true },
  'the-write-ahead-log-is-replayed': { mends: true },
  'the-proxy-has-no-reader': { mends: true },
  'it-waits-for-another-workload': { mends: true },
  'it-is-starting': { mends: true },
} as const satisfies Record<string, { readonly mends: boolean }>;

export type CauseKind = keyof typeof KINDS;
export const CAUSE_KINDS = Object.keys(KINDS) as readonly CauseKind[];

/** One reason why something is not ready. */
export interface Cause {
  readonly kind: CauseKind;
  /** The object that it is about, as kubectl names it. */
  readonly object: string;
  /** What is so, in a sentence without its full stop. */
  readonly what: string;
  /** What to do. @default - the sentence says it */
  readonly cure?: string;
  /** Workload that is waited for. @default - none */
  readonly waitsFor?: string;
}

export const mends = ({ kind }: Cause): boolean => KINDS[kind].mends;
export const anchorOf = ({ kind }: Cause): string => `docs/how-to/troubleshoot.md#${kind}`;

/** The most important first, each once: pods of one workload have the same cause. */
export function inOrder(causes: readonly Cause[]): readonly Cause[] {
  const once = new Map(causes.map((cause) => [`${cause.kind} ${cause.what}`, cause] as const).reverse());
  return [...once.values()].sort((a, b) => CAUSE_KINDS.indexOf(a.kind) - CAUSE_KINDS.indexOf(b.kind));
}

/**
 * What init containers and servers say before they end, in the words of the scripts in assets/ and of Milvus 1.1.1,
 * as seen running. The first that fits.
 */
export const WORDS: readonly (readonly [RegExp, CauseKind])[] = [
  [
    /the first start was interrupted|there is no user '.*', but database/,
    'the-first-start-of-mysql-was-interrupted',
  ],
  [/does not resolve|Unknown server host/, 'a-name-does-not-resolve'],
  [
    /refuses user|may not use database|there is no database|no user of MySQL|authentication plugin|logs in with a plugin|accepts TLS only/,
    'mysql-refuses-the-login',
  ],
  [
    /does not know the access key|does not belong to its access key|there is no bucket|may not .*grant it|another region|speaks plain HTTP|wants HTTPS|speaks TLS, but|clocks of this node|can't be sent|differs from what was written|not in its listing|is still there: is the bucket locked/,
    's3-refuses',
  ],
  [
    /volume-preflight|can't write to|single instance lock (db|wal) path failed|Could not open file: .*lock, Permission denied|left no mark on the volume/,
    'a-volume-can-not-be-written',
  ],
  [/^render-config: /m, 'a-credential-can-not-be-used'],
  [/Wal init error/, 'the-write-ahead-log-does-not-fit'],
  [
    /does not answer|does not accept connections|nothing listens there|could not .*is the storage up|gave up after/,
    'something-does-not-answer',
  ],
];
