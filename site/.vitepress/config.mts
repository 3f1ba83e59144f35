import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DefaultTheme, defineConfig } from 'vitepress';

const SITE = dirname(import.meta.dirname);
const ROOT = dirname(SITE);

/** The sidebar is the index of the documents: its sections, and the links that its lines begin with. */
function sidebar(): DefaultTheme.SidebarItem[] {
  const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
  const [, ...sections] = index.split(/^## /m);
  return sections.map((section) => ({
    text: section.split('\n', 1)[0],
    items: [...section.matchAll(/^- \[(.+?)\]\((.+?)\.md\)/gm)].map(([, text, path]) => ({
      text,
      link: `/${join('docs', path ?? '')}`,
    })),
  }));
}

/** The build puts in its place what the page is under: see build.mjs. */
const base = process.env['SITE_BASE'] ?? '/';

export default defineConfig({
  title: 'cdk8s-milvus',
  description: 'Milvus 1.1.1 on Kubernetes with S3 storage: typed configuration in, plain manifests out',
  lang: 'en',
  // The documents stay where GitHub shows them, with the same links between them.
  srcDir: ROOT,
  srcExclude: ['**/node_modules/**', '{test,lib,bench,scripts,assets,imports,dist,build}/**', '.*/**'],
  rewrites: { 'site/index.md': 'index.md' },
  outDir: join(SITE, 'dist'),
  cacheDir: join(SITE, '.cache/vitepress'),
  base,
  head: [['link', { rel: 'icon', href: `${base}icon.svg` }]],
  // A relative link is to a file, on every host.
  cleanUrls: false,
  vite: {
    publicDir: join(SITE, '.cache/public'),
    plugins: [
      {
        // The documents lie where the packages of this directory are not found.
        name: 'packages-of-the-site',
        enforce: 'pre',
        resolveId(source, importer, options) {
          if (!/^vue(\/|$)/.test(source) || importer === undefined || importer.startsWith(SITE)) return null;
          return this.resolve(source, join(SITE, 'index.md'), { ...options, skipSelf: true });
        },
      },
    ],
    build: { chunkSizeWarningLimit: 2000 },
    server: { fs: { allow: [ROOT] } },
  },
  markdown: {
    config(markdown) {
      const normal = markdown.renderer.rules.link_open;
      markdown.renderer.rules.link_open = (tokens, index, options, env, self) => {
        const href = tokens[index]?.attrGet('href') ?? '';
        // GitHub shows the README of a directory.
        const target = join(dirname(env.path ?? ROOT), href);
        if (/^[\w./-]+$/.test(href) && existsSync(target) && statSync(target).isDirectory())
          tokens[index]?.attrSet('href', `${href.replace(/\/$/, '')}/README.md`);
        return normal?.(tokens, index, options, env, self) ?? self.renderToken(tokens, index, options);
      };
    },
  },
  themeConfig: {
    nav: [
      { text: 'First steps', link: '/README' },
      { text: 'Documents', link: '/docs/README' },
      { text: 'Configuration', link: '/docs/reference/configuration' },
      { text: 'Playground', link: '/playground/index.html', target: '_self' },
      { text: '中文', link: '/README.zh-CN' },
    ],
    sidebar: sidebar(),
    outline: { level: [2, 3] },
    search: { provider: 'local', options: { detailedView: true } },
    ...(process.env['GITHUB_REPOSITORY']
      ? { socialLinks: [{ icon: 'github', link: `https://github.com/${process.env['GITHUB_REPOSITORY']}` }] }
      : {}),
  },
});
