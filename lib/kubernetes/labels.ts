export type Component =
  | 'mishards'
  | 'readonly'
  | 'writable'
  | 'mysql'
  | 'minio'
  | 'backup'
  | 'restore'
  | 'smoke-test';

/** Version of Milvus that this project runs. */
export const MILVUS_VERSION = '1.1.1';

/**
 * Labels that select the pods of a component: exactly the chart's for Milvus' own workloads, since the selector of a
 * running Deployment can not be changed. Nothing in them depends on a version or on the construct tree.
 */
export function selectorLabels(instance: string, component: Component): Record<string, string> {
  return {
    'app.kubernetes.io/instance': instance,
    'app.kubernetes.io/name': 'milvus',
    component,
  };
}

/** Labels of an object; those of pods leave the version out, so that nothing rolls when it changes. */
export function objectLabels(instance: string, component?: Component): Record<string, string> {
  return {
    'app.kubernetes.io/instance': instance,
    'app.kubernetes.io/managed-by': 'cdk8s',
    'app.kubernetes.io/name': 'milvus',
    'app.kubernetes.io/part-of': 'milvus',
    'app.kubernetes.io/version': MILVUS_VERSION,
    ...(component === undefined ? {} : { 'app.kubernetes.io/component': component, component }),
  };
}
