import type { Problem } from '../../config/problems';
import * as canNotRun from './can-not-run';
import { type GuardedPod, locator, type Rule, type Violation } from './guarded-pod';
import * as ours from './ours';
import * as probes from './probes';
import * as refused from './refused';
import * as values from './values';

export { cautions } from './cautions';
export type { GuardedPod } from './guarded-pod';
export { unknownContainers } from './refused';

/**
 * What a podTemplate must not change. The rules compare the merged template with that of this project.
 * A violation is reported at the place where the user wrote it.
 */
const RULES: readonly Rule[] = [
  refused.nothingIsLost,
  ours.partsStay,
  ours.mountsStay,
  ours.variablesStay,
  ours.programsStay,
  ours.hooksStay,
  ours.volumesStay,
  canNotRun.nothingIsHidden,
  canNotRun.volumesAreThere,
  canNotRun.portsAreFree,
  canNotRun.nonRootHasUser,
  ours.ownerStays,
  refused.metadataIsFree,
  ours.fieldsStay,
  ours.labelsStay,
  canNotRun.uniqueNames,
  values.noCredentials,
  values.versionedImages,
  refused.wellFormedLabels,
  refused.wellFormedNames,
  refused.appArmorProfiles,
  refused.claimsOfDevices,
  probes.graceInRange,
  probes.probesAndHooks,
  refused.spread,
  values.modes,
  values.amounts,
  refused.tolerations,
  canNotRun.stopsInTime,
];

/** All violations, in the order of the rules. */
export function violations(pod: GuardedPod): readonly Problem[] {
  const at = locator(pod.pod.patches);
  const located = (violation: Violation): Problem => {
    if ('path' in violation) return violation;
    const { steps, ...words } = violation;
    return { path: at(...steps), ...words };
  };
  const told = RULES.flatMap((rule) => rule(pod, at)).map(located);
  // What the merge made of a place that must not be changed at all is not said beside that.
  const misfits = refused.fitsTheSchema(pod, at).filter(({ path }) => !told.some((one) => one.path === path));
  return [...told, ...misfits];
}
