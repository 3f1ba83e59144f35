import * as z from 'zod';
import {
  dnsLabel,
  labelKey,
  labels,
  labelText,
  mendings,
  objectName,
  port,
  rule,
  secretKey,
} from '../config/rules';
import { isMapping } from '../mapping';
import type { Mapping } from './strategic-merge';

/**
 * What the API server asks of values beyond their type, from its own validation (k8s.io/kubernetes/pkg/apis/core/validation):
 * its schema takes any text and any number. Only what every version of it refuses.
 */

const matching = (pattern: RegExp, expected: string) => rule(z.string().regex(pattern), expected);
const between = (least: number, most: number) =>
  rule(z.int().min(least).max(most), `a number from ${least} to ${most}`);

const id = between(0, 2147483647);
const weight = between(1, 100);
const name = objectName();
const label = dnsLabel();
const key = labelKey();
const dataKey = secretKey();
const ip = rule(z.union([z.ipv4(), z.ipv6()]), 'an IP address');
const PORT_NAME = '(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*';
const A_PORT_NAME = 'at most 15 lower-case letters, digits and single hyphens, with a letter among them';
const portName = matching(new RegExp(`^(${PORT_NAME})?$`), `a name of ${A_PORT_NAME}`);
const portOrName = rule(
  z.union([port(), z.string().regex(new RegExp(`^${PORT_NAME}$`))]),
  `a number from 1 to 65535 without quotes, or the name of a port: ${A_PORT_NAME}`,
);
const within = matching(/^(?!\/)(?!(.*\/)?\.\.(\/|$))/, 'a relative path without ".."');
const notEmpty = rule(z.string().min(1), 'a text that is not empty');

