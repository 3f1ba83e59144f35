import { ApiObject, type ApiObjectProps } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { canonicalQuantity } from '../config/quantities';

/** What all objects of a cluster have in common: made once by MilvusCluster, handed to its parts. */
export interface ObjectContext {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** An object from its manifest: typed input, real field names for patches, no mapping afterwards. */
export function apiObject(scope: Construct, id: string, manifest: unknown): ApiObject {
  return new ApiObject(scope, id, manifest as ApiObjectProps);
}

export interface ClaimOptions {
  readonly storageClassName?: string;
  readonly size: string | number;
  readonly accessModes: readonly string[];
}

export function claimSpec({
  storageClassName,
  size,
  accessModes,
}: ClaimOptions): k8s.PersistentVolumeClaimSpec {
  return {
    accessModes: [...accessModes],
    storageClassName,
    volumeMode: 'Filesystem',
    resources: { requests: { storage: k8s.Quantity.fromString(canonicalQuantity(String(size))) } },
  };
}
