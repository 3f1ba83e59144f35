/** Seconds that a proxy keeps serving after it was told to stop, until no client is sent to it any more. */
export const MISHARDS_DRAIN_SECONDS = 10;

/**
 * Seconds that a reader keeps serving after it was told to stop: until no proxy can find it in DNS any more, and each has looked again.
 * Ours know it earlier, since they ask the reader; this is for those that do not get to it.
 */
export function readerDrainSeconds({
  mishards,
}: {
  readonly mishards: { readonly dnsCacheSeconds: number; readonly discoveryIntervalSeconds: number };
}): number {
  return mishards.dnsCacheSeconds + mishards.discoveryIntervalSeconds + 1;
}

/** Seconds for what is in flight when nothing new comes any more. */
export const IN_FLIGHT_SECONDS = 30;
