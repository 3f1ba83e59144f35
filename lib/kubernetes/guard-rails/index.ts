import type { Problem } from '../../config/problems';
import { amounts } from './amounts';
import {
  nonRootHasUser,
  nothingIsHidden,
  portsAreFree,
  stopsInTime,
  uniqueNames,
  volumesAreThere,
} from './can-not-run';
import type { GuardedPod, Rule, Violation } from './guarded-pod';
import {
  ownerOfFiles,
  ownFieldsStay,
  ownHooksStay,
  ownLabelsStay,
  ownMountsStay,
  ownPartsStay,
  ownProgramsStay,
  ownVariablesStay,
  ownVolumesStay,
} from './ours';
import { locator } from './places';
import { graceInRange, probesAndHooks } from './probes';
import {
  appArmorProfiles,
  claimsOfDevices,
  fitsTheSchema,
  metadataIsFree,
  nothingIsLost,
  spread,
  tolerations,
  wellFormedLabels,
  wellFormedNames,
} from './refused';
import { modes, noCredentials, versionedImages } from './unwise';

export { cautions } from './cautions';
export type { GuardedPod } from './guarded-pod';
export { unknownContainers } from './unknown-containers';

/**
 * What a podTemplate must not change. The rules compare the merged template with that of this project.
 * A violation is reported at the place where the user wrote it.
 */
const RULES: readonly Rule[] = [
  nothingIsLost,
  ownPartsStay,
  ownMountsStay,
  ownVariablesStay,
  ownProgramsStay,
  ownHooksStay,
  ownVolumesStay,
  nothingIsHidden,
  volumesAreThere,
  portsAreFree,
  nonRootHasUser,
  ownerOfFiles,
  metadataIsFree,
  ownFieldsStay,
  ownLabelsStay,
  uniqueNames,
  noCredentials,
  versionedImages,
  wellFormedLabels,
  wellFormedNames,
  appArmorProfiles,
  claimsOfDevices,
  graceInRange,
  probesAndHooks,
  spread,
  modes,
  amounts,
  tolerations,
  stopsInTime,
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
  const misfits = fitsTheSchema(pod, at).filter(({ path }) => !told.some((one) => one.path === path));
  return [...told, ...misfits];
}
