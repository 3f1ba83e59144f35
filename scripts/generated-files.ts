import { join } from 'node:path';
import { App } from 'cdk8s';
import { compile } from 'json-schema-to-typescript';
import * as z from 'zod';
import { loadClusters, MilvusCluster } from '../lib';
import { mendings } from '../lib/config/rules';
import { clusterSchema } from '../lib/config/schema';
import { Names } from '../lib/kubernetes/names';
import { dashboard } from '../lib/operations/monitoring/dashboard';
import { monitoredOf } from '../lib/operations/monitoring/monitored';
import { writeDocuments } from '../lib/yaml/write';
import { clusterGraph } from './cluster-graph';
import { commandsReference } from './commands-reference';
import { configurationReference } from './configuration-reference';
import { dashboardPicture } from './dashboard-picture';
import { helmValuesReference } from './helm-values-reference';
import { POD_TEMPLATE_DEFINITION, podShapes, podTemplatePatchDefinitions } from './pod-template-schema';

const ROOT = join(__dirname, '..');

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Every file that is made from the schema of the configuration, the table of the chart's values, that of the commands or Kubernetes' own schema, by path. */
export async function generatedFiles(): Promise<Record<string, string>> {
  return {
    [join(ROOT, 'milvus.schema.json')]: `${JSON.stringify(editorSchema(), null, 2)}\n`,
    [join(ROOT, 'lib/config/milvus-config.ts')]: await configType(),
    [join(ROOT, 'lib/kubernetes/pod-shapes.ts')]: podShapes(),
    [join(ROOT, 'docs/images/cluster.svg')]: await clusterGraph(defaultManifests()),
    [join(ROOT, 'docs/images/dashboard.svg')]: productionDashboard(),
    [join(ROOT, 'docs/reference/commands.md')]: commandsReference(),
    [join(ROOT, 'docs/reference/configuration.md')]: configurationReference(),
    [join(ROOT, 'docs/reference/helm-values.md')]: helmValuesReference(),
  };
}

/** What the shipped milvus.yaml gives. */
function defaultManifests(): string {
  const [cluster] = loadClusters({ config: 'milvus.yaml', cwd: ROOT, env: {} });
  if (cluster === undefined) throw new Error('milvus.yaml has no cluster');
  const chart = new MilvusCluster(new App(), 'cluster', cluster.settings);
  return writeDocuments(chart.toJson());
}

/** The dashboard of the example of production. */
function productionDashboard(): string {
  const [cluster] = loadClusters({ config: 'examples/production/milvus.yaml', cwd: ROOT, env: {} });
  if (cluster === undefined) throw new Error('the example has no cluster');
  const monitored = monitoredOf(cluster.settings, Names.of(cluster.settings));
  return dashboardPicture(dashboard(monitored), ['writable', 'readonly']);
}

const A_REFERENCE = 'a reference to an environment variable: ${env:NAME} or ${env:NAME:-default}';
const REFERENCE: JsonSchema = {
  type: 'string',
  pattern: '\\$\\{env:[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}',
};

/** The schema that editors complete and check milvus.yaml with: the configuration, `extends` and references. */
function editorSchema(): JsonSchema {
  const { $schema, required, properties, description, $defs, ...rest } = clusterJsonSchema((schema) => {
    const value =
      schema.type === 'integer' ||
      schema.type === 'number' ||
      schema.type === 'boolean' ||
      schema.enum ||
      schema.pattern;
    if (!value || schema.anyOf) return;
    const { description: text, default: fallback, ...plain } = { ...schema };
    for (const key of Object.keys(schema)) delete (schema as Record<string, unknown>)[key];
    Object.assign(schema, {
      ...(text === undefined ? {} : { description: text }),
      ...(fallback === undefined ? {} : { default: fallback }),
      anyOf: [
        plain,
        { type: 'string', pattern: REFERENCE.pattern, patternErrorMessage: `Expected ${A_REFERENCE}.` },
      ],
    });
  });
  return {
    $schema,
    $id: 'milvus.schema.json',
    title: 'cdk8s-milvus',
    description: String(description),
    ...rest,
    $defs: {
      ...$defs,
      // Down to its last field, in Kubernetes' words.
      PodTemplate: { $ref: `#/$defs/${POD_TEMPLATE_DEFINITION}` },
      ...podTemplatePatchDefinitions(String(REFERENCE.pattern)),
    } as JsonSchema['$defs'],
    properties: {
      extends: {
        type: 'string',
        description: 'A file, relative to this one, that this configuration is merged over.',
      },
      ...properties,
    },
    anyOf: [{ required }, { required: ['extends'] }],
  };
}

