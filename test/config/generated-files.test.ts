import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
    expect(undescribed).toEqual([]);
  });

  test('takes a reference to the environment where a number belongs', () => {
    const [port, reference] = schema.properties.s3.properties.port.anyOf;
    expect(port).toMatchObject({ type: 'integer', minimum: 1, maximum: 65534 });
    expect('${env:S3_PORT:-80}').toMatch(new RegExp(reference.pattern));
    expect(schema.properties.s3.properties.port.default).toBe(80);
  });

  test('refuses unknown keys', () => {
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.mysql.properties.persistence.additionalProperties).toBe(false);
  });
});
