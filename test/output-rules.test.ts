import type { MilvusConfig } from '../lib';
import { apiServerProblems } from './support/api-server-rules';
import { jobsOf, manifestsOf, samples, yamlOf } from './support/clusters';
import { schemaProblems } from './support/kubernetes-schema';
import { lint } from './support/lint';
import { at, containers, fields, type Manifest, parse, podTemplates, records } from './support/manifests';
import { podSecurityProblems } from './support/pod-security';
import { referenceProblems } from './support/references';
import { appliesTwiceProblems } from './support/second-apply';

/** Rules that hold for everything that is ever emitted, whatever the configuration. */
const emitted = Object.entries(samples).map(([name, config]) => ({
  name,
  config,
  yaml: yamlOf(config),
  jobs: jobsOf(config),
}));

test('every object fits the Kubernetes schemas of 1.21 to 1.30, unknown fields included', () => {
  const all = emitted.flatMap(({ yaml, jobs }) => [...parse(yaml), ...jobs]);
  expect(schemaProblems(all, { skipGroups: ['external-secrets.io', 'monitoring.coreos.com'] })).toEqual([]);
});

describe.each(emitted)('$name', ({ config, yaml, jobs }) => {
  // Jobs refer to what the cluster brings, so the rules are for both together.
  const manifests = [...parse(yaml), ...jobs];

  test('an API server takes it without an error or a warning', () => {
    expect(apiServerProblems(manifests)).toEqual([]);
  });

  test('a second apply changes nothing', () => {
    expect(appliesTwiceProblems(manifests)).toEqual([]);
  });

  test('everything that is referred to is there, or is a documented prerequisite', () => {
    // With a claim there are all Jobs, whatever the cluster has.
    const all = [...manifestsOf(config), ...jobsOf(config, { claim: 'mine' })];
    const external = [...prerequisites(config), 'PersistentVolumeClaim/mine'];
    expect(referenceProblems(all, { external })).toEqual([]);
  });

  test('all pods meet baseline, and restricted but for the writable on an adopted path', () => {
    expect(podSecurityProblems(manifests, 'baseline')).toEqual([]);
    const excepted = notRestricted(config);
    const others = manifests.filter(({ metadata }) => !excepted.includes(metadata.name));
    expect(podSecurityProblems(others, 'restricted')).toEqual([]);
  });

  test('no name, label or annotation comes from the construct tree', () => {
    expect(yaml).not.toContain('cdk8s.io/');
    for (const { metadata } of manifests) {
      const ofSecret = [config.s3?.credentials, (config.mysql ?? config.externalMysql)?.credentials].map(
        (credentials) => credentials?.existingSecret,
      );
      const ours = [config.name, config.mysql?.name ?? config.name];
      expect(ours.some((name) => metadata.name.startsWith(name)) || ofSecret.includes(metadata.name)).toBe(
        true,
      );
    }
  });

  test('pods have no token they do not need, and nothing of the host', () => {
    for (const { spec, owner } of podTemplates(manifests)) {
      const stock = config.mishards?.discovery === 'kubernetes' && owner.metadata.name.endsWith('-mishards');
      expect(spec['automountServiceAccountToken']).toBe(stock);
      expect(spec['enableServiceLinks']).toBe(false);
      expect(Object.keys(spec).filter((key) => key.startsWith('host'))).toEqual([]);
    }
  });

  test('every container has requests, limits and a pinned image', () => {
    for (const { container, id } of containersOf(manifests)) {
      const { requests, limits } = fields(container['resources']);
      const amounts = { cpu: expect.any(String), memory: expect.any(String) };
      expect({ id, requests, limits }).toMatchObject({ id, requests: amounts, limits: amounts });
      expect(String(container['image'])).toMatch(/:[^:@]+$|@sha256:/);
    }
  });

  test('kube-linter finds nothing but what is excepted with a reason, and what is not ours', () => {
    expect(
      lint(manifests).filter((finding) => !NOT_OURS.test(finding) && !isolated(config, finding)),
    ).toEqual([]);
  });

  test("nothing is what Flux's postBuild substitution would replace", () => {
    expect(JSON.stringify(manifests)).not.toMatch(/\$[{$]/);
  });
});

/**
 * ServiceAccounts that are named exist already; containers that are added are whoever's adds them; an affinity that is
 * given takes the place of ours.
 */
const NOT_OURS =
  /^non-existent-service-account: |^no-anti-affinity: \w+\/every-|: extra(-init)? can write to its root filesystem$/;
/** Where policies were switched off, nothing is isolated. */
const isolated = ({ networkPolicy }: MilvusConfig, finding: string) =>
  networkPolicy?.enabled === false && finding.startsWith('non-isolated-pod: ');

interface GivenCredentials {
  readonly existingSecret?: string;
  readonly externalSecret?: object;
  readonly inline?: object;
}

/** What a configuration says that users bring along. */
function prerequisites(config: MilvusConfig): string[] {
  const { name, s3, mysql, externalMysql, wal, storage, milvus, backup } = config;
  const secret = (given: GivenCredentials = {}, fallback: string) =>
    given.inline === undefined && given.externalSecret === undefined
      ? [given.existingSecret ?? fallback]
      : [];
  const claims = [wal, mysql, storage, milvus?.logs].map((volume) => volume?.persistence?.existingClaim);
  const { writable, readonly, mishards, admin, smokeTest } = config;
  const accounts = [writable, readonly, mishards, mysql, admin, backup, smokeTest].map(
    (workload) => at(workload?.podTemplate, 'spec', 'serviceAccountName') as string | undefined,
  );
  const given = (kind: string, names: readonly (string | undefined)[]) =>
    names.filter((one) => one !== undefined).map((one) => `${kind}/${one}`);
  return [
    ...given('Secret', [
      ...(s3 === undefined ? [] : secret(s3.credentials, `${name}-s3`)),
      ...secret((mysql ?? externalMysql)?.credentials, mysql?.name ?? `${name}-mysql`),
      s3?.tls?.caSecret,
      backup?.s3?.tls?.caSecret,
      ...(backup?.s3?.credentials === undefined ? [] : secret(backup.s3.credentials, `${name}-backup-s3`)),
      backup?.restoreFrom?.tls?.caSecret,
      ...(backup?.restoreFrom?.credentials === undefined
        ? []
        : secret(backup.restoreFrom.credentials, `${name}-restore-s3`)),
      ...records(at(config.podTemplate, 'spec', 'imagePullSecrets')).map(({ name: secretName }) =>
        String(secretName),
      ),
    ]),
    ...given('PersistentVolumeClaim', claims),
    // Grafana's sidecar finds it by its labels.
    ...(config.monitoring?.dashboard?.enabled ? [`ConfigMap/${name}-dashboard`] : []),
    ...given('ServiceAccount', [
      ...accounts,
      ...(config.s3?.embedded ? [at(config.minio?.podTemplate, 'spec', 'serviceAccountName') as string] : []),
    ]),
  ];
}

/** Workloads that Pod Security "restricted" does not admit, as securityProfile says. */
function notRestricted({ name, storage, admin, backup }: MilvusConfig): string[] {
  const adopted = storage?.path === '/var/lib/milvus';
  return [
    ...(adopted ? [`${name}-writable`] : []),
    ...(adopted && backup?.restore !== undefined
      ? [`${name}-restore-${backup.restore.backup.toLowerCase()}`]
      : []),
    ...(adopted && storage?.persistence?.enabled === true ? [`${name}-readonly`] : []),
    ...(admin?.enabled === true ? [`${name}-admin`] : []),
  ];
}

function containersOf(manifests: readonly Manifest[]) {
  return podTemplates(manifests).flatMap(({ spec, owner }) =>
    containers(spec).map((container) => ({
      id: `${owner.metadata.name}/${String(container['name'])}`,
      container,
    })),
  );
}
