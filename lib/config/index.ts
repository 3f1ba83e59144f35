import type { PodChecks } from '../pod-checks';
import { crossCheck } from './cross-checks';
import type { MilvusConfig } from './milvus-config';
import { ConfigurationError, formatPath, type Problem } from './problems';
import { podReferences } from './references';
import { type PodTemplatePatch, resolveSettings, type Settings } from './settings';
import { validate } from './validate';

/** Settings, or everything that is wrong with the configuration. */
export type Checked =
  | {
      readonly config: MilvusConfig;
      readonly settings: Settings;
      readonly problems?: undefined;
      /** What works, but is to be known. */
      readonly warnings: readonly string[];
    }
  | {
      readonly config?: undefined;
      readonly settings?: undefined;
      readonly problems: readonly Problem[];
      readonly warnings?: undefined;
    };

/** Checks one cluster's configuration and fills in all defaults. */
export function check(input: unknown, references: ReadonlyMap<string, string> = new Map()): Checked {
  const unwritable = unwritableIn(input);
  const { config, given, problems } = validate(input, references);
  if (unwritable.length > 0) {
    const others = unwritable.filter(({ path }) => !isAbout(path, problems));
    return { problems: [...problems.filter(({ path }) => !isAbout(path, others)), ...others] };
  }
  if (config === undefined) return { problems };
  const { settings, problems: sizing } = resolveSettings(config);
  const pods = podChecks(markChecked(settings), podReferences(given, references));
  const others = [...crossCheck(config, settings, input), ...sizing, ...pods.problems].filter(
    ({ path }) => !isAbout(path, problems),
  );
  if (problems.length + others.length > 0) return { problems: [...problems, ...others] };
  // It has just been checked that it is one.
  return { config: given as MilvusConfig, settings, warnings: pods.warnings };
}

/** What JavaScript's own objects have under these names would come out instead, or nothing. */
const RESERVED_KEYS: readonly string[] = ['__proto__', 'constructor'];
/** Half of a character that is written in two. */
const HALF = /[\ud800-\udfff]/u;
/** Where the kernel takes a text, which ends at a null character there. */
const FOR_THE_KERNEL = /\.podTemplate\..*\.((env|envFrom)\[.*|(args|command)\[\d+\])$/;

/** Keys and texts that can not be handed on, wherever they stand. */
function unwritableIn(value: unknown, steps: readonly PropertyKey[] = []): Problem[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => {
      const inner = [...steps, Array.isArray(value) ? Number(key) : key];
      const path = formatPath(inner);
      // What is no group of the server's keys is refused with those that are.
      if (RESERVED_KEYS.includes(key) && !(key === 'constructor' && steps.at(-1) === 'extraServerConfig'))
        return [{ path, given: `the key ${key}`, expected: 'another one: this program can not write it' }];
      return [...unwritableText(key, path, 'a key'), ...unwritableIn(item, inner)];
    });
  }
  return typeof value === 'string' ? unwritableText(value, formatPath(steps), 'a text') : [];
}

function unwritableText(text: string, path: string, what: string): Problem[] {
  if (HALF.test(text)) {
    return [
      {
        path,
        given: `${what} with half of a character`,
        expected: `${what} without it`,
        fix: 'kubectl can not read it: write the character itself, or its whole code as "\\U0001F600".',
      },
    ];
  }
  if (!text.includes('\0') || !FOR_THE_KERNEL.test(path)) return [];
  return [
    {
      path,
      given: `${what} with the character U+0000`,
      expected: `${what} without it`,
      fix: 'No container starts with such a text.',
    },
  ];
}

/** Loaded only where something is otherwise than this project has it: the schema of Kubernetes is large. */
function podChecks(settings: Settings, references: ReadonlyMap<string, string>): PodChecks {
  const patches = [...new Set(Object.values(settings.podTemplates).flat())];
  if (patches.length === 0) return { problems: [], warnings: [] };
  const { problems, warnings } = podChecksOf(settings, patches);
  return {
    warnings,
    problems: problems.map((problem) => {
      const reference = references.get(problem.path);
      return reference === undefined ? problem : { ...problem, given: reference, fix: undefined };
    }),
  };
}

function podChecksOf(settings: Settings, patches: readonly PodTemplatePatch[]): PodChecks {
  const { checkPodTemplate } =
    require('../kubernetes/pod-schema') as typeof import('../kubernetes/pod-schema');
  const problems = patches.flatMap(({ path, patch }) => checkPodTemplate(patch, path, 'patch'));
  // What is no pod template can not be merged either.
  if (problems.length > 0) return { problems, warnings: [] };
  const { checkPods } = require('../pod-checks') as typeof import('../pod-checks');
  return checkPods(settings);
}

/** Whether a problem is already known at that path, or within it. */
function isAbout(path: string, problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.path === path || problem.path.startsWith(`${path}.`));
}

const warned = new Set<string>();

/** On stderr, unless the process has been told to be silent; a cluster and its Jobs say it once. */
function warnOnce(warning: string): void {
  if (warned.has(warning)) return;
  warned.add(warning);
  process.emitWarning(warning, 'cdk8s-milvus');
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
  const { settings, problems, warnings = [] } = check(input);
  if (settings === undefined) throw new ConfigurationError([{ source, problems }]);
  for (const warning of warnings) warnOnce(warning);
  return settings;
}
