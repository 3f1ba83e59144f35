import { isDeepStrictEqual } from 'node:util';
import { isCredentialName } from '../../config/problems';
import { image } from '../../config/rules';
import { isMapping } from '../../config/validate';
import { containersOf, type GuardedPod, items, named, type Violation, volumesOf } from './guarded-pod';
import type { Step } from './places';

/** What Kubernetes takes, and nobody should have: credentials to be read, images that change, modes that were misread. */

export function noCredentials({ pod }: GuardedPod): Violation[] {
  return containersOf(pod.template).flatMap(({ list, container, where }) => {
    const ours = items(named(pod.own.spec[list], container.name)?.['env']);
    return items(container.env)
      .filter((variable) => !ours.some((own) => isDeepStrictEqual(own, variable)))
      .filter(({ name, value }) => value !== undefined && value !== '' && isCredentialName(String(name)))
      .map(({ name }) => ({
        steps: [...where, 'env', ['name', String(name)], 'value'],
        given: 'a value (not shown: by its name it is a credential)',
        expected: 'valueFrom.secretKeyRef',
        fix: 'Manifests are read by many: put it into a Secret.',
      }));
  });
}

const VERSIONED = image();

export function versionedImages({ pod }: GuardedPod): Violation[] {
  return containersOf(pod.template)
    .filter(({ container }) => container.image !== undefined && !VERSIONED.safeParse(container.image).success)
    .map(({ container, where }) => ({
      steps: [...where, 'image'],
      given: JSON.stringify(container.image),
      expected: 'an image with a version: repository:tag, repository@sha256:..., or both; not "latest"',
    }));
}

/** Modes of the files of a volume, and of its listed items. */
export function modes({ pod }: GuardedPod): Violation[] {
  return volumesOf(pod.template).flatMap(({ volume, where }) =>
    Object.entries(volume).flatMap(([kind, source]) => {
      if (!isMapping(source)) return [];
      const steps = [...where, kind];
      const projected = items(source['sources']).flatMap((one, index) =>
        Object.entries(one).flatMap(([key, value]) => modesOf(value, [...steps, 'sources', index, key])),
      );
      return [...modesOf(source, steps), ...projected];
    }),
  );
}

function modesOf(source: unknown, steps: readonly Step[]): Violation[] {
  if (!isMapping(source)) return [];
  return [
    ...modeProblems(source['defaultMode'], [...steps, 'defaultMode']),
    ...items(source['items']).flatMap(({ mode }, index) =>
      modeProblems(mode, [...steps, 'items', index, 'mode']),
    ),
  ];
}

/** Octal modes that are also decimal numbers of modes, of a kind that nobody wants: 0400 read as 0620, and so on. */
const MISREAD = [400, 440, 444, 500];

function modeProblems(mode: unknown, steps: readonly Step[]): Violation[] {
  if (typeof mode !== 'number') return [];
  const isMode = mode >= 0 && mode <= 0o777;
  if (isMode && !MISREAD.includes(mode)) return [];
  // The digits are what was meant, if they can be octal ones.
  const octal = /^[0-7]{3}$/.test(String(mode)) ? Number.parseInt(String(mode), 8) : undefined;
  return [
    {
      steps,
      given: `${mode}, a decimal number${isMode ? ` that is the mode 0${mode.toString(8)}` : ''}`,
      expected: 'a file mode from 0 to 511, in octal 0o0 to 0o777',
      fix:
        octal === undefined
          ? undefined
          : `A number that begins with 0 is decimal here: write 0o${mode}, or ${octal} in JSON.`,
    },
  ];
}
