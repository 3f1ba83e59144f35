import { type Cause, patienceWith } from './causes';

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
