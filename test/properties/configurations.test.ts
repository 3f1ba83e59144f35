import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import type { MilvusConfig } from '../../lib';
import { check } from '../../lib/config';
import { formatProblem } from '../../lib/config/problems';
import { writeDocuments } from '../../lib/yaml/write';
import { apiServerProblems } from '../support/api-server-rules';
import { CANARY, configurations } from '../support/arbitrary';
import { clusterOf, jobsOf, samples } from '../support/clusters';
import { runs, SEED } from '../support/fuzz';
import { schemaProblems } from '../support/kubernetes-schema';
import { type Manifest, parse } from '../support/manifests';
import { requires } from '../support/requires';

/** Whatever is configured, it is refused with a path, or its manifests are right. */
const generated = [
  ...fc.sample(configurations, { seed: SEED, numRuns: runs(80) }),
  // So that there are Secrets with credentials, whatever chance makes of the rest.
  ...Object.entries(samples).flatMap(([name, config]) => (name.endsWith(', inline') ? [config] : [])),
];
const results = generated.map((config) => ({ config, checked: check(config) }));
const accepted = results.filter(({ checked }) => checked.problems === undefined);
const refused = results.filter(({ checked }) => checked.problems !== undefined);

const NEWER_FIELDS =
  /"(appArmorProfile|claims|grpc|hostProcess|(mis)?matchLabelKeys|minDomains|node(Affinity|Taints)Policy|recursiveReadOnly|resourceClaims|resizePolicy|seLinuxChangePolicy|supplementalGroupsPolicy|volumeAttributesClassName|clusterTrustBundle|podCertificate|image":\{|ephemeral":\{)/;
const yamlOf = (config: MilvusConfig): string => writeDocuments(clusterOf(config).toJson());

test('some are accepted, and some are not', () => {
  expect(accepted.length).toBeGreaterThan(results.length / 10);
  expect(refused.length).toBeGreaterThan(results.length / 10);
});

test('what is refused names paths, and no credential', () => {
  for (const { config, checked } of refused) {
    for (const problem of checked.problems ?? []) {
      const where = `${JSON.stringify(config)}\n${formatProblem(problem)}`;
      if (problem.path === '' || problem.expected === '' || CANARY.test(formatProblem(problem)))
        throw new Error(where);
    }
  }
});

describe('what is accepted', () => {
  const made = accepted.map(({ config }) => {
    const yaml = yamlOf(config);
    return { config, yaml, manifests: [...parse(yaml), ...jobsOf(config)] };
  });

  test('fits the schemas of Kubernetes', () => {
    // A podTemplate may have fields that older versions do not know.
    const all = made
      .filter(({ config }) => !NEWER_FIELDS.test(JSON.stringify(config)))
      .flatMap(({ manifests }) => manifests);
    expect(all.length).toBeGreaterThan(100);
    expect(schemaProblems(all, { skipGroups: ['external-secrets.io', 'monitoring.coreos.com'] })).toEqual([]);
  });

  test('is taken by an API server', () => {
    const found = made.flatMap(({ config, manifests }) =>
      apiServerProblems(manifests)
        // No fault, but what this project does not do itself.
        .filter((problem) => !/volume extra-config is mounted nowhere|is not a declared port/.test(problem))
        .map((problem) => ({ problem, config: JSON.stringify(config) })),
    );
    expect(found).toEqual([]);
  });

  test('is written again byte for byte, and read back as it was meant', () => {
    for (const { config, yaml } of made) {
      expect(yamlOf(structuredClone(config))).toBe(yaml);
      const read = parseAllDocuments(yaml).map((document) => document.toJS() as unknown);
      expect(read).toEqual(JSON.parse(JSON.stringify(clusterOf(config).toJson())));
    }
  });

  test('has its credentials in Secrets alone', () => {
    const leaks = (manifest: Manifest): boolean => {
      const text = JSON.stringify(manifest);
      const encoded = [...text.matchAll(/[A-Za-z0-9+/]{8,}={0,2}/g)].map(([word]) =>
        Buffer.from(word, 'base64').toString('latin1'),
      );
      return [text, ...encoded].some((one) => CANARY.test(one));
    };
    const secrets = made.flatMap(({ manifests }) => manifests).filter(({ kind }) => kind === 'Secret');
    expect(secrets.filter(leaks).length).toBeGreaterThan(0);
    for (const { config, manifests } of made) {
      const found = manifests.filter(({ kind }) => kind !== 'Secret').filter(leaks);
      expect({ config, found }).toEqual({ config, found: [] });
    }
  });

  const withKubectl = requires('kubectl') ? test : test.skip;
  withKubectl('is built by kubectl kustomize', () => {
    const directory = mkdtempSync(join(tmpdir(), 'properties-'));
    try {
      writeFileSync(join(directory, 'kustomization.yaml'), 'resources: [cluster.yaml]\n');
      const restored = made.filter(({ config }) => config.backup?.restore !== undefined);
      for (const { yaml } of [...made.slice(0, 5), ...restored.slice(-1)]) {
        writeFileSync(join(directory, 'cluster.yaml'), yaml);
        const built = execFileSync('kubectl', ['kustomize', directory], { encoding: 'utf8', stdio: 'pipe' });
        expect(parseAllDocuments(built)).toHaveLength(parseAllDocuments(yaml).length);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