/** By the kind of a mapping and its field; of a list each item. */
const VALUES: Readonly<Record<string, z.ZodType>> = {
  'ContainerPort.containerPort': port(),
  'ContainerPort.hostPort': between(0, 65535),
  'ContainerPort.name': portName,
  'HTTPGetAction.port': portOrName,
  'TCPSocketAction.port': portOrName,
  'GRPCAction.port': port(),
  'HTTPHeader.name': matching(/^[-A-Za-z0-9]+$/, 'letters, digits and hyphens'),
  'SleepAction.seconds': between(0, 86400),
  'Probe.terminationGracePeriodSeconds': between(1, 86400),
  'EnvVar.name': matching(/^[ -<>-~]+$/, 'a name of ASCII characters without "="'),
  'EnvFromSource.prefix': matching(/^[ -<>-~]*$/, 'ASCII characters without "="'),
  'ObjectFieldSelector.fieldPath': matching(
    /^(metadata\.(name|namespace|uid|labels|annotations)|metadata\.(labels|annotations)\['([-a-z0-9.]+\/)?[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?'\]|spec\.(nodeName|serviceAccountName)|status\.(hostIP|podIP)s?)$/,
    "metadata.name, metadata.namespace, metadata.uid, metadata.labels['<key>'], metadata.annotations['<key>'], spec.nodeName, spec.serviceAccountName, status.hostIP or status.podIP",
  ),
  'ResourceFieldSelector.resource': matching(
    /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/,
    'limits. or requests. and cpu, memory, ephemeral-storage or hugepages-<size>',
  ),
  'SecretKeySelector.key': dataKey,
  'ConfigMapKeySelector.key': dataKey,
  'KeyToPath.key': dataKey,
  'KeyToPath.path': within,
  'DownwardAPIVolumeFile.path': within,
  'ServiceAccountTokenProjection.path': within,
  'ServiceAccountTokenProjection.expirationSeconds': between(600, 2 ** 32),
  'VolumeMount.mountPath': matching(/^[^:]+$/, 'a path without ":"'),
  'VolumeMount.subPath': within,
  'VolumeMount.subPathExpr': within,
  'HostPathVolumeSource.path': matching(/^(?!(.*\/)?\.\.(\/|$))./, 'a path without ".."'),
  'NFSVolumeSource.path': matching(/^\//, 'a path that begins with "/"'),
  'NFSVolumeSource.server': notEmpty,
  'CSIVolumeSource.driver': notEmpty,
  'PersistentVolumeClaimVolumeSource.claimName': name,
  'SecretVolumeSource.secretName': name,
  'SecurityContext.runAsUser': id,
  'SecurityContext.runAsGroup': id,
  'PodSecurityContext.runAsUser': id,
  'PodSecurityContext.runAsGroup': id,
  'PodSecurityContext.fsGroup': id,
  'PodSecurityContext.supplementalGroups': id,
  'SeccompProfile.localhostProfile': within,
  'Sysctl.name': matching(
    /^[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/,
    'a sysctl',
  ),
  'EmptyDirVolumeSource.medium': matching(
    /^(Memory|HugePages(-.+)?)?$/,
    'Memory, or no value: the disk of the node',
  ),
  'ContainerResizePolicy.resourceName': rule(z.enum(['cpu', 'memory']), 'cpu or memory'),
  'VolumeMount.recursiveReadOnly': rule(
    z.enum(['Disabled', 'IfPossible', 'Enabled']),
    'one of Disabled, IfPossible, Enabled',
  ),
  'PodOS.name': rule(z.literal('linux'), 'linux: the images exist for Linux only'),
  'PodSchedulingGate.name': key,
  'PodSpec.hostname': label,
  'PodSpec.subdomain': label,
  'PodSpec.nodeName': name,
  'PodSpec.priority': between(-(2 ** 31), 2 ** 31 - 1),
  'PodSpec.activeDeadlineSeconds': between(1, 2147483647),
  'PodReadinessGate.conditionType': key,
  'PodDNSConfig.nameservers': ip,
  'PodDNSConfig.searches': matching(/^([-a-z0-9_]+(\.[-a-z0-9_]+)*\.?|\.)$/, 'a domain'),
  'HostAlias.ip': ip,
  'HostAlias.hostnames': name,
  'Toleration.key': rule(z.union([z.literal(''), key]), mendings.get(key)?.expected ?? ''),
  'Toleration.value': labelText(),
  'TopologySpreadConstraint.topologyKey': key,
  'PodAffinityTerm.topologyKey': key,
  'PodAffinityTerm.namespaces': label,
  'PreferredSchedulingTerm.weight': weight,
  'WeightedPodAffinityTerm.weight': weight,
  'NodeSelectorRequirement.key': key,
  'LabelSelectorRequirement.key': key,
  'LabelSelectorRequirement.operator': rule(
    z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    'one of In, NotIn, Exists, DoesNotExist',
  ),
  'LabelSelector.matchLabels': rule(labels(), 'labels, of the form that Kubernetes takes'),
  'Container.restartPolicy': rule(
    z.enum(['Always', 'Never', 'OnFailure']),
    'one of Always, Never, OnFailure',
  ),
};

/** What is wrong with a value of the right type. */
export function valueFault(kind: string, field: string, value: unknown): string | undefined {
  const form = Object.hasOwn(VALUES, `${kind}.${field}`) ? VALUES[`${kind}.${field}`] : undefined;
  return form === undefined || form.safeParse(value).success ? undefined : mendings.get(form)?.expected;
}

/** Fields without which the API server takes none of these, though its schema does not say so. */
export const ALSO_REQUIRED: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    [
      'SecretKeySelector',
      'ConfigMapKeySelector',
      'SecretEnvSource',
      'ConfigMapEnvSource',
      'ConfigMapVolumeSource',
      'SecretProjection',
      'ConfigMapProjection',
      'PodDNSConfigOption',
    ].map((kind) => [kind, ['name']]),
  ),
  SecretVolumeSource: ['secretName'],
  ExecAction: ['command'],
  NodeSelector: ['nodeSelectorTerms'],
  EphemeralVolumeSource: ['volumeClaimTemplate'],
  PersistentVolumeClaimSpec: ['accessModes', 'resources'],
};

export interface Fault {
  readonly field: string;
  readonly given: string;
  readonly expected: string;
}

const items = (list: unknown): readonly unknown[] => (Array.isArray(list) ? list : []);
const size = (list: unknown): number => items(list).length;
const fieldOf = (value: unknown, field: string) => (isMapping(value) ? value[field] : undefined);
/** The first name of a list that an earlier item has. */
const repeated = (list: unknown) => {
  const names = items(list).map((item) => fieldOf(item, 'name'));
  return names.find((one, index) => one && names.indexOf(one) !== index);
};

function ofOperator({ operator, values }: Mapping): Fault | undefined {
  const count = size(values);
  const given = `${count === 0 ? 'no' : count} value${count === 1 ? '' : 's'} with operator ${operator}`;
  if (/In$/.test(String(operator)))
    return count > 0 ? undefined : { field: 'values', given, expected: 'at least one' };
  if (/^[GL]t$/.test(String(operator)))
    return count === 1 ? undefined : { field: 'values', given, expected: 'one' };
  return count === 0 ? undefined : { field: 'values', given, expected: 'none' };
}