async function configType(): Promise<string> {
  const schema = clusterJsonSchema((property, optional) => {
    if (property.description !== undefined) property.description += defaultTag(property, optional);
    // Only names and types matter here; the rest would be repeated in the comments.
    for (const key of [
      'pattern',
      'patternErrorMessage',
      'minimum',
      'maximum',
      'minLength',
      'maxLength',
      'minItems',
      'exclusiveMinimum',
      'exclusiveMaximum',
      'propertyNames',
      'default',
    ]) {
      delete (property as Record<string, unknown>)[key];
    }
  });
  const source = await compile(namedOnce(schema) as Parameters<typeof compile>[0], 'MilvusConfig', {
    additionalProperties: false,
    bannerComment: '/* Generated from the schema in lib/config/schema by `npm run generate`; do not edit. */',
    style: { singleQuote: true, printWidth: 110 },
    strictIndexSignatures: false,
  });
  return readonlyLists(source.replace(/^(\s+)((?:\w+|\[k: string\])\??: )/gm, '$1readonly $2'));
}

/** A reference with a description of its own beside it is the named type with that comment, not a second type. */
function namedOnce(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(namedOnce);
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, ...rest } = value as { readonly $ref?: string };
  const own = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, namedOnce(item)]));
  if ($ref === undefined) return own;
  return Object.keys(own).length === 0 ? { $ref } : { ...own, allOf: [{ $ref }] };
}

/** `readonly` before every list, those of objects (which span lines) included. */
function readonlyLists(source: string): string {
  const lines = source.replace(/: (\w+|\([^()]*\))\[\];/g, ': readonly $1[];').split('\n');
  lines.forEach((line, end) => {
    const [, indent] = /^( *)\}\[\];$/.exec(line) ?? [];
    if (indent === undefined) return;
    const start = lines
      .slice(0, end)
      .findLastIndex((other) => new RegExp(`^${indent}\\S.*: \\{$`).test(other));
    lines[start] = String(lines[start]).replace(/\{$/, 'readonly {');
  });
  return lines.join('\n');
}

/** Where the description names no default, it is the fixed one; a section's is made of those of its keys. */
function defaultTag(property: JsonSchema, optional: boolean): string {
  if (property.description?.includes('@default')) return '';
  if (property.$ref !== undefined) return optional ? '\n\n@default - the defaults of its keys' : '';
  if (property.default !== undefined) return `\n\n@default ${JSON.stringify(property.default)}`;
  if (property.type !== 'object' || property.required !== undefined) return '';
  return `\n\n@default - ${property.properties === undefined ? 'none' : 'the defaults of its keys'}`;
}

/** What an editor says of a text that does not fit; without it, it shows the regular expression. */
function sayExpected(schema: JsonSchema, expected: string): void {
  if (schema.pattern !== undefined) {
    Object.assign(schema, { patternErrorMessage: `Expected ${expected}.`, ...schema });
  }
  for (const part of (schema.anyOf ?? []) as JsonSchema[]) sayExpected(part, expected);
}

function clusterJsonSchema(override: (schema: JsonSchema, optional: boolean) => void): JsonSchema {
  return z.toJSONSchema(clusterSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema, zodSchema }) => {
      const schema = jsonSchema as JsonSchema;
      const expected = mendings.get(zodSchema as unknown as z.ZodType)?.expected;
      if (expected !== undefined) sayExpected(schema, expected);
      // What is filled in for a section that is left out is not a value that anyone would write.
      if (typeof schema.default === 'object' && !Array.isArray(schema.default)) delete schema.default;
      if (
        zodSchema._zod.def.type === 'optional' ||
        schema.description !== undefined ||
        schema.type !== 'object'
      )
        override(schema, zodSchema._zod.optin !== undefined);
    },
  });
}
