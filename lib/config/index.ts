import { crossCheck } from './cross-checks';
import type { MilvusConfig } from './milvus-config';
import { ConfigurationError, type Problem } from './problems';
import { resolveSettings, type Settings } from './settings';
import { validate } from './validate';

/** Settings, or everything that is wrong with the configuration. */
export type Checked =
  | { readonly config: MilvusConfig; readonly settings: Settings; readonly problems?: undefined }
  | { readonly config?: undefined; readonly settings?: undefined; readonly problems: readonly Problem[] };

/** Checks one cluster's configuration and fills in all defaults. */
export function check(input: unknown, references?: ReadonlyMap<string, string>): Checked {
  const { config, given, problems } = validate(input, references);
  if (config === undefined) return { problems };
  const { settings, problems: sizing } = resolveSettings(config);
  const others = [...crossCheck(config, input, settings), ...sizing].filter(
    ({ path }) => !isAbout(path, problems),
  );
  if (problems.length + others.length > 0) return { problems: [...problems, ...others] };
  // It has just been checked that it is one.
  return { config: given as MilvusConfig, settings: markChecked(settings) };
}

/** Whether a problem is already known at that path, or within it. */
function isAbout(path: string, problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.path === path || problem.path.startsWith(`${path}.`));
}

/** Settings that were made here, so that a loaded configuration is not checked a second time. */
const checked = new WeakSet<object>();

/** Marks a copy of such settings, which another thread has made. */
export function markChecked(settings: Settings): Settings {
  checked.add(settings);
  return settings;
}

/**
 * The settings of a configuration that code gives, or the same settings when they have been checked already.
 * @throws ConfigurationError with every problem
 */
export function settingsOf(input: MilvusConfig | Settings, source: string): Settings {
  if (checked.has(input)) return input as Settings;
  const { settings, problems } = check(input);
  if (settings === undefined) throw new ConfigurationError([{ source, problems }]);
  return settings;
}
