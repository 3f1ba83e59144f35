import { autocompletion, startCompletion } from '@codemirror/autocomplete';
import { yaml, yamlLanguage } from '@codemirror/lang-yaml';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { oneDark } from '@codemirror/theme-one-dark';
import { EditorView, keymap } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { formatProblem, type Problem } from '../../lib/config/problems';
import { complete, descriptions } from './completion';
import { draw, EXAMPLES, exampleText, type Outcome, run } from './library';
import { fragmentOf, textOfFragment } from './link';

const element = <T extends HTMLElement>(id: string): T => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as T;
};
const problemList = element('problems');
const status = element('status');
const fileChoice = element<HTMLSelectElement>('file');
const picture = element<HTMLImageElement>('picture');
const next = element('next');

// The same choice of light and dark as in the documents, which keep it in this place.
const system = matchMedia('(prefers-color-scheme: dark)');
function isDark(): boolean {
  try {
    const chosen = localStorage.getItem('vitepress-theme-appearance') ?? 'auto';
    return chosen === 'auto' ? system.matches : chosen === 'dark';
  } catch {
    return system.matches;
  }
}
const theme = new Compartment();
function themed(): Extension {
  document.documentElement.classList.toggle('dark', isDark());
  return isDark() ? oneDark : [];
}

const manifests = new EditorView({
  parent: element('manifest'),
  extensions: [basicSetup, yaml(), EditorState.readOnly.of(true), theme.of(themed())],
});
manifests.contentDOM.setAttribute('aria-label', 'a manifest');

const editor = new EditorView({
  parent: element('editor'),
  extensions: [
    basicSetup,
    yaml(),
    lintGutter(),
    autocompletion(),
    yamlLanguage.data.of({ autocomplete: complete }),
    descriptions,
    keymap.of([{ key: 'Mod-i', run: startCompletion }]),
    theme.of(themed()),
    EditorView.updateListener.of(({ docChanged }) => {
      if (docChanged) later();
    }),
  ],
});
editor.contentDOM.setAttribute('aria-label', 'milvus.yaml');
system.addEventListener('change', () => {
  for (const view of [editor, manifests]) view.dispatch({ effects: theme.reconfigure(themed()) });
});

function replace(view: EditorView, text: string): void {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, scrollIntoView: true });
}

