import type { Settings } from '../config/settings';
import { prerequisitesOf } from '../inventory/prerequisites';
import { type SecretInUse, secretsOf } from '../inventory/secrets';
import type { Cause } from './causes';
import type { Here } from './here';

/** What the operator gets to make a Secret, before --wait gives up. */
const EXTERNAL_SECRET_SECONDS = 60;
/** After which the kubelet has tried again to make a container. */
const RETRY_SECONDS = 150;

/** Names of all Secrets that a cluster needs. */
export const secretNames = (settings: Settings): readonly string[] => [
  ...new Set([
    ...ofCredentials(settings).map(({ credentials }) => credentials.secretName),
    ...otherSecrets(settings),
  ]),
];

const ofCredentials = (settings: Settings): readonly SecretInUse[] => Object.values(secretsOf(settings));

/** Names of those of registries and certificate authorities. */
const otherSecrets = (settings: Settings) =>
  prerequisitesOf(settings).flatMap((needed) => /^secret\/(.*)/.exec(needed)?.[1] ?? []);

/** Secrets that are not there, or without a key; nothing where they may not be read. */
export function missingSecrets(here: Here): readonly Cause[] {
  const { settings, kubectl } = here.wanted;
  const { secrets, objects } = here.snapshot;
  if (secrets === undefined) return [];
  const namespaces = new Set(
    objects.filter((one) => here.isHere(one)).map(({ metadata }) => metadata.namespace),
  );
  const keysOf = (name: string) =>
    [...namespaces]
      .map((namespace) => secrets.get(`${namespace}/${name}`))
      .find((found) => found !== undefined)?.keys;
  return [
    ...ofCredentials(settings).flatMap(
      (secret) => wrongWith(secret, keysOf(secret.credentials.secretName), kubectl) ?? [],
    ),
    ...otherSecrets(settings)
      .filter((name) => keysOf(name) === undefined)
      .map((name) => missing(name, `there is no Secret ${name}`, 'create it')),
  ];
}

function wrongWith(
  { path, credentials, variables }: SecretInUse,
  keys: readonly string[] | undefined,
  kubectl: string,
): Cause | undefined {
  const { secretName: name, externalSecret } = credentials;
  if (keys === undefined && externalSecret !== undefined)
    return {
      ...missing(
        name,
        `the External Secrets Operator has not made Secret ${name} (${path})`,
        `${kubectl} describe externalsecret ${name}`,
      ),
      patience: EXTERNAL_SECRET_SECONDS,
    };
  const needed = Object.keys(variables);
  if (keys === undefined)
    return missing(
      name,
      `there is no Secret ${name} (${path})`,
      `create it, with the keys ${needed.join(' and ')}; npm run synth prints the command`,
    );
  const others = needed.filter((key) => !keys.includes(key));
  if (others.length === 0) return undefined;
  return {
    kind: 'a-secret-has-other-keys',
    object: `secret/${name}`,
    what: `Secret ${name} has no key ${others.join(' and ')}; it has ${keys.join(', ') || 'none'}`,
    cure: `add the key, or write the name of an existing key into ${path}.keys`,
  };
}

const missing = (name: string, what: string, cure: string): Cause => ({
  kind: 'a-secret-is-missing',
  object: `secret/${name}`,
  what,
  cure,
});

/** What the kubelet says about a Secret, a key of one, or a ConfigMap that is not there; it may be by now. */
export function ofMissing(object: string, message: string, { wanted }: Here): Cause | undefined {
  const [, kind, name] = /(secret|configmap) "([^"]+)" not found/.exec(message) ?? [];
  const isOurs = wanted.objects.some((one) => one.kind === 'ConfigMap' && one.metadata.name === name);
  if (kind !== undefined)
    return {
      ...(kind === 'secret'
        ? { kind: 'a-secret-is-missing', cure: 'create it' }
        : isOurs
          ? { kind: 'nothing-is-applied', cure: wanted.apply }
          : { kind: 'a-container-does-not-start', cure: 'create it, or correct its name in podTemplate' }),
      object: `${kind}/${name}`,
      what: message,
      patience: RETRY_SECONDS,
    };
  if (!/non-existent secret key|couldn't find key \S+ in Secret/.test(message)) return undefined;
  return {
    kind: 'a-secret-has-other-keys',
    object,
    what: message,
    cure: 'add the key to the Secret, or write the name of an existing key into credentials.keys',
    patience: RETRY_SECONDS,
  };
}
