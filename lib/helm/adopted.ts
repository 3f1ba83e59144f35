import type { ReleaseNames } from './names';
import { bool, text } from './readers';
import type { Translation } from './translation';

/** Where the chart has its data: the directory of the image, which belongs to root. */
export const CHART_PATH = '/var/lib/milvus';
/** Tag of the chart's MySQL image. */
export const CHART_MYSQL = '5.7.30';

/**
 * What the data of a running release depends on, where its values leave it to the chart; and what can not be taken over
 * in place, since it would be lost on the way.
 */
export function adopted(translation: Translation, names: ReleaseNames): void {
  if (!translation.adopt) return;
  for (const rule of [paths, mysqlData, mysqlPassword, vectors, logs, writeAheadLog])
    rule(translation, names);
}

type Rule = (translation: Translation, names: ReleaseNames) => void;

const unlessSet = (translation: Translation, path: string, value: unknown) => {
  if (translation.get(path) === undefined) translation.set(path, value);
};

/** The keys in the bucket begin with the path, and the files on a volume are below it. */
const paths: Rule = (translation) => {
  const path = translation.given('primaryPath', text);
  if (path !== undefined && path.length > 1 && path.endsWith('/')) {
    translation.problem(
      'primaryPath',
      `${JSON.stringify(path)}, and the keys in the bucket may begin with it`,
      'a path without a slash at its end',
      'Look at the keys in the bucket. If they have no double slash, leave out the slash at the end.',
    );
    return;
  }
  unlessSet(translation, 'storage.path', CHART_PATH);
};

const mysqlData: Rule = (translation, { mysql }) => {
  if (!translation.deploysMysql) return;
  unlessSet(translation, 'images.mysql', `mysql:${CHART_MYSQL}`);
  if (translation.get('mysql.persistence.enabled') !== false) {
    unlessSet(translation, 'mysql.persistence.existingClaim', mysql);
    return;
  }
  // With the chart a restart of MySQL loses everything; the dump is all that can be kept.
  translation.set('mysql.persistence.enabled', true);
  translation.note(
    'mysql.persistence.enabled',
    'changed',
    'the metadata of this release is lost when its pod goes; here it gets a volume, and the steps load the dump into it',
    'mysql.persistence.enabled',
  );
};

/** Known here, and otherwise found out when the chart's servers are gone already. */
const mysqlPassword: Rule = (translation) => {
  if (!translation.deploysMysql) return;
  const password = translation.given('mysql.mysqlPassword', text);
  if (password === undefined || !/[:'"`\\\s]/.test(password)) return;
  translation.problem(
    'mysql.mysqlPassword',
    'a password (not shown) with a colon, a quote, a backslash or a space',
    'a password without these characters',
    'The chart never used it, and Milvus 1.1.1 would misread it. Change it first, in the Secret and in MySQL (ALTER USER). Then leave it out here.',
  );
};

/** Where the vectors are, when they are not in S3. */
const vectors: Rule = (translation, { name }) => {
  if (translation.usesS3 && !translation.usesSqlite) return;
  if (translation.get('storage.persistence.enabled') !== true) {
    translation.problem(
      'persistence.enabled',
      'false, which is the default of the chart',
      'persistence.enabled: true, or storage.s3.enabled: true',
      'The data of this release is in its pod and is lost when the pod goes, so it can not be taken over in place. Make a new cluster (without --adopt), and insert the data there.',
    );
    return;
  }
  unlessSet(translation, 'storage.persistence.existingClaim', name);
  const path = translation.given('primaryPath', text) ?? CHART_PATH;
  const mountPath = translation.given('persistence.mountPath', text) ?? `${CHART_PATH}/db`;
  if (mountPath === path) {
    // The whole of the path is on the volume; ours has its directory db alone.
    const subPath = translation.get('storage.persistence.subPath');
    translation.set('storage.persistence.subPath', typeof subPath === 'string' ? `${subPath}/db` : 'db');
  } else if (mountPath !== `${path}/db`) {
    translation.problem(
      'persistence.mountPath',
      `${JSON.stringify(mountPath)} with primaryPath ${JSON.stringify(path)}`,
      `${path}/db or ${path}`,
      'The data of this release is not on the volume but in its pod, so it can not be taken over in place. Make a new cluster (without --adopt), and insert the data there.',
    );
  }
  asRoot(translation);
};

const logs: Rule = (translation, { name }) => {
  if (translation.given('logsPersistence.enabled', bool) !== true) return;
  unlessSet(translation, 'milvus.logs.persistence.existingClaim', `${name}-logs`);
  asRoot(translation);
};

/** What is on an adopted volume was written by root, as which the chart runs everything. */
function asRoot(translation: Translation): void {
  unlessSet(translation, 'writable.securityProfile', 'baseline');
  if (translation.cluster) unlessSet(translation, 'readonly.securityProfile', 'baseline');
}

/** It begins anew, on a volume of its own, which only a server takes that may ignore what it misses there. */
const writeAheadLog: Rule = (translation) => {
  if (translation.get('wal.recoveryErrorIgnore') !== false) return;
  translation.set('wal.recoveryErrorIgnore', true);
  translation.note(
    'wal.recoveryErrorIgnore',
    'changed',
    'the log of the chart is not taken over, and with false the writable would not start without it',
    'wal.recoveryErrorIgnore',
  );
};

/** The chart configures devices without asking for any; its servers ran on CPUs unless the image was another. */
export function adoptedDevices(translation: Translation): void {
  if (!translation.adopt || /gpu/.test(translation.given('image.tag', text) ?? '')) return;
  for (const role of ['writable', 'readonly']) {
    if (translation.get(`${role}.gpu.enabled`) !== true) continue;
    translation.remove(`${role}.gpu`);
    translation.note(
      role === 'readonly' ? 'readonly.gpu.enabled' : 'gpu.enabled',
      'dropped',
      'the release runs the CPU build, which uses no devices; turn milvus.gpu on after the release is taken over',
    );
  }
}
