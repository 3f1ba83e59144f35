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
};

/** The components of a cluster that have pods. */
export function componentsOf({ mode, mysql, minio, admin, backup }: Settings): readonly Component[] {
  return [
    ...(mode === 'cluster' ? (['mishards', 'readonly'] as const) : []),
    'writable',
    ...(mysql === undefined ? [] : (['mysql'] as const)),
    ...(minio === undefined ? [] : (['minio'] as const)),
    ...(admin === undefined ? [] : (['admin'] as const)),
    ...(backup === undefined ? [] : (['backup', 'restore'] as const)),
    'smoke-test',
  ];
}
