import { didYouMean, formatPath, type Problem, suggest } from './problems';
import { mendings } from './rules';
import { FIXED, PLACEHOLDER, SERVER_KEYS, type ServerKey } from './server-keys';

export type ExtraServerConfig = Readonly<
  Record<string, Readonly<Record<string, string | number | boolean | readonly string[]>>>
>;

/**
 * What is wrong with an `extraServerConfig`: the server ignores unknown keys without a word, so a typo would never be
 * noticed, and a key that an option sets would be set twice. Values are never shown, they may be credentials.
 * @param gpu whether options give the servers GPUs, and with them the section `gpu`; otherwise it is free
 */
export function extraServerConfigProblems(extra: ExtraServerConfig, path: string, gpu: boolean): Problem[] {
  return Object.entries(extra).flatMap(([section, keys]) => {
    const known = rowsOf(section);
    if (known === undefined) {
      return [unknown(`${path}.${formatPath([section])}`, section, Object.keys(SERVER_KEYS), 'section')];
    }
    const free = section === 'gpu' && !gpu;
    return Object.entries(keys).flatMap(([key, value]) => {
      const keyPath = `${path}.${formatPath([section, key])}`;
      const row = Object.hasOwn(known, key) ? known[key] : undefined;
      if (row === undefined) return [unknown(keyPath, key, Object.keys(known), 'key')];
      if (row.option !== undefined && !free) {
        return [
          {
            path: keyPath,
            given: 'a key that is set already',
            expected: 'only keys that have no option',
            fix:
              row.option === FIXED
                ? 'Leave it out: only one value works, and it is set.'
                : `Use ${row.option} instead.`,
          },
        ];
      }
      if ([value].flat().some((text) => typeof text === 'string' && PLACEHOLDER.test(text))) {
        return [{ path: keyPath, expected: 'a value without "@NAME@": such words stand for credentials' }];
      }
      const { kind } = row;
      if (kind === undefined || kind.safeParse(value).success) return [];
      const expected = mendings.get(kind)?.expected ?? 'one that the server can read';
      return [{ path: keyPath, given: 'another value (not shown)', expected }];
    });
  });
}

function rowsOf(section: string): Readonly<Record<string, ServerKey>> | undefined {
  return Object.hasOwn(SERVER_KEYS, section) ? SERVER_KEYS[section as keyof typeof SERVER_KEYS] : undefined;
}

function unknown(path: string, word: string, known: readonly string[], what: string): Problem {
  return {
    path,
    given: `an unknown ${what}`,
    expected: `a ${what} that Milvus 1.1.1 reads${didYouMean(suggest(word, known))}`,
    fix: `The server ignores others without a word. Known: ${known.join(', ')}.`,
  };
}
