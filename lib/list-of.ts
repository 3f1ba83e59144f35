/** A list of what there is: what is false or undefined is left out, and of a list each item is taken. */
export function listOf<T>(
  ...parts: readonly (T | false | undefined | readonly (T | false | undefined)[])[]
): T[] {
  return parts.flat().filter((part) => part !== false && part !== undefined) as T[];
}
