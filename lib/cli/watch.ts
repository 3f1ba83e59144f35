import * as fs from 'node:fs';
import * as path from 'node:path';
import type { LoadMemory } from '../config/load';
import { listingOf } from '../config/sources';
import { guarded } from '../output/files';

/** Editors write a file in several steps; what happens within this time is one change. */
const MILLISECONDS = 20;

/** Tells when something happens to files that were read, or that would have been. */
export class Watcher {
  private readonly watched = new Map<string, fs.FSWatcher>();
  private timer: NodeJS.Timeout | undefined;
  private onChange: (() => void) | undefined;
  private hasChanged = false;

  public constructor(private readonly memory: LoadMemory) {}

  /**
   * Waits for a change, also one that happened since the files were read.
   * @throws OutputError when the system watches no more
   */
  public async change(): Promise<void> {
    for (const file of this.memory.files.keys()) this.watch(nearest(path.dirname(file)));
    for (const directory of this.memory.directories.keys()) this.watch(nearest(directory));
    if (!this.hasChanged) await new Promise<void>((resolve) => (this.onChange = resolve));
    this.hasChanged = false;
    this.onChange = undefined;
  }

  private watch(directory: string): void {
    if (this.watched.has(directory)) return;
    const watcher = guarded(directory, 'read', () =>
      fs.watch(directory, (_, name) => {
        if (name === null || this.matters(directory, name)) this.notice();
      }),
    );
    // It is gone: what is above it tells when it comes back.
    watcher.on('error', () => this.unwatch(directory));
    this.watched.set(directory, watcher);
    // What happened before it was watched.
    const { files, directories } = this.memory;
    const edited = [...files].some(
      ([file, content]) => path.dirname(file) === directory && !isAs(file, content?.bytes),
    );
    if (edited || (directories.has(directory) && directories.get(directory) !== listingOf(directory)))
      this.notice();
  }

  private unwatch(directory: string): void {
    this.watched.get(directory)?.close();
    this.watched.delete(directory);
    this.notice();
  }

  private matters(directory: string, name: string): boolean {
    // Its own name is what the system says when it goes; another one may be there by now.
    if (name === path.basename(directory) || !fs.existsSync(directory)) this.unwatch(directory);
    const { files, directories } = this.memory;
    const place = path.join(directory, name);
    const contains = (other: string) => other === place || other.startsWith(place + path.sep);
    return directories.has(directory) || [...files.keys(), ...directories.keys()].some(contains);
  }

  private notice(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.hasChanged = true;
      this.onChange?.();
    }, MILLISECONDS);
  }
}

/** The directory, or what is there of the way to it. */
function nearest(directory: string): string {
  return fs.existsSync(directory) ? directory : nearest(path.dirname(directory));
}

function isAs(file: string, bytes: Uint8Array | undefined): boolean {
  try {
    return bytes !== undefined && Buffer.compare(fs.readFileSync(file), bytes) === 0;
  } catch {
    return bytes === undefined;
  }
}
