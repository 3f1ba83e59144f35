/**
 * Builds the web page into dist/: the documents by VitePress, beside them the playground. Every link in it is relative,
 * so that it can lie anywhere. With --dev: serves it, and builds anew what changes.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const SITE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(SITE);
const PLAYGROUND = join(SITE, '.cache/public/playground');

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

/** Modules of Node.js, and what a package has that a tooltip can do without: colours for code, which are megabytes. */
const standIns = {
  name: 'stand-ins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?path$/ }, () => ({ path: join(SITE, 'node_modules/path-browserify/index.js') }));
    onResolve({ filter: /^(node:)?(buffer|fs|crypto|util|util\/types|os|url|child_process|worker_threads)$/ }, () => ({
      path: join(SITE, 'playground/node.ts'),
    }));
    onResolve({ filter: /^(@shikijs|shiki)\// }, ({ path }) => ({ path, namespace: 'no-colours' }));
    onLoad({ filter: /.*/, namespace: 'no-colours' }, () => ({
      contents:
        'export const fromHighlighter = () => () => {}; export const createHighlighterCore = async () => ({}); export default {};',
    }));
  },
};

const playground = await esbuild.context({
  absWorkingDir: SITE,
  entryPoints: ['playground/main.ts', 'playground/main.css', 'playground/index.html'],
  loader: { '.html': 'copy' },
  bundle: true,
  // No module: browsers do not load those from a file.
  format: 'iife',
  target: 'es2022',
  minify: true,
  legalComments: 'linked',
  outdir: PLAYGROUND,
  define: { __dirname: '"/"', __filename: '"/main.js"', global: 'globalThis', SharedArrayBuffer: 'ArrayBuffer' },
  inject: ['playground/globals.ts'],
  plugins: [projectFiles, standIns],
  logLevel: 'warning',
});
await playground.rebuild();
await playground.dispose();

const { build } = await import('vitepress');
process.env['SITE_BASE'] = '/__base__/';
await build(SITE);
