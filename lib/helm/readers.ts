import { isMapping } from '../mapping';
import { FaultyFile, readYaml } from '../yaml/read';

/** A value that is not of the kind that the chart expects there; the message never has the value in it. */
export class ReadError extends Error {
  public constructor(public readonly expected: string) {
    super(expected);
  }
}

/** Reads a value of the chart. @throws ReadError */
export type Reader<T = unknown> = (value: unknown) => T;

/** Helm renders a number or a boolean as its text. */
export const text: Reader<string> = (value) => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ReadError('a text');
};

/** Undefined for an empty one, which is the chart's word for nothing. */
export const filled: Reader<string | undefined> = (value) => text(value) || undefined;

/** "-" is the chart's word for a claim without a class. */
export const storageClass: Reader<string | undefined> = (value) => (value === '-' ? '' : filled(value));

/** Also as a text, from --set-string. */
export const integer: Reader<number> = (value) => {
  const number = typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number)) return number;
  throw new ReadError('a whole number');
};

/** Also as a text: the chart has some of them in quotes. */
export const bool: Reader<boolean> = (value) => {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  throw new ReadError('true or false');
};

export const mapping: Reader<Record<string, unknown>> = (value) => {
  if (isMapping(value)) return value;
  // The chart's own default for an empty podLabels is a list.
  if (Array.isArray(value) && value.length === 0) return {};
  throw new ReadError('a mapping');
};

/** Labels and annotations: Kubernetes takes texts alone, and Helm's users quote them or not. */
export const texts: Reader<Record<string, string>> = (value) =>
  Object.fromEntries(Object.entries(mapping(value)).map(([key, item]) => [key, text(item)]));

export const list: Reader<unknown[]> = (value) => {
  if (Array.isArray(value)) return value;
  if (isMapping(value) && Object.keys(value).length === 0) return [];
  throw new ReadError('a list');
};

export const textList: Reader<string[]> = (value) => (Array.isArray(value) ? value.map(text) : [text(value)]);

/** Names of objects, or mappings with a name each. */
export const names: Reader<string[]> = (value) =>
  list(value).map((item) => (typeof item === 'string' ? item : text(mapping(item)['name'])));

/** A list, or the text of one, which the chart runs through its template engine. */
export const templatedList: Reader<unknown[]> = (value) => {
  if (typeof value !== 'string') return list(value);
  if (value.includes('{{')) {
    throw new ReadError('a list without template expressions ({{ ... }}), which only Helm can evaluate');
  }
  try {
    const [document] = readYaml(value, { version: '1.1', lenient: true });
    return document === undefined ? [] : list(document.value);
  } catch (error) {
    throw error instanceof FaultyFile ? new ReadError('the YAML of a list') : error;
  }
};

/** Resource requests and limits of CPU and memory. */
export const resources: Reader<Record<string, unknown>> = (value) => {
  const { requests, limits, ...others } = mapping(value);
  if (Object.keys(others).length > 0) throw new ReadError('requests and limits');
  const amounts = (given: unknown) => (given === undefined || given === null ? undefined : mapping(given));
  return withoutUndefined({ requests: amounts(requests), limits: amounts(limits) });
};

export function withoutUndefined(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
