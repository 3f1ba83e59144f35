import type { PodSection, Settings } from '../config/settings';
import { type Mapping, strategicMerge } from '../kubernetes/strategic-merge';
import { componentsOf, SECTIONS } from './components';
import { secretsOf } from './secrets';

/**
 * What has to be there before a cluster is applied, besides the Secrets of its credentials: definitions of the custom resources
 * that it has, PriorityClasses, and Secrets of registries and certificate authorities. As `kubectl get` takes them.
 */
export function prerequisitesOf(settings: Settings): readonly string[] {
  const { monitoring } = settings;
  const external = Object.values(secretsOf(settings)).some(
    ({ credentials }) => credentials.externalSecret !== undefined,
  );
  const specs = componentsOf(settings).map((component) => patchedSpec(settings, SECTIONS[component]));
  const definitions = [
    ...(external ? ['externalsecrets.external-secrets.io'] : []),
    ...(monitoring.podMonitor.enabled ? ['podmonitors.monitoring.coreos.com'] : []),
    ...(monitoring.prometheusRule.enabled ? ['prometheusrules.monitoring.coreos.com'] : []),
  ];
  const priorityClasses = specs.map(({ priorityClassName }) => priorityClassName);
  const secrets = [
    ...specs.flatMap(({ imagePullSecrets = [] }) => imagePullSecrets.map(({ name }) => name)),
    ...authoritiesOf(settings),
  ];
  const all = { customresourcedefinition: definitions, priorityclass: priorityClasses, secret: secrets };
  return Object.entries(all).flatMap(([kind, names]) =>
    [...new Set(names)].flatMap((name) => (name === undefined ? [] : [`${kind}/${name}`])),
  );
}

function authoritiesOf({ s3, backup }: Settings): readonly (string | undefined)[] {
  return [s3, backup?.s3, backup?.restoreFrom].map((place) => place?.tls?.caSecret);
}

/** Who brings the definitions of custom resources along. */
const OPERATORS: Readonly<Record<string, string>> = {
  'external-secrets.io': 'the External Secrets Operator (https://external-secrets.io)',
  'monitoring.coreos.com': 'the Prometheus Operator (https://prometheus-operator.dev)',
};

/**
 * Commands that make what has to be there, where it is not, with variables for what only the reader knows. What a command
 * can not make is a comment.
 * @param kubectl the command, with the namespace of the cluster
 */
export function makingOf(settings: Settings, kubectl: string): readonly string[] {
  const authorities = authoritiesOf(settings);
  const commands = prerequisitesOf(settings).map((needed) => {
    const [kind, name = ''] = needed.split('/');
    if (kind === 'customresourcedefinition') {
      const group = name.slice(name.indexOf('.') + 1);
      return `# ${group}: install ${OPERATORS[group]}`;
    }
    if (kind === 'priorityclass') return `kubectl create priorityclass ${name} --value="\${PRIORITY:?}"`;
    return authorities.includes(name)
      ? `${kubectl} create secret generic ${name} --from-file=ca.crt="\${CA_FILE:?}"`
      : `${kubectl} create secret docker-registry ${name} --docker-server="\${REGISTRY:?}" --docker-username="\${REGISTRY_USER:?}" --docker-password="\${REGISTRY_PASSWORD:?}"`;
  });
  return [...new Set(commands)];
}

/** Of a pod, as far as the configuration has a word in it; this project itself needs none of that. */
interface PatchedSpec {
  readonly priorityClassName?: string;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly tolerations?: readonly Mapping[];
}

/** What the configuration has otherwise in the pods of a section. */
export function patchedSpec({ podTemplates }: Settings, section: PodSection): PatchedSpec {
  const template = podTemplates[section].reduce<Mapping>(
    (base, { patch }) => strategicMerge(base, patch),
    {},
  );
  return template['spec'] ?? {};
}
