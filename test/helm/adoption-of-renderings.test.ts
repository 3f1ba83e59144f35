import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse as parseYaml, stringify } from 'yaml';
import { adoptionSteps, fromHelmValues } from '../../lib';
import { withoutPods } from '../support/adoption';
import { manifestsOf } from '../support/clusters';
import { at, type Fields, fields, idOf, isFields, type Manifest, records } from '../support/manifests';
import { ROOT } from '../support/project';
import { onServer } from '../support/requires';

/** As in parity.test.ts: what Helm renders from values, which is no part of the project. */
const RENDERINGS = resolve(ROOT, process.env['CHART_RENDERINGS'] ?? '../shared/parity');
const cases =
  onServer && existsSync(RENDERINGS)
    ? readdirSync(RENDERINGS, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
    : [];
if (cases.length === 0) {
  console.info('Adoption of whole renderings of the chart needs KUBECONFIG and CHART_RENDERINGS.');
}

const directory = mkdtempSync(join(tmpdir(), 'adoption-'));
const namespaces: string[] = [];
afterAll(() => {
  rmSync(directory, { recursive: true });
  for (const namespace of namespaces) {
    // A server without controllers would keep them, and their node ports.
    run(`kubectl -n ${namespace} delete service --all`);
    run(`kubectl delete namespace ${namespace} --wait=false`);
  }
});

const run = (command: string) => execFileSync('sh', ['-c', command], { encoding: 'utf8', stdio: 'pipe' });
const namespaceOf = (name: string): string => {
  const namespace = `adoption-${process.pid}-${name}`;
  run(`kubectl create namespace ${namespace}`);
  namespaces.push(namespace);
  return namespace;
};
const moved = (object: Manifest, namespace: string): Manifest =>
  ({ ...object, metadata: { ...object.metadata, namespace } }) as Manifest;
/** Files of a ConfigMap, which the renderings have parsed, as text again. */
const asText = (object: Manifest): Manifest =>
  object.kind !== 'ConfigMap'
    ? object
    : ({
        ...object,
        data: Object.fromEntries(
          Object.entries(fields(object['data'])).map(([key, value]) => [
            key,
            isFields(value) ? stringify(value) : value,
          ]),
        ),
      } as Manifest);

const live = (object: Manifest, namespace: string): Manifest => {
  const group = /^(.*)\//.exec(String(object['apiVersion']))?.[1];
  const kind = group === undefined ? object.kind : `${object.kind}.${group}`;
  return JSON.parse(run(`kubectl -n ${namespace} get ${kind} ${object.metadata.name} -o json`)) as Manifest;
};

/** The claims that a release uses and does not make. */
const claimsOf = (values: Fields): Manifest[] =>
  [
    at(values, 'mysql', 'persistence', 'existingClaim'),
    at(values, 'logsPersistence', 'persistentVolumeClaim', 'existingClaim'),
  ]
    .filter((name) => name !== undefined)
    .map(
      (name) =>
        ({
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: String(name) },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '4Gi' } } },
        }) as Manifest,
    );

/** What an object is, without what the API server gives each. */
const ASSIGNED = new Set(['clusterIP', 'clusterIPs', 'nodePort', 'healthCheckNodePort', 'namespace']);
const essence = (object: Manifest): unknown => {
  const { spec, data, rules, roleRef } = object as Fields;
  return JSON.parse(
    JSON.stringify({ spec, data, rules, roleRef, labels: object.metadata['labels'] }, (key, value) =>
      ASSIGNED.has(key) || key === 'annotations' ? undefined : value,
    ),
  );
};
/** By name: what tells that an object is still the same. */
const uids = (namespace: string, kind: string): Fields =>
  Object.fromEntries(
    records(at(JSON.parse(run(`kubectl -n ${namespace} get ${kind} -o json`)), 'items')).map((item) => [
      String(at(item, 'metadata', 'name')),
      kind === 'service' ? at(item, 'spec', 'clusterIP') : at(item, 'metadata', 'uid'),
    ]),
  );

(cases.length === 0 ? describe.skip : describe)('a release on the API server of KUBECONFIG', () => {
  test.each(cases.length === 0 ? ['none'] : cases)(
    '%s: the steps make of it what a new cluster is',
    (name) => {
      const values = parseYaml(readFileSync(join(RENDERINGS, name, 'values.yaml'), 'utf8')) as Fields;
      const rendered = JSON.parse(
        readFileSync(join(RENDERINGS, name, 'rendered.json'), 'utf8'),
      ) as Manifest[];
      const release = { release: 'milvus-test', namespace: 'milvus', adopt: true };
      if (name === 'standalone-default') {
        // Its vectors are in the pod, and would go with it.
        expect(() => fromHelmValues(values, release)).toThrow('persistence.enabled: given false');
        return;
      }
      const config = fromHelmValues(values, release);
      const served = run('kubectl api-versions').split('\n');
      const ours = manifestsOf(config).filter((object) => served.includes(String(object['apiVersion'])));
      const write = (objects: readonly Manifest[], namespace: string): string => {
        const outdir = join(directory, namespace);
        mkdirSync(outdir, { recursive: true });
        const items = objects.map((object) => moved(object, namespace));
        writeFileSync(
          join(outdir, 'objects.json'),
          JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
        );
        return outdir;
      };

      const adopted = namespaceOf(name);
      run(`kubectl create -f ${write([...rendered.map(asText), ...claimsOf(values)], adopted)}`);
      const before = {
        persistentvolumeclaim: uids(adopted, 'persistentvolumeclaim'),
        secret: uids(adopted, 'secret'),
        service: uids(adopted, 'service'),
      };
      const outdir = write(ours, adopted);
      const steps = adoptionSteps(config, { release: 'milvus-test', namespace: adopted }).flatMap(
        ({ commands }) => commands,
      );
      // In one shell, since some set variables for others.
      run(`set -eu\n${withoutPods(steps).join('\n').replaceAll('-f dist', `-f ${outdir}`)}`);
      const result = ours.map((object) => [idOf(object), essence(live(object, adopted))]);

      for (const kind of ['persistentvolumeclaim', 'secret'] as const) {
        expect(uids(adopted, kind)).toMatchObject(before[kind]);
      }
      const services = uids(adopted, 'service');
      const kept = Object.keys(before.service).filter((one) => !/-(readonly|writable)$/.test(one));
      expect(kept).not.toEqual([]);
      for (const service of kept) expect(services[service]).toBe(before.service[service]);

      // Fixed node ports and addresses are the cluster's, not the namespace's.
      run(`kubectl -n ${adopted} delete service --all`);
      const fresh = namespaceOf(`${name}-new`);
      run(`kubectl create -f ${write(ours, fresh)}`);
      expect(result).toEqual(ours.map((object) => [idOf(object), essence(live(object, fresh))]));
    },
    120_000,
  );
});