/** The word that a problem is about, or the end of the file. */
function diagnosticOf(problem: Problem): Diagnostic {
  const { doc } = editor.state;
  const { line: number = 1, column = 1 } = problem.at ?? {};
  const line = doc.line(Math.min(number, doc.lines));
  const from = Math.min(line.from + column - 1, line.to);
  const [word = ''] = /^[^\s#]*/.exec(doc.sliceString(from, line.to)) ?? [];
  // Its place is where it is shown.
  const message = formatProblem({ ...problem, at: undefined });
  return { from, to: from + word.length, severity: 'error', message };
}

function showProblems(problems: readonly Problem[]): void {
  const diagnostics = problems.map(diagnosticOf);
  editor.dispatch(
    setDiagnostics(
      editor.state,
      [...diagnostics].sort((a, b) => a.from - b.from),
    ),
  );
  problemList.replaceChildren(
    ...problems.map(({ at }, index) => {
      const { from = 0, message = '' } = diagnostics[index] ?? {};
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = `${at === undefined ? '' : `${at.line}:${at.column} `}${message}`;
      button.addEventListener('click', () => {
        editor.dispatch({ selection: { anchor: from }, scrollIntoView: true });
        editor.focus();
      });
      const item = document.createElement('li');
      item.append(button);
      return item;
    }),
  );
}

let written: ReadonlyMap<string, string> = new Map();
function showFile(): void {
  replace(manifests, written.get(fileChoice.value) ?? '');
}

/** As an image, in which nothing of the configuration can become a script. */
let drawn = 0;
async function showPicture(): Promise<void> {
  const current = ++drawn;
  const [manifest = ''] = [...written].find(([file]) => file === fileChoice.value && isManifest(file)) ??
    [...written].find(([file]) => isManifest(file)) ?? [''];
  const svg = await draw(written.get(manifest) ?? '');
  if (current !== drawn) return;
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
}
/** Neither scripts nor Jobs. */
const isManifest = (file: string) =>
  /\.k8s\.yaml$/.test(file) && !/-scripts\.k8s\.yaml$|(^|\/)jobs\//.test(file);

function outcomeOf(text: string): Outcome {
  try {
    return run(text);
  } catch (error) {
    document.body.classList.add('failed');
    status.textContent = `This is a fault of the program, not of your file: ${error}`;
    throw error;
  }
}

function update(): void {
  const started = performance.now();
  const text = editor.state.doc.toString();
  const outcome = outcomeOf(text);
  const milliseconds = Math.round(performance.now() - started);
  const failed = outcome.problems !== undefined;
  document.body.classList.toggle('failed', failed);
  showProblems(outcome.problems ?? []);
  if (failed) {
    const { length } = outcome.problems;
    status.textContent = `${length} ${length === 1 ? 'problem' : 'problems'}; on the right is what the last right one gives.`;
    return;
  }
  written = outcome.files;
  status.textContent = `${written.size} files, made in ${milliseconds} ms`;
  next.textContent = outcome.summary;
  const chosen = written.has(fileChoice.value) ? fileChoice.value : [...written.keys()].find(isManifest);
  fileChoice.replaceChildren(...[...written.keys()].map((file) => new Option(`dist/${file}`, file)));
  fileChoice.value = chosen ?? '';
  showFile();
  void showPicture();
}

const QUIET_MILLISECONDS = 150;
let timer: ReturnType<typeof setTimeout> | undefined;
function later(): void {
  clearTimeout(timer);
  timer = setTimeout(update, QUIET_MILLISECONDS);
}

const exampleChoice = element<HTMLSelectElement>('example');
for (const file of EXAMPLES)
  exampleChoice.append(new Option(file.replace(/^examples\/|\/milvus\.yaml$/g, ''), file));
exampleChoice.addEventListener('change', () => {
  load(exampleText(exampleChoice.value));
  history.replaceState(null, '', location.pathname);
});
fileChoice.addEventListener('change', () => {
  showFile();
  void showPicture();
});

const tabs = [...document.querySelectorAll<HTMLButtonElement>('[role=tab]')];
function select(tab: HTMLButtonElement): void {
  for (const one of tabs) {
    const selected = one === tab;
    one.setAttribute('aria-selected', String(selected));
    one.tabIndex = selected ? 0 : -1;
    element(one.getAttribute('aria-controls') ?? '').hidden = !selected;
  }
}
for (const [index, tab] of tabs.entries()) {
  tab.addEventListener('click', () => select(tab));
  tab.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    const other = step === undefined ? undefined : tabs.at((index + step) % tabs.length);
    if (other === undefined) return;
    select(other);
    other.focus();
  });
}

element('link').addEventListener('click', async () => {
  history.replaceState(null, '', await fragmentOf(editor.state.doc.toString()));
  try {
    await navigator.clipboard.writeText(location.href);
    status.textContent = 'The link is copied. It carries milvus.yaml in itself.';
  } catch {
    status.textContent = 'The link is in the address bar. It carries milvus.yaml in itself.';
  }
});

/** Shows a text that was not typed, and what comes of it, at once. */
function load(text: string): void {
  replace(editor, text);
  clearTimeout(timer);
  update();
}

async function start(): Promise<void> {
  try {
    load((await textOfFragment(location.hash)) ?? exampleText('milvus.yaml'));
  } catch {
    load(exampleText('milvus.yaml'));
    status.textContent = 'The link is damaged: this is the example instead.';
  }
}
addEventListener('hashchange', () => void start());
void start().finally(() => document.body.classList.add('ready'));
