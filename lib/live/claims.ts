import { type Cause, oneLine } from './causes';
import type { Here } from './here';
import { type LiveObject, nameOf } from './objects';

/**
 * Why a claim of a pod has no volume.
 * @param certain only what an event or a missing StorageClass proves
 */
export function claimCause(pod: LiveObject, here: Here, certain = false): Cause | undefined {
  const claims = (pod.spec?.volumes ?? []).flatMap(
    ({ persistentVolumeClaim: claim }) => here.find('PersistentVolumeClaim', claim?.claimName ?? '') ?? [],
  );
  return claims.map((claim) => causeOf(claim, here, certain)).find((cause) => cause !== undefined);
}

function causeOf(claim: LiveObject, here: Here, certain: boolean): Cause | undefined {
  const { storageClasses } = here.snapshot;
  const { phase } = claim.status ?? {};
  if (phase !== 'Pending' && phase !== 'Lost') return undefined;
  const object = nameOf(claim);
  const noClass = (what: string): Cause => ({
    kind: 'a-storageclass-is-missing',
    object,
    what,
    cure: 'set storageClassName, delete the claim (and the StatefulSet of MySQL), and apply',
  });
  const wanted = claim.spec?.storageClassName;
  if (wanted && storageClasses?.includes(wanted) === false)
    return noClass(
      `there is no StorageClass ${wanted}; the cluster has ${storageClasses.join(', ') || 'none'}`,
    );
  if (wanted === undefined) {
    const others = storageClasses?.length ? ` (the cluster has ${storageClasses.join(', ')})` : '';
    return noClass(`the claim names no StorageClass, and none is the default${others}`);
  }
  if (phase === 'Lost')
    return {
      kind: 'a-claim-has-no-volume',
      object,
      what: 'its volume is gone (Lost)',
      cure: 'bring the PersistentVolume back, or delete the claim (what was on it is lost), and apply',
    };
  const message = here.warnings('PersistentVolumeClaim', claim.metadata.name).at(-1)?.message;
  if (certain && message === undefined) return undefined;
  return {
    kind: 'a-claim-has-no-volume',
    object,
    what: oneLine(message ?? 'it waits for its volume'),
    cure: `${here.wanted.kubectl} describe ${object}`,
  };
}
