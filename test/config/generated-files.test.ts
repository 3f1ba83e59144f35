import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { manifestsOf, minimal } from '../support/clusters';
import type { Manifest } from '../support/manifests';
import { ROOT } from '../support/project';

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
}

test('what is generated from the schema is up to date (else: npm run generate)', () => {
  const { status, stdout, stderr } = spawnSync('node', ['-r', 'tsx/cjs', 'scripts/generate.ts', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});

describe('milvus.schema.json', () => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'milvus.schema.json'), 'utf8'));

  test('describes every key, and knows extends', () => {
    expect(schema.properties.extends.type).toBe('string');
    const undescribed: string[] = [];
    const walk = (node: Node, path: string) => {
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        if (child.description === undefined) undescribed.push(`${path}${key}`);
        walk(child, `${path}${key}.`);
      }
    };
    walk(schema, '');
    for (const [name, definition] of Object.entries<Node>(schema.$defs)) walk(definition, `${name}.`);
    expect(undescribed).toEqual([]);
  });

  test('takes a reference to the environment where a number belongs', () => {
    const [port, reference] = schema.properties.s3.properties.port.anyOf;
    expect(port).toMatchObject({ type: 'integer', minimum: 1, maximum: 65534 });
    expect('${env:S3_PORT:-80}').toMatch(new RegExp(reference.pattern));
    expect(schema.properties.mysql.properties.maxConnections.anyOf).toHaveLength(2);
    expect(schema.properties.mishards.properties.maxWorkers.default).toBe(50);
  });

  test('refuses unknown keys', () => {
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.mysql.additionalProperties).toBe(false);
    expect(schema.properties.mysql.properties.persistence.$ref).toBe('#/$defs/Claim');
    expect(schema.$defs.Claim.additionalProperties).toBe(false);
  });
});

test('an editor says in words what is expected, where a text does not fit', () => {
  const { properties, $defs } = JSON.parse(readFileSync(join(ROOT, 'milvus.schema.json'), 'utf8'));
  const patterns: string[] = [];
  const silent: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const { pattern, patternErrorMessage } = value as Record<string, unknown>;
    // Not the names of keys: no editor takes words for these.
    if (typeof pattern === 'string' && !path.endsWith('/propertyNames')) {
      patterns.push(path);
      if (!/^Expected \w/.test(String(patternErrorMessage))) silent.push(path);
    }
    for (const [key, item] of Object.entries(value)) walk(item, `${path}/${key}`);
  };
  walk(properties, '');
  // The rest is Kubernetes' own.
  walk(Object.fromEntries(Object.entries($defs).filter(([name]) => /^[A-Z]\w+$/.test(name))), '$defs');
  expect(patterns.length).toBeGreaterThan(300);
  expect(silent).toEqual([]);
});

describe('an editor checks a podTemplate down to its last field', () => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'milvus.schema.json'), 'utf8'));
  const takes = new Ajv2020({ strict: false, allErrors: true }).compile(schema);
  const places = (podTemplate: object) => {
    takes({ ...minimal, podTemplate, readonly: { podTemplate } });
    return [...new Set((takes.errors ?? []).map(({ instancePath }) => instancePath))];
  };

  test('what is right', () => {
    const container = { name: 'milvus', livenessProbe: { periodSeconds: '${env:SECONDS}', httpGet: null } };
    const volumes = [{ name: 'v', $patch: 'delete' }];
    expect(places({ metadata: { labels: { a: null } }, spec: { containers: [container], volumes } })).toEqual(
      [],
    );
  });

  test('what is wrong', () => {
    const container = { name: 'milvus', ports: [{ containerPort: 'x' }], args: '--x', lifecyle: {} };
    expect(places({ spec: { containers: [container] } })).toEqual(
      expect.arrayContaining(
        ['', '/readonly'].flatMap((section) =>
          ['', '/args', '/ports/0/containerPort'].map(
            (field) => `${section}/podTemplate/spec/containers/0${field}`,
          ),
        ),
      ),
    );
  });
});

test('the reference names the Secret that each part takes by default', () => {
  const reference = readFileSync(join(ROOT, 'docs/reference/configuration.md'), 'utf8');
  const documented = ['s3', 'mysql', 'externalMysql', 'backup.s3'].map((section) => {
    // In its row, or in that of the whole where the kind is shared.
    const row = (key: string) =>
      reference.match(`\\| \`${section}\\.credentials${key}\` \\|[^\\n]*?\`<name>([\\w-]+)\``);
    const [, secret = ''] = row('\\.existingSecret') ?? row('') ?? [];
    return `milvus-test${secret}`;
  });
  const own = manifestsOf({
    ...minimal,
    // Keys of its own for the backups, in a Secret that is not named.
    backup: { enabled: true, s3: { credentials: {} } },
  });
  const external = manifestsOf({ ...minimal, externalMysql: { host: 'mysql.example.com' } });
  const secrets = (manifests: readonly Manifest[]) =>
    new Set(JSON.stringify(manifests).match(/(?<="secretKeyRef":\{[^}]*"name":")[\w-]+/g));
  const [s3, mysql, externalMysql, backup] = documented;
  expect(secrets(own)).toEqual(new Set([mysql, s3, backup]));
  expect(secrets(external)).toEqual(new Set([externalMysql, s3]));
});
