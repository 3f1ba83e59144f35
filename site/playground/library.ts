import { files as projectFiles } from 'virtual:project-files';
import { ConfigurationError, type Problem } from '../../lib/config/problems';
import { summary } from '../../lib/output/summary';
import { synthesize } from '../../lib/output/synthesize';
import { clusterGraph } from '../../scripts/cluster-graph';
import { files, rmSync } from './node';

/** The configurations that come with the project, by the names of their files; other files are what these need. */
export const EXAMPLES = Object.keys(projectFiles).filter((file) => /(^|\/)milvus\.yaml$/.test(file));

export function exampleText(file: string): string {
  return projectFiles[file] ?? '';
}

/** What `npm run synth` would do with a text as milvus.yaml. */
export type Outcome =
  | { readonly problems: readonly Problem[] }
  | {
      readonly problems?: undefined;
      /** The files in dist/, by their names. */
      readonly files: ReadonlyMap<string, string>;
      /** What it prints: what was written, warnings, and the commands that come next. */
      readonly summary: string;
    };

export function run(text: string): Outcome {
  rmSync('/dist');
  files.set('/milvus.yaml', text);
  try {
    const synthesis = synthesize({ config: 'milvus.yaml', cwd: '/', env: {}, outdir: 'dist' });
    const warnings = synthesis.warnings.map((warning) => `Warning: ${warning}\n`).join('');
    return {
      files: new Map(synthesis.written.files.map((file) => [file, files.get(`/dist/${file}`) ?? ''])),
      summary: `${warnings}${summary(synthesis)}`,
    };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { problems: error.reports.flatMap((report) => report.problems) };
  }
}

/** A picture of one of its manifests, as SVG. */
export const draw = clusterGraph;
