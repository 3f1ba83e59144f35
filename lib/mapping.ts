/** What stands at a path; undefined where nothing does. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (current, step) =>
      isMapping(current) ? current[String(step)] : Array.isArray(current) ? current[Number(step)] : undefined,
    value,
  );
}

/** Whether it has keys, as a mapping of YAML does. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
