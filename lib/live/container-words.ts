import { type Cause, type CauseKind, oneLine } from './causes';
import type { Here } from './here';
import { cureFor, type Meanings, meaningOf, STARTS } from './kubernetes-words';
import { type LiveObject, nameOf } from './objects';

/**
 * What init containers and servers say before they end, in the words of the scripts in assets/ and of Milvus 1.1.1,
 * as seen running.
 */
export const WORDS: Meanings<CauseKind> = [
  [
    /the first start was interrupted|there is no user '.*', but database/,
    'the-first-start-of-mysql-was-interrupted',
  ],
  [/does not resolve|Unknown server host|DNS gives no answer/, 'a-name-does-not-resolve'],
  [
    /refuses user|may not use database|there is no database|no user of MySQL|authentication plugin|logs in with a plugin|accepts TLS only/,
    'mysql-refuses-the-login',
  ],
  [
    /does not know the access key|does not belong to its access key|there is no bucket|may not .*grant it|another region|speaks plain HTTP|wants HTTPS|speaks TLS, but|clocks of this node|can't be sent|differs from what was written|not in its listing|is still there: is the bucket locked/,
    's3-refuses',
  ],
  [
    /volume-preflight|can't write to|single instance lock (db|wal) path failed|Could not open file: .*lock, Permission denied|left no mark on the volume/,
    'a-volume-can-not-be-written',
  ],
  [/^render-config: |is not set or empty: look at Secret/m, 'a-credential-can-not-be-used'],
  [/Wal init error/, 'the-write-ahead-log-does-not-fit'],
  [/exec format error/, 'a-container-does-not-start'],
  [
    /does not answer|does not accept connections|nothing listens|closes the connection|trouble of its own|could not .*is the storage up|gave up after/,
    'something-does-not-answer',
  ],
  [/could not .* \(bucket '/, 's3-refuses'],
];

/** The cause that a line shows. */
export const kindFor = (line: string): CauseKind | undefined => meaningOf(WORDS, line);

/** Milvus prints its whole configuration at level info, passwords included; those of URIs may have any character. */
const CREDENTIAL = /password|passwd|pwd|secret|access_?key|meta_uri|:\/\/[^\s/]*:.*@/i;
/** A line of a script or a probe of ours, which name no credential, only the Secret that has it. */
const IS_OURS = /^[A-Za-z][\w -]*: /;

/** The last lines of a log that may be shown. */
export const lastLines = (log: string, most = 1): string =>
  log
    .split('\n')
    .map(oneLine)
    .filter((line) => line !== '' && !CREDENTIAL.test(line))
    .slice(-most)
    .join(' / ');

/** The last line of ours, without the name of its script. */
export const ownLine = (log: string): string => lastLines(log).replace(/^[a-z][a-z0-9-]*: (?=\w)/, '');

/** What a container has said about its cause, in its log or its last message. */
export function said(pod: LiveObject, container: string, text: string, here: Here): Cause | undefined {
  const line = text
    .trim()
    .split('\n')
    .findLast((one) => kindFor(one) !== undefined && (IS_OURS.test(one) || !CREDENTIAL.test(one)));
  const kind = kindFor(line ?? '');
  if (line === undefined || kind === undefined) return undefined;
  const what = oneLine(line).replace(new RegExp(`^${container}: `), '');
  // Our own messages have their cure after a colon.
  const cure =
    kind === 'the-write-ahead-log-does-not-fit'
      ? 'set wal.recoveryErrorIgnore to true'
      : cureFor(STARTS, what, here.wanted.kubectl);
  return { kind, object: nameOf(pod), what, cure };
}
