import * as z from 'zod';
import { parseMilvusSize, parseQuantity } from './quantities';
import { goDurationSeconds, prometheusDurationSeconds, scheduleFault } from './schedules';

/**
 * The vocabulary of the schema: one rule per kind of value, each with the words that the error report uses
 * for it. Rules about one value stand here; rules that need two values stand in cross-checks/.
 */

/** What the error report says about a value that breaks a rule. */
export interface Mending {
  /** What is expected, as a phrase. */
  readonly expected: string;
  /** How to mend it, whatever was given or for what was. */
  readonly fix?: string | ((given: unknown) => string | undefined);
}

export const mendings = z.registry<Mending>();

export function rule<T extends z.ZodType>(schema: T, expected: string, fix?: Mending['fix']): T {
  mendings.add(schema, { expected, fix });
  return schema;
}

const text = (pattern: RegExp, expected: string, fix?: string) =>
  rule(z.string().regex(pattern), expected, fix);

const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

/** A DNS label: namespaces, volume names. */
export const dnsLabel = () =>
  rule(
    z
      .string()
      .max(63)
      .regex(new RegExp(`^${DNS_LABEL}$`)),
    'a name of at most 63 lower-case letters, digits and hyphens that begins and ends with a letter or digit',
  );

/** The name of a Secret, PersistentVolumeClaim, StorageClass, PriorityClass, ... */
export const objectName = () =>
  rule(
    z
      .string()
      .max(253)
      .regex(new RegExp(`^${DNS_LABEL}(\\.${DNS_LABEL})*$`)),
    'the name of a Kubernetes object: lower-case letters, digits, hyphens and dots, at most 253 characters',
  );

/** A key in a Secret. */
export const secretKey = () =>
  text(/^[-._a-zA-Z0-9]{1,253}$/, 'a key of a Secret: letters, digits, hyphens, dots and underscores');

const LABEL_NAME = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';

/** The name of a device that nodes offer, such as nvidia.com/gpu. */
export const resourceName = () =>
  text(
    new RegExp(`^${DNS_LABEL}(\\.${DNS_LABEL})*/${LABEL_NAME}$`),
    'the name of a device resource such as nvidia.com/gpu',
  );

export const labelKey = () =>
  text(
    new RegExp(`^(${DNS_LABEL}(\\.${DNS_LABEL})*/)?${LABEL_NAME}$`),
    'a label key: an optional domain and "/", then at most 63 letters, digits, "-", "_" and "."',
  );

/** The value of a label; it may be empty. */
export const labelText = (pattern = `(${LABEL_NAME})?`) =>
  text(
    new RegExp(`^${pattern}$`),
    'a label value: a text of at most 63 letters, digits, "-", "_" and "."',
    'Quote numbers and booleans: "1", "true".',
  );

/** The value of a label that selectors use. */
export const labelValue = () => labelText(LABEL_NAME);

export const labels = () => z.record(labelKey(), labelText());

export const annotations = () =>
  z.record(labelKey(), rule(z.string(), 'a text', 'Quote numbers and booleans: "1", "true".'));

/** A host name or IPv4 address as gethostbyname and inet_pton(AF_INET) take it. */
const HOST_LABEL = '[A-Za-z0-9_]([-A-Za-z0-9_]{0,61}[A-Za-z0-9_])?';
const ALL_NUMERIC = '\\d+(\\.\\d+)*';
/** Without leading zeros, which some readers take for octal and others refuse. */
const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
/** @param end what may follow it */
const hostPattern = (end: string) =>
  `(?=[^:]{1,253}${end})((?!${ALL_NUMERIC}${end})${HOST_LABEL}(\\.${HOST_LABEL})*\\.?|${OCTET}(\\.${OCTET}){3})`;
export const host = (expected: string, fix?: string) =>
  text(new RegExp(`^${hostPattern('$')}$`), expected, fix);

const PORT = '(6553[0-5]|655[0-2]\\d|65[0-4]\\d{2}|6[0-4]\\d{3}|[1-5]\\d{4}|[1-9]\\d{0,3})';
/** The same with an optional port. */
export const hostAndPort = (expected: string) =>
  text(new RegExp(`^${hostPattern('(:|$)')}(:${PORT})?$`), expected);

/** What of the addresses that are taken is no name. */
export const IPV4 = /^\d+(\.\d+){3}$/;

/** What leads a pod to itself, whatever was meant by it, also as resolvers read it: `0x7f.1`. */
export function isLoopback(address: string): boolean {
  return /^(127(\.\d+){3}|0x0*7f([\da-f]{6}|(\.[\da-fx]+){1,3})|0x0+|0(\.\d+){3}|(.*\.)?(ip6-)?(localhost[46]?|loopback)(\.localdomain[46]?)?\.?)$/i.test(
    address,
  );
}

