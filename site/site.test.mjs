/**
 * The built page in headless Chromium: under a path of a host, and as files. Screenshots are left in .cache/screenshots.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { accessSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, extname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const SITE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(SITE);
const DIST = join(SITE, 'dist');
const SCREENSHOTS = join(SITE, '.cache/screenshots');

const chromium = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((file) => {
    try {
      accessSync(file);
      return true;
    } catch {
      return false;
    }
  });
if (chromium === undefined && process.env.CI === 'true')
  throw new Error('no Chromium is installed: in CI no test may be skipped');

if (!existsSync(join(DIST, 'index.html'))) throw new Error('there is no page yet: npm run site makes it');

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
/** Nothing but files, under a path that the build knew nothing of. */
const UNDER = '/some/where/';
const server = createServer(({ url }, response) => {
  const { pathname } = new URL(url, 'http://localhost');
  try {
    if (!pathname.startsWith(UNDER)) throw new Error('outside');
    const file = join(
      DIST,
      decodeURIComponent(pathname.slice(UNDER.length)).replace(/(^|\/)$/, '$1index.html'),
    );
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    response.end(readFileSync(file));
  } catch {
    response.writeHead(404).end();
  }
});

let browser;
let host;
before(async () => {
  if (chromium === undefined) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  host = `http://127.0.0.1:${server.address().port}${UNDER}`;
  // In a container there is no sandbox to be had as root.
  browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
});
after(async () => {
  server.close();
  await browser?.close();
});

