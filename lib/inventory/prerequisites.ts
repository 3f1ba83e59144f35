import type { PodSection, Settings } from '../config/settings';
import { type Mapping, strategicMerge } from '../kubernetes/strategic-merge';
import { componentsOf, SECTIONS } from './components';
import { secretsOf } from './secrets';

/**
 * What has to be there before a cluster is applied, besides the Secrets of its credentials: definitions of the custom resources
 * that it has, PriorityClasses, and Secrets of registries and certificate authorities. As `kubectl get` takes them.
 */
export function prerequisitesOf(settings: Settings): readonly string[] {
  const { monitoring, s3, backup } = settings;
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
    s3?.tls?.caSecret,
    backup?.s3.tls?.caSecret,
    backup?.restoreFrom.tls?.caSecret,
  ];
  const all = { customresourcedefinition: definitions, priorityclass: priorityClasses, secret: secrets };
  return Object.entries(all).flatMap(([kind, names]) =>
    [...new Set(names)].flatMap((name) => (name === undefined ? [] : [`${kind}/${name}`])),
  );
}

/** Of a pod, as far as the configuration has a word in it; this project itself needs none of that. */
interface PatchedSpec {
  readonly priorityClassName?: string;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
}

function patchedSpec({ podTemplates }: Settings, section: PodSection): PatchedSpec {
  const template = podTemplates[section].reduce<Mapping>(
    (base, { patch }) => strategicMerge(base, patch),
    {},
  );
  return template['spec'] ?? {};
}
