/** Patience that does not end. */
export const NEVER = Number.POSITIVE_INFINITY;

/**
 * Why a cluster is not ready, or its backups are not as they should be, by the names of the headings in docs/how-to/troubleshoot.md, the most important first. `patience`: seconds
 * after which it is plain that it does not mend itself, so that waiting makes no sense: none, a while for what may be over in a moment (a
 * registry or a webhook that does not answer, an autoscaler that adds a node), or ever.
 */
const KINDS = {
  'nothing-is-applied': { patience: 0 },
  'it-is-in-another-namespace': { patience: 0 },
  'the-pods-are-refused': { patience: 30 },
  'the-quota-is-used-up': { patience: 30 },
  'a-restore-has-failed': { patience: 0 },
  'a-workload-is-stopped': { patience: 0 },
  'an-old-pod-is-kept': { patience: 30 },
  'a-secret-is-missing': { patience: 0 },
  'a-secret-has-other-keys': { patience: 0 },
  'a-storageclass-is-missing': { patience: 0 },
  'an-image-can-not-be-pulled': { patience: 30 },
  'the-node-is-lost': { patience: NEVER },
  'no-node-has-room': { patience: 60 },
  'a-claim-has-no-volume': { patience: NEVER },
  'a-volume-can-not-be-mounted': { patience: NEVER },
  'the-first-start-of-mysql-was-interrupted': { patience: 30 },
  'mysql-refuses-the-login': { patience: 0 },
  's3-refuses': { patience: 0 },
  'a-credential-can-not-be-used': { patience: 0 },
  'a-volume-can-not-be-written': { patience: 0 },
  'a-name-does-not-resolve': { patience: NEVER },
  'something-does-not-answer': { patience: NEVER },
  'out-of-memory': { patience: 0 },
  'the-write-ahead-log-does-not-fit': { patience: 0 },
  'a-container-does-not-start': { patience: 30 },
  'the-server-ends-again-and-again': { patience: 60 },
  'a-pod-was-evicted': { patience: NEVER },
  'the-write-ahead-log-is-replayed': { patience: NEVER },
  'the-proxy-has-no-reader': { patience: NEVER },
  'it-waits-for-another-workload': { patience: NEVER },
  'it-is-starting': { patience: NEVER },
  'a-restore-runs': { patience: NEVER },
  'a-restore-is-complete': { patience: NEVER },
  'a-verification-has-failed': { patience: NEVER },
  'a-backup-has-failed': { patience: NEVER },
  'the-last-backup-is-too-old': { patience: NEVER },
  'no-backup-is-verified': { patience: NEVER },
} as const satisfies Record<string, { readonly patience: number }>;

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
  /** Seconds, where this one may be over later than others of its kind. @default - that of its kind */
  readonly patience?: number;
}

/** Seconds after which a cause that is still there does not mend itself. */
export const patienceWith = ({ kind, patience }: Cause): number => patience ?? KINDS[kind].patience;
/** Whether it may end by itself, however long it takes. */
export const mends = (cause: Cause): boolean => patienceWith(cause) === NEVER;
export const anchorOf = ({ kind }: Cause): string => `docs/how-to/troubleshoot.md#${kind}`;

/** The most important first, each once: pods of one workload have the same cause. */
export function inOrder(causes: readonly Cause[]): readonly Cause[] {
  const once = new Map(causes.map((cause) => [`${cause.kind} ${cause.what}`, cause] as const).reverse());
  return [...once.values()].sort((a, b) => CAUSE_KINDS.indexOf(a.kind) - CAUSE_KINDS.indexOf(b.kind));
}

/** A message as a cause has it. */
export const oneLine = (text: string): string => text.trim().replace(/\s+/g, ' ');

/** A cause that does not mend itself has to be there for so many looks: an event may be of a pod that is gone by now. */
const LOOKS_TO_BE_SURE = 2;

/** Since when causes are there, and whether one has been for longer than those that mend themselves. */
export class Patience {
  private since = new Map<string, { readonly first: number; readonly looks: number }>();

  public isOverWith(causes: readonly Cause[], now: number): boolean {
    const before = this.since;
    this.since = new Map(
      causes.map(keyOf).map((key) => {
        const { first = now, looks = 0 } = before.get(key) ?? {};
        return [key, { first, looks: looks + 1 }];
      }),
    );
    return causes.some((cause) => {
      const { first = now, looks = 0 } = this.since.get(keyOf(cause)) ?? {};
      return looks >= LOOKS_TO_BE_SURE && now - first >= patienceWith(cause) * 1000;
    });
  }
}

/** What is waited for without end leaves nothing of the time of others of its kind. */
const keyOf = (cause: Cause) => `${cause.kind} ${patienceWith(cause)}`;