function ofProfile({ type, localhostProfile }: Mapping): Fault | undefined {
  if ((type === 'Localhost') === (localhostProfile !== undefined)) return undefined;
  return {
    field: 'localhostProfile',
    given: `${localhostProfile === undefined ? 'nothing' : 'a value'} with type ${type}`,
    expected: 'a value with type Localhost, and none with another type',
  };
}

/** What must go together in a mapping, or must not. */
const TOGETHER: Readonly<Record<string, (value: Mapping) => Fault | undefined>> = {
  NodeSelectorRequirement: ofOperator,
  LabelSelectorRequirement: ofOperator,
  SeccompProfile: ofProfile,
  AppArmorProfile: ofProfile,
  VolumeMount: ({ subPath, subPathExpr }) =>
    subPath && subPathExpr
      ? { field: 'subPathExpr', given: 'a value beside subPath', expected: 'one of them' }
      : undefined,
  SecurityContext: ({ allowPrivilegeEscalation, privileged, capabilities }) => {
    const added = items(fieldOf(capabilities, 'add'));
    const more = privileged === true ? 'privileged: true' : 'the capability CAP_SYS_ADMIN';
    return allowPrivilegeEscalation === false && (privileged === true || added.includes('CAP_SYS_ADMIN'))
      ? {
          field: 'allowPrivilegeEscalation',
          given: `false with ${more}`,
          expected: 'true, or none of the privileges',
        }
      : undefined;
  },
  EnvVarSource: ({ fieldRef }) => {
    const path = String(fieldOf(fieldRef, 'fieldPath'));
    if (!/^metadata\.(labels|annotations)$/.test(path)) return undefined;
    return { field: 'fieldRef.fieldPath', given: path, expected: `one of them: ${path}['<key>']` };
  },
  PodDNSConfig: ({ nameservers }) =>
    size(nameservers) > 3
      ? { field: 'nameservers', given: `${size(nameservers)} addresses`, expected: 'at most 3' }
      : undefined,
  PodSecurityContext: ({ sysctls }) => {
    const again = repeated(sysctls);
    return again === undefined
      ? undefined
      : { field: 'sysctls', given: `${again} a second time`, expected: 'each sysctl once' };
  },
  Container: ({ ports, volumeMounts, securityContext }) => {
    const shared = items(volumeMounts).some(
      (mount) => fieldOf(mount, 'mountPropagation') === 'Bidirectional',
    );
    if (shared && fieldOf(securityContext, 'privileged') !== true) {
      const expected = 'securityContext.privileged: true with it';
      return { field: 'volumeMounts', given: 'mountPropagation Bidirectional', expected };
    }
    const again = repeated(ports);
    return again === undefined
      ? undefined
      : { field: 'ports', given: `two ports with the name ${again}`, expected: 'each name once' };
  },
  TopologySpreadConstraint: ({ minDomains, whenUnsatisfiable }) =>
    minDomains === undefined || whenUnsatisfiable === 'DoNotSchedule'
      ? undefined
      : {
          field: 'minDomains',
          given: `${minDomains} with ${whenUnsatisfiable}`,
          expected: 'whenUnsatisfiable: DoNotSchedule with it',
        },
  PodSpec: ({ dnsPolicy, dnsConfig, hostUsers, shareProcessNamespace, ephemeralContainers, ...spec }) => {
    const { hostPID } = spec;
    const shared = ['hostNetwork', 'hostPID', 'hostIPC'].find((key) => spec[key] === true);
    if (hostUsers === false && shared !== undefined)
      return { field: 'hostUsers', given: `false with ${shared}`, expected: 'one of them' };
    if (dnsPolicy === 'None' && size(fieldOf(dnsConfig, 'nameservers')) === 0)
      return { field: 'dnsPolicy', given: 'None', expected: 'dnsConfig.nameservers with it' };
    if (hostPID === true && shareProcessNamespace === true)
      return { field: 'shareProcessNamespace', given: 'true with hostPID', expected: 'one of them' };
    if (size(ephemeralContainers) === 0) return undefined;
    const expected = 'none: Kubernetes takes them for a running pod only, from kubectl debug';
    return { field: 'ephemeralContainers', given: 'containers', expected };
  },
};

/** What is wrong with fields of a mapping that are right on their own. */
export function togetherFault(kind: string, value: Mapping): Fault | undefined {
  return Object.hasOwn(TOGETHER, kind) ? TOGETHER[kind]?.(value) : undefined;
}
