export type Component =
  | 'mishards'
  | 'readonly'
  | 'writable'
  | 'mysql'
  | 'minio'
  | 'admin'
  | 'backup'
  | 'restore'
  | 'smoke-test'
  | 'export'
  | 'import';

/** Version of Milvus that this project runs. */
export const MILVUS_VERSION = '1.1.1';

/** What tells the pods of one cluster from those of another. */
export interface Identity {
  readonly instance: string;
  readonly appName: string;
}

/**
 * Labels that select the pods of a component: exactly the chart's for Milvus' own workloads, since the selector of a
 * running Deployment can not be changed. Nothing in them depends on a version or on the construct tree.
 */
export function selectorLabels(
  { instance, appName }: Identity,
  component: Component,
): Record<string, string> {
  return {
    'app.kubernetes.io/instance': instance,
    'app.kubernetes.io/name': appName,
    component,
  };
}

/** Labels that the selectors use, and those that say what an object is: nobody else may set them. */
export const RESERVED_LABELS = /^(component$|app\.kubernetes\.io\/)/;

/** What is wrong with one that somebody sets. */
export const NO_RESERVED_LABEL = {
  given: 'a label that selectors use',
  expected: 'other labels than component and app.kubernetes.io/*',
};

/** Labels of an object; those of pods leave the version out, so that nothing rolls when it changes. */
export function objectLabels({ instance, appName }: Identity, component?: Component): Record<string, string> {
  return {
    'app.kubernetes.io/instance': instance,
    'app.kubernetes.io/managed-by': 'cdk8s',
    'app.kubernetes.io/name': appName,
    'app.kubernetes.io/part-of': 'milvus',
    'app.kubernetes.io/version': MILVUS_VERSION,
    ...(component === undefined ? {} : { 'app.kubernetes.io/component': component, component }),
  };
}
