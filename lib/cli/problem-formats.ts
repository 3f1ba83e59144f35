import { relative, resolve } from 'node:path';
import { formatProblem, type Problem, type ProblemReport } from '../config/problems';
import type { CommandContext } from './command';
import { jsonText } from './options';

/**
 * Problems for programs: a JSON object, in which each has all that the text says, and the text.
 * @param others what else is in the object
 */
export function problemsAsJson(reports: readonly ProblemReport[], others: object = {}): string {
  const problems = reports.flatMap(({ source, problems: ofSource }) =>
    ofSource.map(({ at, ...problem }) => ({ source, ...at, ...problem, message: messageOf(problem) })),
  );
  return jsonText({ problems, ...others });
}

/** Problems as GitHub Actions shows them, at the lines of a pull request; nothing anywhere else. */
export function annotations(
  reports: readonly ProblemReport[],
  { cwd, env }: Pick<CommandContext, 'cwd' | 'env'>,
): string {
  if (env['GITHUB_ACTIONS'] !== 'true') return '';
  return reports
    .flatMap(({ source, problems }) => problems.map((problem) => ({ source, problem })))
    .map(({ source, problem }) => {
      const { at } = problem;
      // GitHub knows files by where they are in the repository.
      const place = at && {
        file: relative(env['GITHUB_WORKSPACE'] ?? cwd, resolve(cwd, at.file)),
        line: at.line,
        col: at.column,
      };
      const properties = Object.entries({ ...place, title: source }).map(
        ([name, value]) => `${name}=${escaped(String(value)).replaceAll(':', '%3A').replaceAll(',', '%2C')}`,
      );
      return `::error ${properties.join(',')}::${escaped(messageOf(problem))}\n`;
    })
    .join('');
}

function messageOf(problem: Problem): string {
  return formatProblem({ ...problem, at: undefined }).replace(/\n +/g, '\n');
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
