import { ApiObject, type ApiObjectProps } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { emptyDir, nonEmpty, quantity } from './pod';

/** An object from its manifest: typed input, real field names for patches, no mapping afterwards. */
export function apiObject(scope: Construct, id: string, manifest: unknown): ApiObject {
  return new ApiObject(scope, id, manifest as ApiObjectProps);
}

/** What is configured about a volume that outlives its pods. */
export interface PersistenceOptions {
  readonly enabled: boolean;
  readonly storageClassName?: string;
  readonly size: string | number;
  readonly accessModes: readonly string[];
  readonly existingClaim?: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Whether a claim is to be made: there is none yet, and one is wanted. */
export function makesClaim({ enabled, existingClaim }: PersistenceOptions): boolean {
  return enabled && existingClaim === undefined;
}

/**
 * Annotations of a claim on which is what exists nowhere else: Argo CD and Flux leave it when it is no longer among the
 * manifests or the whole application is deleted, as Kubernetes leaves the claims of a StatefulSet.
 */
export const KEPT_CLAIM: Readonly<Record<string, string>> = {
  'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
};

export function claimSpec({
  storageClassName,
  size,
  accessModes,
}: PersistenceOptions): k8s.PersistentVolumeClaimSpec {
  return {
    accessModes: [...accessModes],
    storageClassName,
    volumeMode: 'Filesystem',
    resources: { requests: { storage: quantity(size) } },
  };
}

/** The volume of a pod, by claim or without persistence; the claim's name is that of the existing or the given one. */
export function persistentVolume(
  name: string,
  persistence: PersistenceOptions,
  claimName?: string,
): k8s.Volume[] {
  if (!persistence.enabled) return [emptyDir(name, persistence.size)];
  const claim = persistence.existingClaim ?? claimName;
  return claim === undefined ? [] : [{ name, persistentVolumeClaim: { claimName: claim } }];
}

/**
 * Gives a StatefulSet the claim that it makes. As the API server stores it, since that takes the list of claims as a
 * whole: with apiVersion and kind, which the typed mapping would drop, and with the status of a claim that nobody made
 * yet. `Part.workload` adds what cdk8s drops.
 */
export function withClaimTemplate<T extends { spec: Record<string, unknown> }>(
  manifest: T,
  name: string,
  persistence: PersistenceOptions,
): T {
  if (!makesClaim(persistence)) return manifest;
  manifest.spec['volumeClaimTemplates'] = [
    {
      ...k8s.KubePersistentVolumeClaim.manifest({
        metadata: { name, annotations: nonEmpty(persistence.annotations) },
        spec: claimSpec(persistence),
      }),
      status: { phase: 'Pending' },
    },
  ];
  return manifest;
}
