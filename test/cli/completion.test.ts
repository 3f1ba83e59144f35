import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../lib/cli';
import { describeWith } from '../support/requires';

const directory = mkdtempSync(join(tmpdir(), 'completion-'));
afterAll(() => rmSync(directory, { recursive: true }));
mkdirSync(join(directory, 'there'));
writeFileSync(join(directory, 'there', 'milvus.yaml'), '');
// fish asks whether there is such a command.
writeFileSync(join(directory, 'cdk8s-milvus'), '#!/bin/sh\n', { mode: 0o755 });

function scriptOf(shell: string): string {
  let text = '';
  const stdout = { write: (more: string) => (text += more) };
  const stderr = { write: (more: string) => (text += more), isTTY: false };
  expect(main(['completion', shell], { stdout, stderr, cwd: directory, env: {} })).toBe(0);
  const file = join(directory, `completion.${shell}`);
  writeFileSync(file, text);
  return file;
}

function run(shell: string, ...args: string[]): string {
  const { stdout, stderr, error } = spawnSync(shell, args, {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, HOME: directory, PATH: `${directory}:${process.env['PATH']}`, TERM: 'dumb' },
    timeout: 30_000,
  });
  expect({ stderr, error }).toEqual({ stderr: '', error: undefined });
  return stdout;
}

/** What is typed after the name of the program, and what it is completed to: the one that there is, or all. */
const TYPED: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [['sy'], ['synth']],
  [['explain', 'readonly.cache.cacheS'], ['readonly.cache.cacheSize']],
  [['explain', '--fo'], ['--format']],
  [['synth', '--qu'], ['--quiet']],
  [['synth', '--format', 'js'], ['json']],
  [['synth', '-c', 'there/m'], ['there/milvus.yaml']],
  [['completion', 'zs'], ['zsh']],
];

describeWith(['bash'], 'bash', () => {
  const complete = (words: readonly string[]) =>
    run(
      'bash',
      '-c',
      `compopt() { :; }; source "$0"; COMP_WORDS=(cdk8s-milvus "$@"); COMP_CWORD=$#; _cdk8s_milvus; printf '%s\\n' "\${COMPREPLY[@]}"`,
      scriptOf('bash'),
      ...words,
    )
      .trim()
      .split('\n');

  test.each(TYPED)('%j', (words, offered) => expect(complete(words)).toEqual(offered));
  test('every command, and the values of an option', () => {
    expect(complete([''])).toEqual(expect.arrayContaining(['synth', 'explain', 'size', '--version']));
    expect(complete(['synth', '--format', ''])).toEqual(['text', 'json']);
    expect(complete(['synth', '-o', ''])).toEqual(['there']);
  });
});

describeWith(['fish'], 'fish', () => {
  const complete = (words: readonly string[]) =>
    run(
      'fish',
      '--no-config',
      '-c',
      `source ${scriptOf('fish')}; complete -C 'cdk8s-milvus ${words.join(' ')}'`,
    )
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[0]);

  test.each(TYPED)('%j', (words, offered) => expect(complete(words)).toEqual(offered));
  test('every command, and the values of an option', () => {
    expect(complete([''])).toEqual(expect.arrayContaining(['synth', 'explain', 'size']));
    expect(complete(['synth', '--format', '']).sort()).toEqual(['json', 'text']);
    expect(complete(['synth', '-o', ''])).toEqual(['there/']);
  });
});

describeWith(['zsh'], 'zsh', () => {
  /** An interactive shell, in which the key is pressed; a widget says what then stands in the line. */
  const complete = (words: readonly string[]) => {
    const setup = `PS1=; autoload -Uz compinit; compinit -D -u; source ${scriptOf('zsh')}
tell() { print -r -- "LINE<$BUFFER>" }; zle -N tell; bindkey "^G" tell; bindkey "^I" complete-word; print READY-TO-TYPE`;
    writeFileSync(join(directory, 'setup.zsh'), setup);
    const output = run(
      'zsh',
      '-f',
      '-c',
      `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'source setup.zsh'
zpty -r -m shell ignored '*READY-TO-TYPE*'
zpty -n -w shell $'cdk8s-milvus '"$0"$'\\t\\C-g'
zpty -r -m shell line '*LINE<*>*'
print -r -- $line
zpty -d shell`,
      words.join(' '),
    );
    return /LINE<cdk8s-milvus (.*?)>/.exec(output)?.[1]?.trim().split(' ').at(-1);
  };

  test.each(TYPED)('%j', (words, [offered]) => expect(complete(words)).toBe(offered));
});

test('another shell, or none', () => {
  for (const args of [['completion'], ['completion', 'tcsh'], ['completion', 'bash', 'zsh']]) {
    let text = '';
    const stream = { write: (more: string) => (text += more), isTTY: false };
    expect(main(args, { stdout: stream, stderr: stream, cwd: directory, env: {} })).toBe(2);
    expect(text).toContain('which shell? One of bash, zsh, fish');
  }
});
