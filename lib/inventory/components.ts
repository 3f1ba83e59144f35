import type { PodSection, Settings } from '../config/settings';
import type { Component } from '../kubernetes/labels';

/** The section of the configuration in which a component's pods are. */
export const SECTIONS: Readonly<Record<Component, PodSection>> = {
  writable: 'writable',
  readonly: 'readonly',
  mishards: 'mishards',
  mysql: 'mysql',
  minio: 'minio',
  admin: 'admin',
  backup: 'backup',
  restore: 'backup',
  'smoke-test': 'smokeTest',
  export: 'backup',
  import: 'backup',
};

/** The components of a cluster that have pods. */
export function componentsOf(settings: Settings): readonly Component[] {
  const { mode, mysql, minio, admin, backup } = settings;
  return [
    ...(mode === 'cluster' ? (['mishards', 'readonly'] as const) : []),
    'writable',
    ...(mysql === undefined ? [] : (['mysql'] as const)),
    ...(minio === undefined ? [] : (['minio'] as const)),
    ...(admin === undefined ? [] : (['admin'] as const)),
    ...(backup === undefined ? [] : (['backup', 'restore'] as const)),
    'smoke-test',
    ...movesOf(settings),
  ];
}

/** The Jobs that take collections out, if MySQL describes them and they outlive the server's pod, and that bring them in. */
export function movesOf({ database, s3, storage }: Settings): readonly ('export' | 'import')[] {
  const kept = s3 !== undefined || storage.persistence.enabled;
  return database !== undefined && kept ? ['export', 'import'] : ['import'];
}
