import { clusterJsonSchema, type JsonSchema, wordsOf } from '../lib/config/keys';

const HEAD = `<!-- Generated from the schema in lib/config/schema by \`npm run generate\`; do not edit. -->

# The configuration

Every key of \`milvus.yaml\`, with its default. Your editor shows the same while you type, from \`milvus.schema.json\`. \`name\` is always required. A cluster
also needs \`s3.address\` and \`s3.bucket\`, or \`storage.persistence.enabled\`.

- Sizes for Milvus (caches, buffers, log files) can have its units (\`4GB\`, 1024-based) or those of Kubernetes (\`4Gi\`). Sizes for Kubernetes (memory, volumes) have those of Kubernetes.
- \`\${env:NAME}\` and \`\${env:NAME:-default}\` in any value read the environment.
- \`extends: ./base.yaml\` merges this file over another one; \`key: null\` removes a key of the base.
- Each YAML document is a cluster.
`;

/** docs/reference/configuration.md */
export function configurationReference(): string {
  const schema = clusterJsonSchema();
  const definitions = (schema.$defs ?? {}) as Record<string, JsonSchema>;
  const { plain, sections } = split(schema);
  return [
    HEAD,
    '## At the top\n',
    table(plain.flatMap(([key, value]) => rows(key, value))),
    ...sections.flatMap(([key, value]) => [
      `\n## ${key}\n`,
      `${prose(value.description ?? '')}\n`,
      table(rows(key, value).slice(1)),
    ]),
    '\n## Shared kinds\n',
    ...Object.entries(definitions).flatMap(([name, value]) => [
      `### ${name}\n`,
      `${prose(value.description ?? '')}\n`,
      `${table(properties(value).flatMap(([key, child]) => rows(key, child)))}\n`,
    ]),
  ].join('\n');
}

type Property = readonly [key: string, schema: JsonSchema];

function properties(schema: JsonSchema): readonly Property[] {
  return Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
}

function split(schema: JsonSchema): {
  readonly plain: readonly Property[];
  readonly sections: readonly Property[];
} {
  const isSection = ([, value]: Property) => properties(value).length > 0;
  return {
    plain: properties(schema).filter((property) => !isSection(property)),
    sections: properties(schema).filter(isSection),
  };
}

interface Row {
  readonly path: string;
  readonly fallback: string;
  readonly description: string;
}

function rows(path: string, schema: JsonSchema): Row[] {
  const own: Row = { path, ...wordsOf(schema) };
  return [own, ...properties(schema).flatMap(([key, child]) => rows(`${path}.${key}`, child))];
}

function table(list: readonly Row[]): string {
  const lines = list.map(
    ({ path, fallback, description }) => `| \`${path}\` | ${cell(fallback)} | ${cell(description)} |`,
  );
  return ['| key | default | |', '| --- | --- | --- |', ...lines].join('\n');
}

function prose(text: string): string {
  return outsideCode(wordsOf({ description: text }).description);
}

/** Without what Markdown would take for HTML; between backticks it takes nothing. */
function outsideCode(text: string): string {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part.replaceAll('<', '\\<') : part))
    .join('`');
}

function cell(text: string): string {
  return outsideCode(text.replaceAll('|', '\\|')).replace(/\s+/g, ' ').trim();
}
