/** Where a progress line can go: a terminal. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly rows?: number;
  write(text: string): unknown;
}

/** What takes less than this is over before anybody reads. */
const QUIET_MILLISECONDS = 1000;
const BETWEEN_LINES_MILLISECONDS = 100;
const ERASE_LINE = '\r\x1b[K';

/**
 * A progress line on a terminal, once the work takes more than a second.
 * @param now the time in milliseconds
 * @returns a callback for `onProgress`; the last call removes the line
 */
export function progressLine(
  terminal: Terminal,
  now: () => number = Date.now,
): (done: number, total: number) => void {
  const start = now();
  let last = start;
  let shown = false;
  return (done, total) => {
    if (terminal.isTTY !== true) return;
    const time = now();
    if (done >= total) {
      if (shown) terminal.write(ERASE_LINE);
      shown = false;
    } else if (time - start >= QUIET_MILLISECONDS && time - last >= BETWEEN_LINES_MILLISECONDS) {
      terminal.write(`${ERASE_LINE}${done} of ${total} clusters`);
      last = time;
      shown = true;
    }
  };
}
