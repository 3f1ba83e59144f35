/** In a file of its own, which a rehearsal replaces. */
export const pause = (seconds: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, seconds * 1000);
  });
