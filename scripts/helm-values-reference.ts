import { CHART_VALUES, type ChartValue } from '../lib/helm';

const BECOMES: Readonly<Record<ChartValue['becomes'], string>> = {
  mapped: '',
  replaced: 'replaced',
  refused: 'refused',
  dropped: 'dropped',
};

const HEAD = `<!-- Generated from the table in lib/helm/values.ts by \`npm run generate\`; do not edit. -->

# Values of the Helm chart

Every value that chart milvus 1.1.6 and its subchart mysql 1.6.4 understand, and what
\`npm run from-helm\` (or \`fromHelmValues()\`) makes of it. Values that you gave are taken over. Values that you left out take the default of this project,
which is not always the chart's: [what is different, and why](differences-from-the-chart.md).

- *replaced*: this project does the same in another way. *dropped*: there is nothing here that it could configure. The command reports both,
  and goes on.
- *refused*: it can not be taken over. The command says why, and stops.
- Any other value is unknown to the chart. It is an error here; Helm ignores it silently.

| value | the chart's default | becomes | |
| --- | --- | --- | --- |
`;

/** docs/reference/helm-values.md */
export function helmValuesReference(): string {
  const rows = CHART_VALUES.map(({ path, default: fallback, becomes, to, why = '' }) => {
    const target = to.length > 0 ? to.map(code).join(', ') : `*${BECOMES[becomes]}*`;
    return `| ${code(path)} | ${fallback === '' ? '' : escaped(fallback)} | ${target} | ${escaped(sentence(why))} |`;
  });
  return `${HEAD}${rows.join('\n')}\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/** Reasons are phrases in reports, and sentences here. */
function sentence(text: string): string {
  if (text === '') return '';
  const capital = `${text[0]?.toUpperCase()}${text.slice(1)}`;
  return capital.endsWith('.') ? capital : `${capital}.`;
}
