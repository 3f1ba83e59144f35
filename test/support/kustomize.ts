// kubectl's own strategic merge, as the judge of ours.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml, stringify } from 'yaml';
import { type Fields, idOf, type Manifest } from './manifests';

/** One object, and a strategic merge patch of it without what names the object. */
export interface Patched {
  readonly manifest: Manifest;
  readonly patch: Fields;
}

/** kubectl's time grows with the square of this. */
const AT_ONCE = 40;

/**
 * What `kubectl kustomize` makes of each object under its patch, in as few calls as are quick.
 * @param openapi a schema in the place of the one that kubectl has, which is of Kubernetes 1.21
 */
export function kustomized(cases: readonly Patched[], openapi?: Fields): Manifest[] {
  return Array.from({ length: Math.ceil(cases.length / AT_ONCE) }, (_, part) =>
    kustomize(cases.slice(part * AT_ONCE, (part + 1) * AT_ONCE), openapi),
  ).flat();
}

function kustomize(cases: readonly Patched[], openapi?: Fields): Manifest[] {
  const directory = mkdtempSync(join(tmpdir(), 'kustomize-'));
  try {
    const named = cases.map(({ manifest, patch }, index) => {
      const metadata = { name: `case-${index}` };
      const { apiVersion, kind } = manifest;
      return {
        object: { ...manifest, metadata: { ...manifest.metadata, ...metadata } },
        patch: { apiVersion, kind, metadata, ...patch },
      };
    });
    const write = (file: string, objects: readonly unknown[]): void =>
      writeFileSync(join(directory, file), objects.map((object) => JSON.stringify(object)).join('\n---\n'));
    write(
      'objects.yaml',
      named.map(({ object }) => object),
    );
    named.forEach(({ patch }, index) => {
      write(`patch-${index}.yaml`, [patch]);
    });
    if (openapi !== undefined) write('openapi.json', [openapi]);
    const kustomization = {
      resources: ['objects.yaml'],
      patches: named.map((_, index) => ({ path: `patch-${index}.yaml` })),
      ...(openapi === undefined ? {} : { openapi: { path: 'openapi.json' } }),
    };
    writeFileSync(join(directory, 'kustomization.yaml'), stringify(kustomization));
    const output = execFileSync('kubectl', ['kustomize', directory], {
      encoding: 'utf8',
      stdio: 'pipe',
      maxBuffer: 2 ** 28,
    });
    const found = new Map(
      output.split(/^---$/m).map((text) => {
        const object = parseYaml(text) as Manifest;
        return [object.metadata.name, object] as const;
      }),
    );
    return cases.map(({ manifest }, index) => {
      const object = found.get(`case-${index}`);
      if (object === undefined) throw new Error(`kubectl kustomize left out ${idOf(manifest)}`);
      return { ...object, metadata: { ...object.metadata, name: manifest.metadata.name } };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
