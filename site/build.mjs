/**
 * Builds the web page into dist/: the documents by VitePress, beside them the playground. Every link in it is relative,
 * so that it can lie anywhere. With --dev: serves it, and builds anew what changes.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import * as vitepress from 'vitepress';

const SITE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(SITE);
const DIST = join(SITE, 'dist');
/** What VitePress takes along as it is. */
const PUBLIC = join(SITE, '.cache/public');

/** VitePress wants to know at build time what the page is under. It is told this, which every page then works out. */
const BASE = '/__base__/';
/** @type {Record<string, (text: string, up: string) => string>} by the end of a file's name; `up` leads to the top */
const RELOCATE = {
  '.html': (text, up) =>
    text
      .replace(
        '<head>',
        `<head>\n    <script>__BASE__ = new URL(${JSON.stringify(up)}, location.href).pathname</script>`,
      )
      // Links that stay when another page is shown in the place of this one.
      .replace(
        '</body>',
        '<script>for (const a of document.querySelectorAll(\'a[href^="."], link[rel=icon]\')) a.href = a.href</script>\n  </body>',
      )
      // With the name of the file, for pages that are opened without a host.
      .replaceAll(`href="${BASE}"`, `href="${up}index.html"`)
      .replaceAll(`="${BASE}`, `="${up}`)
      .replaceAll(`"base\\":\\"${BASE}\\"`, '"base\\":\\""+__BASE__+"\\"'),
  '.css': (text, up) => text.replaceAll(`url(${BASE}`, `url(${up}`),
  // The index of the search is JSON in a text of JavaScript.
  '.js': (text) =>
    text.startsWith("const e='{")
      ? text.replaceAll(BASE, "'+__BASE__+'")
      : text.replaceAll(`"${BASE}"`, '(__BASE__)').replaceAll(`"${BASE}`, '__BASE__+"'),
};

/** What the library reads from disk, and what a reader may start from. */
const projectFiles = {
  name: 'project-files',
  setup({ onResolve, onLoad }) {
    const filter = /^virtual:project-files$/;
    onResolve({ filter }, ({ path }) => ({ path, namespace: 'project' }));
    onLoad({ filter, namespace: 'project' }, () => {
      const names = [
        'milvus.yaml',
        ...readdirSync(join(ROOT, 'examples')).map((name) => `examples/${name}/milvus.yaml`),
        ...readdirSync(join(ROOT, 'assets'), { recursive: true }).map((name) => `assets/${name}`),
      ];
      const texts = names.flatMap((name) => {
        try {
          return [[name, readFileSync(join(ROOT, name), 'utf8')]];
        } catch (error) {
          if (['EISDIR', 'ENOENT', 'ENOTDIR'].includes(error.code)) return [];
          throw error;
        }
      });
      const watchFiles = texts.map(([name]) => join(ROOT, name));
      return { contents: `export const files = ${JSON.stringify(Object.fromEntries(texts))}`, watchFiles };
    });
  },
};

/** In the place of Node's modules. */
const standIns = {
  name: 'stand-ins',
  setup({ onResolve }) {
    onResolve({ filter: /^(node:)?path$/ }, () => ({
      path: join(SITE, 'node_modules/path-browserify/index.js'),
    }));
    onResolve(
      { filter: /^(node:)?(buffer|fs|crypto|util|util\/types|os|url|child_process|worker_threads)$/ },
      () => ({
        path: join(SITE, 'playground/node.ts'),
      }),
    );
  },
};

const playground = await esbuild.context({
  absWorkingDir: SITE,
  entryPoints: [
    ...['playground/main.ts', 'playground/main.css', 'playground/index.html', 'icon.svg'].map((file) => ({
      in: file,
      out: file.replace(/\.\w+$/, ''),
    })),
    { in: '../docs/images/cluster.svg', out: 'cluster' },
  ],
  loader: { '.html': 'copy', '.svg': 'copy' },
  bundle: true,
  // No module: browsers do not load those from a file.
  format: 'iife',
  target: 'es2022',
  minify: true,
  legalComments: 'linked',
  outdir: PUBLIC,
  define: {
    __dirname: '"/"',
    __filename: '"/main.js"',
    global: 'globalThis',
    SharedArrayBuffer: 'ArrayBuffer',
  },
  inject: ['playground/globals.ts'],
  plugins: [projectFiles, standIns],
  logLevel: 'warning',
});

if (process.argv.includes('--dev')) {
  await playground.watch();
  const server = await vitepress.createServer(SITE);
  await server.listen();
  server.printUrls();
} else {
  await playground.rebuild();
  await playground.dispose();
  process.env['SITE_BASE'] = BASE;
  await vitepress.build(SITE);
  // It would be shown under addresses of any depth, from where nothing relative leads anywhere: the host has one.
  rmSync(join(DIST, '404.html'));
  for (const name of readdirSync(DIST, { recursive: true })) {
    const relocate = RELOCATE[extname(name)];
    const built = relocate === undefined ? '' : readFileSync(join(DIST, name), 'utf8');
    if (relocate === undefined || !built.includes(BASE)) continue;
    const text = relocate(built, relative(dirname(name), '.').replace(/$/, '/').replace(/^\/$/, './'));
    if (text.includes(BASE)) throw new Error(`dist/${name} has a link that is not relative`);
    writeFileSync(join(DIST, name), text);
  }
}
