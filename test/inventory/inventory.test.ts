import { claimsOf } from '../../lib/inventory/claims';
import { componentsOf } from '../../lib/inventory/components';
import { connectionsOf } from '../../lib/inventory/connections';
import { metricSources } from '../../lib/inventory/metrics';
import { prerequisitesOf } from '../../lib/inventory/prerequisites';
import { secretsOf } from '../../lib/inventory/secrets';
import { clusterOf, jobsOf, manifestsOf, samples } from '../support/clusters';
import {
  at,
  containers,
  fields,
  isBuiltIn,
  type Manifest,
  podTemplates,
  records,
  text,
} from '../support/manifests';

const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort();

/** Names and keys of the Secrets that pods read. */
function keysRead(templates: ReturnType<typeof podTemplates>): string[] {
  return templates.flatMap(({ spec }) => [
    ...containers(spec).flatMap((container) =>
      records(container['env']).flatMap((variable) => {
        const { name, key } = fields(at(variable, 'valueFrom', 'secretKeyRef'));
        return key === undefined ? [] : [`${text(name)}.${text(key)}`];
      }),
    ),
    ...records(spec['volumes']).flatMap((volume) => {
      const { secretName, items } = fields(volume['secret']);
      return records(items).map(({ key }) => `${text(secretName)}.${text(key)}`);
    }),
  ]);
}

/** A claim of a StatefulSet is called by its template and its pod. */
function claimsMade(manifest: Manifest): string[] {
  if (manifest.kind === 'PersistentVolumeClaim') return [manifest.metadata.name];
  return records(at(manifest, 'spec', 'volumeClaimTemplates')).map(
    (template) => `${text(at(template, 'metadata', 'name'))}-${manifest.metadata.name}-0`,
  );
}

describe.each(Object.entries(samples))('%s: what is known of it is what its manifests have', (_, config) => {
  const { settings } = clusterOf(config);
  const manifests = [...manifestsOf(config), ...jobsOf(config)];
  const templates = podTemplates(manifests);

  test('claims', () => {
    const mounted = templates.flatMap(({ spec }) =>
      records(spec['volumes']).flatMap((volume) => {
        const claim = text(at(volume, 'persistentVolumeClaim', 'claimName'));
        return claim === '' ? [] : [claim];
      }),
    );
    const made = manifests.flatMap(claimsMade);
    const known = claimsOf(settings);
    expect(sorted(known.map(({ name }) => name))).toEqual(sorted([...mounted, ...made]));
    expect(sorted(known.filter(({ exists }) => !exists).map(({ name }) => name))).toEqual(sorted(made));
  });

  test('Secrets and their keys', () => {
    const known = Object.values(secretsOf(settings)).flatMap(({ credentials, variables }) =>
      Object.keys(variables).map((key) => `${credentials.secretName}.${key}`),
    );
    expect(sorted(keysRead(templates).filter((key) => !key.endsWith('.ca.crt')))).toEqual(sorted(known));
  });

  test('what has to be there before', () => {
    const crds = manifests
      .filter((manifest) => !isBuiltIn(manifest))
      .map(({ kind, apiVersion }) => `${kind.toLowerCase()}s.${apiVersion.split('/')[0]}`);
    const named = (key: string) => templates.map(({ spec }) => text(spec[key])).filter((name) => name !== '');
    const pullSecrets = templates.flatMap(({ spec }) => records(spec['imagePullSecrets']));
    expect(sorted(prerequisitesOf(settings))).toEqual(
      sorted([
        ...crds.map((name) => `customresourcedefinition/${name}`),
        ...named('priorityClassName').map((name) => `priorityclass/${name}`),
        ...pullSecrets.map(({ name }) => `secret/${text(name)}`),
        ...keysRead(templates).flatMap((key) =>
          key.endsWith('.ca.crt') ? [`secret/${key.slice(0, -'.ca.crt'.length)}`] : [],
        ),
      ]),
    );
  });

  test('components, and the ports on which they are connected to', () => {
    const listeners = new Map<string, readonly unknown[]>();
    // With a claim there are all Jobs, whatever the cluster has.
    const all = podTemplates([...manifestsOf(config), ...jobsOf(config, { claim: 'mine' })]);
    for (const { metadata, spec } of all) {
      const ports = containers(spec).flatMap((container) => records(container['ports']));
      const component = text(at(metadata, 'labels', 'component'));
      listeners.set(component, [
        ...(listeners.get(component) ?? []),
        ...ports.map((port) => port['containerPort']),
      ]);
    }
    expect(sorted(componentsOf(settings))).toEqual(sorted(listeners.keys()));
    const connections = connectionsOf(settings).flatMap(({ to }) => ('pods' in to ? [to] : []));
    for (const { pods, port } of connections) {
      for (const component of pods) expect(listeners.get(component)).toContain(port);
    }
    expect(connections.length).toBeGreaterThan(0);
  });

  test('what can be scraped', () => {
    const named = (name: string) =>
      templates.some(({ spec }) => containers(spec).some((c) => c['name'] === name));
    expect(metricSources(settings)).toEqual({
      pushgateways: named('pushgateway'),
      exporter: named('metrics'),
    });
  });
});