/** A page, with what went wrong on it and what it asked for. */
async function open(url, { dark = false } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const wrong = [];
  const requests = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on(
    'response',
    (response) => response.status() >= 400 && wrong.push(`${response.status()} ${response.url()}`),
  );
  page.on('request', (request) => requests.push(request.url()));
  await page.setViewport({ width: 1400, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
  await page.goto(url, { waitUntil: 'load' });
  const shot = (name) => page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  const textOf = (selector) => page.$eval(selector, (element) => element.textContent);
  return { page, wrong, requests, shot, textOf, close: () => context.close() };
}

async function openPlayground(url, options) {
  const opened = await open(url, options);
  await opened.page.waitForSelector('body.ready');
  const { page } = opened;
  /** Puts the cursor into milvus.yaml and replaces all of it, as a person would by pasting. */
  const write = async (text) => {
    await page.click('#editor .cm-content');
    await page.keyboard.down('Control');
    await page.keyboard.press('a');
    await page.keyboard.up('Control');
    await page.evaluate((pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', pasted);
      const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
      document.querySelector('#editor .cm-content').dispatchEvent(event);
    }, text);
  };
  /** All of an editor, of which only what can be seen is in the page: what a person gets by copying. */
  const read = async (editor) => {
    await page.click(`${editor} .cm-content`);
    await page.keyboard.down('Control');
    await page.keyboard.press('a');
    await page.keyboard.up('Control');
    return page.evaluate((selector) => {
      const clipboardData = new DataTransfer();
      const event = new ClipboardEvent('copy', { clipboardData, bubbles: true, cancelable: true });
      document.querySelector(`${selector} .cm-content`).dispatchEvent(event);
      return clipboardData.getData('text/plain');
    }, editor);
  };
  const status = (words) =>
    page.waitForFunction(
      (expected) => document.getElementById('status').textContent.includes(expected),
      {},
      words,
    );
  return { ...opened, write, read, status };
}

const WRONG =
  'name: milvus-test\ns3:\n  address: https://rgw:443\n  bucket: milvus-test\nreadonly:\n  replica: 2\n';

describe('the page', { skip: chromium === undefined && 'no Chromium is installed' }, () => {
  test('documents: from the home page, by links and by search, under any path', async () => {
    const { page, wrong, requests, shot, textOf, close } = await open(host);
    assert.match(await textOf('h1'), /Milvus 1\.1\.1 on Kubernetes/);
    await shot('home');
    await page.click('.VPHero .action a');
    await page.waitForFunction(() => document.querySelector('main h1')?.textContent.includes('cdk8s-milvus'));
    assert.equal(page.url(), `${host}README.html`);
    await page.waitForFunction(() => document.querySelector('img[src*=cluster]')?.naturalWidth > 100);
    await shot('readme');

    await page.click('.VPNavBarSearch button');
    await page.waitForSelector('#localsearch-input');
    await page.type('#localsearch-input', 'readonly.cache.cacheSize');
    const result = await page.waitForSelector(
      '.VPLocalSearchBox .results a[href*="reference/configuration"]',
    );
    await shot('search');
    await result.click();
    await page.waitForFunction(() =>
      document.querySelector('main h1')?.textContent.includes('The configuration'),
    );
    assert.ok(page.url().startsWith(`${host}docs/reference/configuration.html`));
    await shot('reference');
    await page.reload({ waitUntil: 'networkidle0' });
    assert.match(await textOf('main h1'), /The configuration/);
    for (const [words, address, heading] of [
      ['Documents', 'docs/README.html', 'The documents'],
      ['First steps', 'README.html', 'cdk8s-milvus'],
      ['Documents', 'docs/README.html', 'The documents'],
    ]) {
      await page.click(`.VPNavBarMenu ::-p-text(${words})`);
      await page.waitForFunction(
        (text) => document.querySelector('main h1')?.textContent.includes(text),
        {},
        heading,
      );
      assert.equal(page.url(), host + address);
    }
    await Promise.all([page.waitForNavigation(), page.click('.VPNavBarMenu ::-p-text(Playground)')]);
    assert.equal(page.url(), `${host}playground/index.html`);
    await page.waitForSelector('body.ready');

    assert.deepEqual(wrong, []);
    assert.deepEqual(
      requests.filter((url) => !url.startsWith(host) && !/^(blob|data):/.test(url)),
      [],
    );
    await close();
  });

  test('every link and picture of every document is there', () => {
    const missing = readdirSync(DIST, { recursive: true })
      .filter((name) => name.endsWith('.html'))
      .flatMap((name) => {
        const html = readFileSync(join(DIST, name), 'utf8');
        const links = [...html.matchAll(/ (?:href|src)="([^"#?]+)[^"]*"/g)].map(([, link]) => link);
        assert.ok(links.length > 2, name);
        return links
          .filter((link) => !/^(https?|mailto|data):/.test(link))
          .filter((link) => {
            const target = fileURLToPath(new URL(link, pathToFileURL(join(DIST, name))));
            try {
              readFileSync(target);
              return !target.startsWith(DIST);
            } catch {
              return true;
            }
          })
          .map((link) => `${name}: ${link}`);
      });
    assert.deepEqual(missing, []);
  });

  test('the playground gives, byte by byte, what npm run synth gives', async () => {
    const { page, wrong, read, close } = await openPlayground(`${host}playground/index.html`);
    const directory = mkdtempSync(join(tmpdir(), 'site-'));
    const examples = await page.$$eval('#example option', (options) => options.map(({ value }) => value));
    assert.ok(examples.includes('milvus.yaml') && examples.length > 5);
    for (const example of examples) {
      const outdir = join(directory, example.replaceAll('/', '-'));
      const { status, stderr } = spawnSync('node', [join(ROOT, 'synth.js'), '-c', example, '-o', outdir], {
        cwd: ROOT,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      await page.select('#example', example);
      const [manifest] = readdirSync(outdir).filter((file) => /(?<!-scripts)\.k8s\.yaml$/.test(file));
      await page.waitForFunction((file) => document.getElementById('file').value === file, {}, manifest);
      const expected = readdirSync(outdir, { recursive: true }).filter((file) =>
        /yaml$|Kustomization$/.test(file),
      );
      const files = await page.$$eval('#file option', (options) => options.map(({ value }) => value));
      assert.deepEqual(files.toSorted(), expected.toSorted());
      for (const file of files) {
        await page.select('#file', file);
        assert.equal(
          await read('#manifest'),
          readFileSync(join(outdir, file), 'utf8'),
          `${example}: ${file}`,
        );
      }
      await page.select('#file', manifest);
    }
    rmSync(directory, { recursive: true });
    assert.deepEqual(wrong, []);
    await close();
  });

  test('problems are at their lines, in the words of npm run synth, and go when they are mended', async () => {
    const { page, wrong, requests, shot, write, status, textOf, close } = await openPlayground(
      `${host}playground/index.html`,
    );
    const before = requests.length;
    await write(WRONG);
    await status('2 problems');
    const problems = await page.$$eval('#problems li', (items) =>
      items.map(({ textContent }) => textContent),
    );
    assert.match(
      problems[0],
      /^3:12 s3\.address: given "https:\/\/rgw:443"; expected a host name or IPv4 address/,
    );
    assert.match(problems[1], /^6:12 readonly\.replica: .*did you mean "replicas"\?/);
    const marked = await page.$$eval('#editor .cm-lintRange-error', (marks) =>
      marks.map(({ textContent }) => textContent),
    );
    assert.deepEqual(marked, ['https://rgw:443', '2']);
    assert.equal((await page.$$('#editor .cm-lint-marker-error')).length, 2);
    await shot('problems');
    await page.click('#problems li:nth-child(2) button');
    const line = await page.evaluate(
      () => getSelection().anchorNode.parentElement.closest('.cm-line').textContent,
    );
    assert.equal(line, '  replica: 2');

    await write('name: [');
    await page.waitForFunction(() => document.querySelector('#problems li')?.textContent.startsWith('1:'));
    await write('');
    await page.waitForFunction(() =>
      document.querySelector('#problems li')?.textContent.includes('an empty file'),
    );
    await write(WRONG.replace('https://rgw:443', 'rgw').replace('replica:', 'replicas:'));
    await status('files, made in');
    assert.equal(await textOf('#problems'), '');
    // What a person types, and what comes out of it, stays on the page.
    assert.deepEqual(
      requests.slice(before).filter((url) => !/^(blob|data):/.test(url)),
      [],
    );
    assert.deepEqual(wrong, []);
    await close();
  });

  test('keys are completed and described', async () => {
    const { page, wrong, shot, write, close } = await openPlayground(`${host}playground/index.html`);
    await write('name: milvus\ns3:\n  address: rgw\n  bucket: vectors\nreadonly:\n  ');
    await page.keyboard.type('repl');
    await page.waitForSelector('.cm-tooltip-autocomplete');
    const offered = await page.$$eval('.cm-tooltip-autocomplete .cm-completionLabel', (labels) =>
      labels.map(({ textContent }) => textContent),
    );
    assert.deepEqual(offered, ['replicas']);
    await shot('completion');
    await page.keyboard.press('Escape');
    const address = await page.evaluate(() => {
      const found = [...document.querySelectorAll('#editor .cm-line')].find((one) =>
        one.textContent.includes('bucket'),
      );
      const { x, y, height } = found.getBoundingClientRect();
      return { x: x + 40, y: y + height / 2 };
    });
    await page.mouse.move(address.x, address.y);
    await page.waitForFunction(() =>
      /bucket/i.test(document.querySelector('.cm-tooltip-hover')?.textContent ?? ''),
    );
    await shot('hover');
    assert.deepEqual(wrong, []);
    await close();
  });

  for (const dark of [false, true])
    test(`the picture, on a ${dark ? 'dark' : 'light'} page`, async () => {
      const { page, wrong, shot, textOf, close } = await openPlayground(`${host}playground/index.html`, {
        dark,
      });
      await page.click('#tab-picture');
      await page.waitForFunction(() => document.getElementById('picture').naturalWidth > 300);
      assert.equal(await page.$eval('html', (html) => html.classList.contains('dark')), dark);
      await shot(`picture-${dark ? 'dark' : 'light'}`);
      await page.click('#tab-next');
      assert.match(await textOf('#next'), /kubectl apply -f dist\n/);
      assert.deepEqual(wrong, []);
      await close();
    });

  test('a link carries the configuration, in the part that no server gets', async () => {
    const first = await openPlayground(`${host}playground/index.html`);
    const text = 'name: 向量\ns3: { address: rgw, bucket: vectors }\n';
    await first.write(text);
    await first.status('1 problem');
    await first.page.click('#link');
    await first.status('The link is');
    const link = first.page.url();
    assert.match(link, /index\.html#yaml=[\w-]+$/);
    await first.close();

    const second = await openPlayground(link);
    assert.equal(await second.read('#editor'), text);
    assert.equal(
      second.requests.some((url) => url.includes('yaml=') && !url.includes('#')),
      false,
    );
    assert.deepEqual(second.wrong, []);
    await second.close();

    const damaged = await openPlayground(`${link.slice(0, -20)}`);
    await damaged.status('The link is damaged');
    await damaged.close();
  });

  test('as files, without a host: the playground whole, the documents without search', async () => {
    const playground = await openPlayground(pathToFileURL(join(DIST, 'playground/index.html')).href);
    await playground.status('files, made in');
    await playground.write(WRONG);
    await playground.status('2 problems');
    await playground.page.click('#tab-picture');
    await playground.page.waitForFunction(() => document.getElementById('picture').naturalWidth > 300);
    assert.deepEqual(playground.wrong, []);
    await playground.close();

    const { page, textOf, shot, close } = await open(pathToFileURL(join(DIST, 'index.html')).href);
    await Promise.all([page.waitForNavigation(), page.click('.VPHero .action a')]);
    assert.match(await textOf('main h1'), /cdk8s-milvus/);
    await shot('as-a-file');
    await close();
  });
});
