import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from './project';

export interface Document {
  /** Its path from the top of the project. */
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** Every document of the project. */
export const documents: readonly Document[] = ['.', 'docs', 'examples']
  .flatMap((directory) =>
    readdirSync(join(ROOT, directory), { recursive: directory !== '.' })
      .map(String)
      .map((file) => join(ROOT, directory, file)),
  )
  .filter((file) => file.endsWith('.md'))
  .sort()
  .map((file) => ({ name: relative(ROOT, file), file, text: readFileSync(file, 'utf8') }));

export function documentOf(name: string): Document {
  const found = documents.find((document) => document.name === name);
  if (found === undefined) throw new Error(`there is no document ${name}`);
  return found;
}

const BLOCK = /^( *)```(\w*)\n([\s\S]*?)^ *```$/gm;

/** What stands in blocks of a language. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(BLOCK)]
    .filter(([, , found]) => found === language)
    .map(([, indent = '', , body = '']) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
}

/** Everything but the blocks. */
export function prose(text: string): string {
  return text.replaceAll(BLOCK, '');
}

/** What stands between single backticks, on one line. */
export function inlineCode(text: string): string[] {
  return [...prose(text).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' '));
}

/** From this line on, the commands of a block are for somebody who has a cluster. */
const MARK = /^# (needs the cluster|需要访问集群)$/m;

export interface Shell {
  /** Commands that run anywhere, as they stand. */
  readonly anywhere: string;
  /** Those that come after the mark. */
  readonly withCluster: string;
}

/** The blocks of commands, each parted at the mark. */
export function shellBlocks(text: string): Shell[] {
  return blocks(text, 'sh').map((block) => {
    const [anywhere = '', ...withCluster] = block.split(new RegExp(MARK, 'm')).filter((_, i) => i % 2 === 0);
    return { anywhere: anywhere.trim(), withCluster: withCluster.join('').trim() };
  });
}

/** The commands of a text, each on one line, without comments. */
export function commandsIn(shell: string): string[] {
  return shell
    .replace(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s+)#.*$/, '').trim())
    .filter((line) => line !== '');
}
