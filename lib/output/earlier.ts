import * as fs from 'node:fs';
import * as path from 'node:path';
import { isMapping } from '../mapping';
import { FaultyFile, readYaml } from '../yaml/read';
import { isGenerated, isTemporary, KUSTOMIZATION, read, unless } from './files';

const MANIFEST = '.k8s.yaml';

/**
 * The files that earlier runs made in an output directory: those with our first line, in the places where we put them.
 * A copy of one in another place, or under another name, belongs to somebody else.
 * @param belongs those that need no look, since this run makes them
 */
export function filesOfEarlierRuns(outdir: string, belongs: ReadonlySet<string> = new Set()): string[] {
  const isOurs = (file: string) => belongs.has(file) || isOurFile(path.join(outdir, file));
  const top = [...listed(outdir, ''), ...listed(outdir, 'jobs')].filter(isOurs);
  const ofClusters = directoriesIn(outdir).flatMap((directory) =>
    filesOfCluster(outdir, directory, isOurs).filter(isOurs),
  );
  return [...new Set([...top, ...ofClusters])];
}

/** What a cluster of several has in its directory; nothing when it is not the directory of one. */
function filesOfCluster(
  outdir: string,
  directory: string,
  isOurs = (file: string) => isOurFile(path.join(outdir, file)),
): string[] {
  const name = directory.slice(directory.lastIndexOf('.') + 1);
  const files = [...listed(outdir, directory), ...listed(outdir, `${directory}/jobs`)];
  const named = files.filter((file) => {
    const base = path.basename(file);
    return base === `${name}${MANIFEST}` || (base.startsWith(`${name}-`) && base.endsWith(MANIFEST));
  });
  const isCluster = named.some(isOurs);
  return files.filter((file) => isCluster && (named.includes(file) || path.basename(file) === KUSTOMIZATION));
}

/**
 * The directories of the clusters that a Kustomization of ours lists at the top of an output directory; none when it is
 * that of one cluster.
 */
export function clustersOfEarlierRuns(outdir: string): string[] {
  const text = read(path.join(outdir, KUSTOMIZATION));
  if (text === undefined || !isGenerated(text)) return [];
  const resources = resourcesIn(text);
  if (resources.some((resource) => resource.endsWith(MANIFEST))) return [];
  const directories = new Set(directoriesIn(outdir));
  return resources.filter(
    (directory) => directories.has(directory) && filesOfCluster(outdir, directory).length > 0,
  );
}

/**
 * The files of earlier runs in a directory, and in those of its directories that are output directories of fleets themselves: one for
 * each Kubernetes cluster.
 */
export function filesOfAllRuns(directory: string): string[] {
  const fleets = directoriesIn(directory).filter(
    (fleet) => clustersOfEarlierRuns(path.join(directory, fleet)).length > 0,
  );
  return [
    ...filesOfEarlierRuns(directory),
    ...fleets.flatMap((fleet) =>
      filesOfEarlierRuns(path.join(directory, fleet)).map((file) => path.join(fleet, file)),
    ),
  ];
}

function resourcesIn(text: string): string[] {
  try {
    const value = readYaml(text)[0]?.value;
    const resources = isMapping(value) ? value['resources'] : undefined;
    return Array.isArray(resources) ? resources.map(String) : [];
  } catch (error) {
    if (error instanceof FaultyFile) return [];
    throw error;
  }
}

/** What a run that was stopped has left, at the places where files are on their way; none of a run that goes on. */
export function abandonedFiles(outdir: string): string[] {
  const directories = ['', 'jobs', ...directoriesIn(outdir).flatMap((name) => [name, `${name}/jobs`])];
  return directories
    .flatMap((directory) =>
      entriesIn(path.join(outdir, directory)).map(({ name }) => path.posix.join(directory, name)),
    )
    .filter((file) => isTemporary(file) && isOld(path.join(outdir, file)));
}

const AN_HOUR = 3_600_000;

function isOld(file: string): boolean {
  const { mtimeMs = Date.now() } = fs.statSync(file, { throwIfNoEntry: false }) ?? {};
  return Date.now() - mtimeMs > AN_HOUR;
}

/** Whether it begins with our line, and its objects are those that its name promises. */
function isOurFile(file: string): boolean {
  const text = read(file);
  if (text === undefined || !isGenerated(text)) return false;
  const base = path.basename(file);
  if (base === KUSTOMIZATION) return true;
  const name = base.slice(0, -MANIFEST.length).replace(/-scripts$/, '');
  const names = [...text.matchAll(/^ {2}name: "?([\w.-]+)/gm)].map(([, found = '']) => found);
  return names.length === 0 || names.some((found) => found.startsWith(name));
}

/** Files of a directory that have such names as ours. */
function listed(outdir: string, directory: string): string[] {
  return entriesIn(path.join(outdir, directory))
    .filter(
      (entry) => !entry.isDirectory() && (entry.name === KUSTOMIZATION || entry.name.endsWith(MANIFEST)),
    )
    .map(({ name }) => path.posix.join(directory, name));
}

function directoriesIn(outdir: string): string[] {
  return entriesIn(outdir)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** Nothing where there is no directory, or one of somebody who lets nobody in. */
function entriesIn(directory: string): fs.Dirent[] {
  const entries = unless(['ENOENT', 'EACCES', 'EPERM'], () =>
    fs.readdirSync(directory, { withFileTypes: true }),
  );
  return (entries ?? []).sort((a, b) => (a.name < b.name ? -1 : 1));
}
