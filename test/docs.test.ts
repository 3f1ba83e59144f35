import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { parse, parseAllDocuments } from 'yaml';
import * as library from '../lib';
import { fromHelm, loadClusters } from '../lib';
import { check } from '../lib/config';
import { clusterSchema } from '../lib/config/schema';
import { clusterGraph } from '../scripts/cluster-graph';
import {
  clusterOf,
  everyOption,
  everyOptionRestored,
  manifestsOf,
  minimal,
  sourceScenario,
  yamlOf,
} from './support/clusters';
import {
  blocks,
  commandsIn,
  documentOf,
  documents,
  inlineCode,
  prose,
  shellBlocks,
} from './support/documents';
import { at, records } from './support/manifests';
import { ROOT } from './support/project';

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

test('there are documents', () => {
  expect(documents.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['README.md', 'docs/how-to/alerts.md', 'examples/gpu/README.md']),
  );
});

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** The anchors of a document, in their order: of its headings, and those that it sets itself. */
const anchors = (text: string): string[] =>
  [...prose(text).matchAll(/^(?:#+ (.*)|<a id="([^"]+)"><\/a>)$/gm)].map(
    ([, heading, id]) => id ?? anchorOf(heading ?? ''),
  );

describe.each(documents)('$name', ({ file, text }) => {
  test('its links lead somewhere', () => {
    const words = prose(text).replace(/`[^`\n]*`/g, '');
    for (const [, link = ''] of words.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? file : join(dirname(file), path);
      expect({ link, exists: existsSync(target) }).toEqual({ link, exists: true });
      if (anchor !== undefined)
        expect({ link, anchors: anchors(readFileSync(target, 'utf8')) }).toEqual({
          link,
          anchors: expect.arrayContaining([anchor]),
        });
    }
  });

  test('the npm scripts that it names exist', () => {
    for (const [, script = ''] of text.matchAll(/npm run (?:--silent |-s )?([a-z][\w:-]*)/g))
      expect(Object.keys(scripts)).toContain(script);
  });

  test('its from-helm commands give a configuration', () => {
    const found = blocks(text, 'sh')
      .flatMap(commandsIn)
      .filter((command) => command.includes('from-helm --'))
      .map(
        (command) =>
          command
            .split('from-helm -- ')[1]
            ?.replace(/ --write \S+/, '')
            .split(/\s+/) ?? [],
      );
    for (const args of found) {
      const { exitCode, stderr } = fromHelm(args, (path) =>
        readFileSync(
          join(ROOT, path.startsWith('examples/') ? path : 'examples/migrated-release/values.yaml'),
          'utf8',
        ),
      );
      expect({ args, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({
        args,
        exitCode: 0,
        stderr: '',
      });
    }
  });

  test('the configurations that it synthesizes can be loaded', () => {
    for (const [, config = ''] of text.matchAll(/MILVUS_CONFIG=(examples\/\S+)/g)) {
      expect(loadClusters({ config, cwd: ROOT, env: {} }).length).toBeGreaterThan(0);
    }
  });

  test('its pieces of configuration are right', () => {
    const keys = Object.keys(clusterSchema.shape);
    for (const block of blocks(text, 'yaml')) {
      expect(parseAllDocuments(block).flatMap(({ errors }) => errors)).toEqual([]);
      const piece = parse(block) as Record<string, unknown>;
      if (!Object.keys(piece ?? {}).every((key) => keys.includes(key))) continue;
      const { problems = [] } = check({
        ...minimal,
        ...piece,
        s3: { ...minimal.s3, ...(piece['s3'] as object) },
      });
      expect(problems).toEqual([]);
    }
  });
});

const gibibytes = (quantity: unknown): number =>
  Number.parseInt(String(quantity), 10) / (String(quantity).endsWith('Mi') ? 1024 : 1);

/** The memory that each pod of a cluster requests, in GiB. */
const memoryOf = (config: Parameters<typeof manifestsOf>[0]): Record<string, number> =>
  Object.fromEntries(
    manifestsOf(config)
      .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
      .map((manifest) => [
        manifest.metadata.name.replace(/^.*-/, ''),
        records(at(manifest, 'spec', 'template', 'spec', 'containers'))
          .map((container) => gibibytes(at(container, 'resources', 'requests', 'memory')))
          .reduce((sum, one) => sum + one),
      ]),
  );
const sum = (memory: Record<string, number>) => Object.values(memory).reduce((all, one) => all + one);

describe('sizes', () => {
  const textOf = (name: string) => documents.find((document) => document.name === name)?.text ?? '';
  const small = parse(blocks(textOf('docs/how-to/size.md'), 'yaml').at(-1) ?? '');

  test('of the cluster that the READMEs make', () => {
    const memory = memoryOf(sourceScenario);
    expect(memory).toEqual({ mysql: 1, writable: 8, readonly: 7, mishards: 0.25 });
    for (const name of ['README.md', 'README.zh-CN.md']) {
      expect(textOf(name)).toContain(`${sum(memory)} GiB`);
      expect(textOf(name)).toMatch(/8.*7.*MySQL 1.*0\.25/s);
    }
    expect(sum(memory) - sum(memoryOf({ ...sourceScenario, ...small }))).toBe(10);
  });

  test('of readers, by their cache', () => {
    const [head = '', , row = ''] = textOf('docs/how-to/size.md')
      .split('\n')
      .slice(
        textOf('docs/how-to/size.md')
          .split('\n')
          .findIndex((line) => line.startsWith('| `cacheSize` |')),
      );
    const cells = (line: string) =>
      line
        .split('|')
        .slice(2, -1)
        .map((cell) => cell.trim().split(' ')[0] ?? '');
    const memory = cells(head).map(
      (cacheSize) => `${memoryOf({ ...minimal, readonly: { cache: { cacheSize } } })['readonly']}Gi`,
    );
    expect(memory).toHaveLength(7);
    expect(cells(row)).toEqual(memory);
  });
});

test('the picture shows what there is and who talks to whom', async () => {
  const svg = await clusterGraph(
    yamlOf({ ...minimal, readonly: { replicas: 3 }, backup: { enabled: true } }),
  );
  for (const words of [
    'milvus&#45;test&#45;readonly',
    '3 pods',
    'CronJob',
    '192.168.18.13:80',
    'milvus&#45;test&#45;writable&#45;wal',
    '3306',
  ]) {
    expect(svg).toContain(words);
  }
  // Colours are those of the reader's theme, with none of its own in the way.
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg).not.toMatch(/(fill|stroke)="(?!none)/);
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('(docs/images/cluster.svg)');
});

/** How bright a colour is, and by that how well one can be told from another, as WCAG 2.2 defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[0-9a-f]{2}/g) ?? []).map((hex) => {
    const value = Number.parseInt(hex, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one: string, other: string): number {
  const [darker = 0, brighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (brighter + 0.05) / (darker + 0.05);
}

test.each(['light', 'dark'])('the picture can be read on any page in the %s theme', (theme) => {
  const svg = readFileSync(join(ROOT, 'docs/images/cluster.svg'), 'utf8');
  // Its own background is the first that is drawn.
  expect(svg).toMatch(/class="graph"[^>]*>\s*<polygon /);
  const [light = '', dark = ''] = svg.split('@media (prefers-color-scheme: dark)');
  const style = theme === 'light' ? light : dark;
  const [background = ''] = /(?<=\.graph > polygon \{ fill: )#\w{6}/.exec(style) ?? [];
  const [words = ''] = /(?<=text \{ fill: )#\w{6}/.exec(style) ?? [];
  const fills = [...style.matchAll(/fill: (#\w{6}); stroke/g)].map(([, fill = '']) => fill);
  const strokes = [...style.matchAll(/stroke: (#\w{6})/g)].map(([, stroke = '']) => stroke);
  expect(fills.length).toBeGreaterThan(4);
  expect(strokes.length).toBeGreaterThan(6);
  // The fill of an arrow has no words on it.
  for (const fill of [background, ...fills.filter((one) => !strokes.includes(one))])
    expect(contrast(words, fill)).toBeGreaterThan(7);
  for (const stroke of strokes) expect(contrast(stroke, background)).toBeGreaterThan(3);
});

describe('the Chinese page about troubleshooting', () => {
  const { text } = documentOf('docs/how-to/troubleshoot.zh-CN.md');
  const english = documentOf('docs/how-to/troubleshoot.md').text;

  test('has each section of the English one, at the same anchor and in the same order', () => {
    const set = [...text.matchAll(/^<a id="([^"]+)"><\/a>\n\n(#+) /gm)];
    expect(set.map(([, id, level]) => `${level} ${id}`)).toEqual(
      [...prose(english).matchAll(/^(#+) (.*)$/gm)].map(
        ([, level, heading = '']) => `${level} ${anchorOf(heading)}`,
      ),
    );
    expect(prose(text).match(/^#+ /gm)).toHaveLength(set.length);
  });

  test('leaves commands, options and what programs say as they are', () => {
    const codes = (page: string) => [...new Set(inlineCode(page))].sort();
    expect(codes(text)).toEqual(expect.arrayContaining(codes(english)));
    expect(shellBlocks(text).map(({ withCluster }) => commandsIn(withCluster))).toEqual(
      shellBlocks(english).map(({ withCluster }) => commandsIn(withCluster)),
    );
  });
});

test('every document is in the index of the documents, with a line of what is in it', () => {
  const index = documentOf('docs/README.md');
  const lines = [...index.text.matchAll(/^- \[[^\]]+\]\(([^)]+)\): \S.*\.$/gm)];
  const listed = [
    ...lines.map(([, path = '']) => path),
    ...(index.text.match(/(?<=\()\.\.\/README[^)]*/g) ?? []),
  ];
  const wanted = documents.filter(({ name }) => name !== 'docs/README.md' && !name.startsWith('examples/'));
  expect(listed.map((path) => join('docs', path)).sort()).toEqual(
    [...wanted.map(({ name }) => name), 'examples/README.md'].sort(),
  );
});

describe('the reference of the library', () => {
  const { text } = documentOf('docs/reference/library.md');
  const rows = [...text.matchAll(/^\| `cluster\.(\w+)` \| (\w*)[^|]*\| (.*)\|$/gm)].map(
    ([, part = '', main = '', others = '']) => ({ part, main, others: others.match(/\w+/g) ?? [] }),
  );
  const clusters = [
    everyOption('existingSecret'),
    everyOptionRestored('existingSecret'),
    { ...minimal, s3: { embedded: true, bucket: 'milvus' }, smokeTest: { schedule: '@daily' } },
    { name: 'milvus', mode: 'standalone' as const, mysql: { enabled: false } },
  ].map((config) => clusterOf(config) as unknown as Readonly<Record<string, IConstruct | undefined>>);

  test('names everything that can be imported', () => {
    for (const name of Object.keys(library)) expect(text).toContain(name);
  });

  test('has every part', () => {
    const parts = clusters.flatMap((cluster) =>
      Object.keys(cluster).filter((key) => {
        const value = cluster[key];
        return value?.node !== undefined && key !== 'node' && !ApiObject.isApiObject(value);
      }),
    );
    expect(rows.map(({ part }) => part).sort()).toEqual([...new Set(parts)].sort());
  });

  test.each(rows)('$part: the objects that it has', ({ part, main, others }) => {
    const found = clusters.flatMap((cluster) => cluster[part] ?? []);
    expect(found).not.toEqual([]);
    for (const construct of found) {
      if (main !== '') expect(ApiObject.of(construct).kind).toBe(main);
      for (const other of others) expect(construct).toHaveProperty(other);
      const objects = Object.entries(construct).flatMap(([name, value]) =>
        ApiObject.isApiObject(value) && value !== construct.node.defaultChild ? [name] : [],
      );
      expect(others).toEqual(expect.arrayContaining(objects));
    }
  });
});
