/** A list of what there is: what is false or undefined is left out, and of a list each item is taken. */
export function listOf<T>(
  ...parts: readonly (T | false | undefined | readonly (T | false | undefined)[])[]
): T[] {
  return parts.flat().filter((part) => part !== false && part !== undefined) as T[];
}

/** Up to how many are told, and how many more there are; one more is told as well. */
export function firstOf(
  items: readonly string[],
  most: number,
): { readonly some: readonly string[]; readonly more: string[] } {
  const rest = items.length - most;
  return rest <= 1 ? { some: items, more: [] } : { some: items.slice(0, most), more: [`and ${rest} more`] };
}
