import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Settings } from '../config/settings';
import { filesOf, type PlacedCluster } from './cluster-files';
import { isStamp, replaceFile, stampOf } from './files';

/** A directory of the program as it runs, where it is one that is made anew whenever a source of it changes. */
declare const BUNDLE_DIRECTORY: string | undefined;

interface Made {
  /** Hash of its settings. */
  readonly settings: string;
  readonly objects: number;
  /** Those of its files. */
  readonly stamps: string;
}

/**
 * What earlier runs made: a cluster whose settings and files are as they were is not made anew. It belongs to one version of
 * the program. A file counts as it was only if the system says that nobody has touched it since (stampOf).
 */
export class MadeBefore {
  private readonly made = new Map<string, Map<string, Made>>();
  private readonly hashes = new WeakMap<Settings, string>();

  /** @param directory where other processes find it. @default - it is gone with this one, or kept beside the bundle that runs */
  public constructor(
    private readonly directory = typeof BUNDLE_DIRECTORY === 'undefined' ? undefined : BUNDLE_DIRECTORY,
  ) {}

  /** How many objects a cluster has; undefined when it is to be made. */
  public objectsOf(target: string, cluster: PlacedCluster): number | undefined {
    const known = this.of(target).get(cluster.directory);
    return known?.settings === this.hashOf(cluster.settings) &&
      known.stamps === stampsIn(target, filesOf(cluster)).join()
      ? known.objects
      : undefined;
  }

  /**
   * @param clusters those that were made
   * @param objects how many each has
   * @param staged stamps of their files when they were written or compared, by file
   */
  public keep(
    target: string,
    clusters: readonly PlacedCluster[],
    objects: readonly number[],
    staged: ReadonlyMap<string, string>,
  ): void {
    if (clusters.length === 0) return;
    const made = this.of(target);
    for (const [index, cluster] of clusters.entries()) {
      const files = filesOf(cluster);
      const stamps = stampsIn(target, files);
      // Another run may have been faster, with another configuration.
      if (files.every((file, position) => isStamp(stamps[position], staged.get(file)))) {
        made.set(cluster.directory, {
          settings: this.hashOf(cluster.settings),
          objects: objects[index] ?? 0,
          stamps: stamps.join(),
        });
      } else made.delete(cluster.directory);
    }
    const file = this.fileOf(target);
    if (file === undefined) return;
    try {
      replaceFile(file, JSON.stringify([...made]));
    } catch {
      // The next run makes all of it anew.
    }
  }

  private of(target: string): Map<string, Made> {
    const known = this.made.get(target) ?? this.read(target);
    this.made.set(target, known);
    return known;
  }

  private read(target: string): Map<string, Made> {
    const file = this.fileOf(target);
    try {
      return new Map(file === undefined ? [] : JSON.parse(fs.readFileSync(file, 'utf8')));
    } catch {
      return new Map();
    }
  }

  private fileOf(target: string): string | undefined {
    return this.directory && path.join(this.directory, `made-${sha256(target).slice(0, 16)}.json`);
  }

  private hashOf(settings: Settings): string {
    const hash = this.hashes.get(settings) ?? sha256(JSON.stringify(settings));
    this.hashes.set(settings, hash);
    return hash;
  }
}

function stampsIn(target: string, files: readonly string[]): readonly (string | undefined)[] {
  return files.map((file) => stampOf(path.join(target, file)));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
