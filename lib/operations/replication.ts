import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { type AutoscalingSettings, type BudgetSettings, isStopped, type Settings } from '../config/settings';
import { apiObject } from '../kubernetes/objects';

export interface WorkloadReference {
  readonly metadata: k8s.ObjectMeta;
  readonly selectorLabels: Readonly<Record<string, string>>;
}

/**
 * The PodDisruptionBudget of a Deployment with several pods. A workload of one pod has none: it would either mean
 * nothing or keep its node from ever being drained.
 */
export function disruptionBudget(
  scope: Construct,
  { metadata, selectorLabels }: WorkloadReference,
  budget: BudgetSettings,
): ApiObject {
  const manifest = k8s.KubePodDisruptionBudget.manifest({
    metadata: budget.unhealthyPodEvictionPolicy === undefined ? withReason(metadata) : metadata,
    spec: {
      maxUnavailable: amount(budget.maxUnavailable),
      minAvailable: amount(budget.minAvailable),
      selector: { matchLabels: { ...selectorLabels } },
    },
  });
  if (budget.unhealthyPodEvictionPolicy !== undefined) {
    // Newer than the typed API.
    manifest.spec.unhealthyPodEvictionPolicy = budget.unhealthyPodEvictionPolicy;
  }
  return apiObject(scope, 'DisruptionBudget', manifest);
}

/**
 * The HorizontalPodAutoscaler of a Deployment, which then has no `replicas` of its own. autoscaling/v1, since
 * Kubernetes 1.22 has no v2 yet and it says all that is needed here.
 */
export function autoscaler(
  scope: Construct,
  { metadata }: WorkloadReference,
  options: AutoscalingSettings,
): ApiObject {
  return apiObject(scope, 'Autoscaler', {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name },
      minReplicas: options.minReplicas,
      maxReplicas: options.maxReplicas,
      targetCPUUtilizationPercentage: options.targetCPUUtilizationPercentage,
    },
  });
}

/**
 * The `replicas` of a Deployment: none with an autoscaler, which has the say, but 0 while Milvus is stopped. An autoscaler
 * leaves a Deployment with 0 alone, and takes over again when the number is taken out, and 1 is the API server's default.
 */
export function declaredReplicas(
  settings: Settings,
  { replicas, autoscaling }: { readonly replicas: number; readonly autoscaling?: AutoscalingSettings },
): number | undefined {
  if (isStopped(settings)) return 0;
  return autoscaling === undefined ? replicas : undefined;
}

/** What reviewers' tools are told. */
function withReason(metadata: k8s.ObjectMeta): k8s.ObjectMeta {
  return {
    ...metadata,
    annotations: {
      'ignore-check.kube-linter.io/pdb-unhealthy-pod-eviction-policy':
        'Kubernetes before 1.26 refuses the field; podDisruptionBudget.unhealthyPodEvictionPolicy sets it',
      ...metadata.annotations,
    },
  };
}

function amount(pods: string | number | undefined): k8s.IntOrString | undefined {
  if (pods === undefined) return undefined;
  return typeof pods === 'number' ? k8s.IntOrString.fromNumber(pods) : k8s.IntOrString.fromString(pods);
}