/** What no connection is made to: multicast and broadcast. */
export function isNoHost(address: string): boolean {
  return /^(2(2[4-9]|3\d)(\.\d+){3}|255\.255\.255\.255)$/.test(address);
}

/** The address of a Service; the API server takes none of these others, nor can anything listen there. */
export const ipv4 = () =>
  text(
    new RegExp(`^(?!0\\.|127\\.|169\\.254\\.|2(2[4-9]|[3-5]\\d)\\.)${OCTET}(\\.${OCTET}){3}$`),
    'an IPv4 address, not a loopback, link-local or multicast one',
  );

/** A port of the nodes. */
export const nodePort = () =>
  rule(
    z.int().min(30000).max(32767),
    'a port number from 30000 to 32767',
    'These are the ports that Kubernetes gives to Services. If your API server has another --service-node-port-range, leave it out here, and patch the Service with Kustomize.',
  );

export const cidr = () =>
  text(new RegExp(`^${OCTET}(\\.${OCTET}){3}/(\\d|[12]\\d|3[0-2])$`), 'an IPv4 range such as 10.0.0.0/8');

export const port = () => rule(z.int().min(1).max(65535), 'a port number from 1 to 65535');

/** Ports on which the server listens, and the push gateway's: 1.1.1 takes 1025 to 65534 (Config.cpp). */
export const serverPort = () =>
  rule(z.int().min(1025).max(65534), 'a port number from 1025 to 65534 (what Milvus 1.1.1 accepts here)');

export const count = (least: number, most: number, what: string) =>
  rule(z.int().min(least).max(most), `a whole number of ${what} from ${least} to ${most}`, (given) =>
    what === 'seconds' ? inSeconds(given, least, most) : undefined,
  );

/** What was meant by milliseconds, or by a duration with its unit, where seconds are wanted. */
export function inSeconds(given: unknown, least: number, most: number): string | undefined {
  const fits = (seconds: number) => Number.isInteger(seconds) && seconds >= least && seconds <= most;
  if (typeof given === 'number' && given > most && fits(given / 1000))
    return `It is in seconds: write ${given / 1000} for ${given} milliseconds.`;
  const seconds = typeof given === 'string' ? prometheusDurationSeconds(given) : undefined;
  return seconds !== undefined && fits(seconds) ? `It is in seconds: write ${seconds}.` : undefined;
}

/** A duration as Go reads it, such as 1h30m. */
export const duration = (leastSeconds: number) =>
  rule(
    z.string().refine((value) => (goDurationSeconds(value) ?? -1) >= leastSeconds),
    `a duration such as 1h or 30m, of at least ${leastSeconds}s`,
    unitOf,
  );

/** Prometheus takes a series for gone that had no sample for so long. */
const PROMETHEUS_LOOKBACK_SECONDS = 300;

export const scrapeInterval = () =>
  rule(
    z.string().refine((value) => {
      const seconds = prometheusDurationSeconds(value) ?? 0;
      return seconds > 0 && seconds <= PROMETHEUS_LOOKBACK_SECONDS;
    }),
    'a duration such as 30s, of at most 5m: Prometheus treats older samples as gone',
    unitOf,
  );

function unitOf(given: unknown): string | undefined {
  if (/^[1-9]\d*$/.test(String(given))) return `Write it with its unit: ${given}s.`;
  const [, days] = /^([1-9]\d*)d$/.exec(String(given)) ?? [];
  return days === undefined ? undefined : `The longest unit is h: write ${Number(days) * 24}h.`;
}

export const flag = () => rule(z.boolean(), 'true or false');

/** No memory, no cache and no volume is smaller: a number below it has lost its unit. */
const LEAST_BYTES = 1024 ** 2;
const LOST_UNIT = /^[1-9]\d{0,6}$/;

/** A byte size in Milvus' notation. */
export const milvusSize = (least = LEAST_BYTES, most = Number.MAX_SAFE_INTEGER, range = '') =>
  rule(
    z.string().refine((value) => {
      const bytes = parseMilvusSize(value);
      return bytes !== undefined && bytes >= least && bytes <= most;
    }),
    `a size in whole bytes such as 4GB or 512MB${range}`,
    (given) =>
      LOST_UNIT.test(String(given))
        ? `Without a unit these are bytes: write ${given}${Number(given) <= 64 ? 'GB' : 'MB'}.`
        : 'Milvus counts in B, KB, MB and GB (1024-based); Ki, Mi and Gi are taken too. There is no TB: write 4096GB.',
  );

/** No node has as much memory, and no volume is as large: 64Ti, 8Ei. */
const MOST_MEMORY = 64 * 1024 ** 4;
const MOST_STORAGE = 8 * 1024 ** 6;

/** A Kubernetes quantity of storage. */
export const bytesQuantity = (example = '10Gi', most = MOST_STORAGE) =>
  rule(
    z.union([z.string(), z.number()]).refine((value) => {
      const bytes = parseQuantity(String(value)) ?? 0;
      return !String(value).endsWith('m') && bytes >= LEAST_BYTES && bytes <= most && Number.isInteger(bytes);
    }),
    `a Kubernetes quantity such as ${example}`,
    (given) => {
      if (LOST_UNIT.test(String(given)))
        return `Without a unit these are bytes: write ${given}${Number(given) <= 64 ? 'Gi' : 'Mi'}.`;
      if ((parseQuantity(String(given)) ?? 0) > most)
        return `No ${most === MOST_MEMORY ? 'node has as much memory' : 'volume is as large'}: is the unit right?`;
      return 'Kubernetes counts in Ki, Mi, Gi and Ti (1024-based) or k, M, G and T (1000-based), without a B; the least is 1Mi.';
    },
  );

/** Of memory. */
export const memoryQuantity = () => bytesQuantity('8Gi', MOST_MEMORY);

/** Of one container; no node has more. */
const MOST_CPUS = 1024;
/** The smallest share that there is. */
const LEAST_CPUS = 0.001;

export const cpuQuantity = () =>
  rule(
    z.union([z.string(), z.number().min(LEAST_CPUS)]).refine((value) => {
      const cpus = parseQuantity(String(value)) ?? 0;
      return cpus > 0 && cpus <= MOST_CPUS;
    }),
    `an amount of CPU such as 2 or 500m, at most ${MOST_CPUS}`,
    (given) => {
      const cpus = parseQuantity(String(given)) ?? 0;
      if (cpus <= MOST_CPUS) return undefined;
      return /^\d+$/.test(String(given))
        ? `Without a unit these are whole CPUs: write ${given}m for thousandths.`
        : 'CPUs are counted in whole ones or in thousandths: 4, or 4000m.';
    },
  );

/**
 * A path that 1.1.1 accepts: absolute, components of letters, digits and underscores with single hyphens.
 * The server's own expression (ValidationUtil.cpp) backtracks exponentially on a bad path, so that one looks
 * like a hang; and a trailing slash, which it accepts, breaks the listing of the S3 prefix.
 */
export const milvusPath = () =>
  text(
    /^(\/\w+(-\w+)*-?)+$/,
    'an absolute path of letters, digits, "_" and single "-", without dots, spaces or a trailing "/"',
    'Milvus 1.1.1 refuses other paths, and a trailing slash makes it lose sight of its objects in S3.',
  );

/** `UTC`, a sign, and hours with optional minutes (ValidationUtil.cpp). */
export const timezone = () =>
  text(
    /^UTC[+-](\d|[01]\d|2[0-3])(:[0-5]\d)?$/,
    'an offset from UTC such as UTC+0, UTC+8 or UTC-3:30',
    'Milvus 1.1.1 knows no zone names: for Asia/Shanghai write UTC+8.',
  );

/** A cron expression as a CronJob takes it, which comes one day. */
export const cronSchedule = () =>
  rule(
    z
      .string()
      .regex(/^(@[a-z]+( \S+)?|\S+( +\S+){4})$/)
      .refine((value) => scheduleFault(value) === undefined),
    'a cron expression of five fields, such as "17 3 * * *"',
    (given) => (typeof given === 'string' ? scheduleFault(given) : undefined),
  );

/** An image with a fixed version. `latest` or no tag at all would change under a running cluster. */
export const image = () =>
  text(
    /^(?!.*:latest(@|$))([a-z0-9.-]+(:\d+)?\/)?[a-z0-9._/-]+(:[\w][\w.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$/,
    'an image with a version: repository:tag, repository@sha256:..., or both; not "latest"',
  );

/**
 * Passwords that this project sees. They go through a Secret, so that most of ASCII may be in them; the render script refuses
 * what the server can't read from its URI, the ":".
 * @param own of the MySQL that is deployed: its image puts them into SQL as they are
 */
export const password = (own = true) =>
  own
    ? text(/^[!-&(-9;-[\]-~]+$/, `a password of ASCII characters ${BESIDES}, "'" and "\\"`, ANOTHER_PASSWORD)
    : text(/^[!-9;-~]+$/, `a password of ASCII characters ${BESIDES}`, ANOTHER_PASSWORD);

const BESIDES = 'without space, ":"';
const ANOTHER_PASSWORD =
  'Choose another one (openssl rand -hex 24), or put it in a Secret and name that in existingSecret.';
