import type { k8s } from 'cdk8s-plus-25';
import type { Settings } from '../config/settings';
import { containerSecurity, INIT_RESOURCES } from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';

export const VOLUME_PREFLIGHT = 'volume-preflight.sh';

export interface VolumePreflightOptions {
  /** Image of the server. */
  readonly image: string;
  /** Whether it leaves the mark that the readers wait for. */
  readonly writes: boolean;
  /** The mounts of storage.path. */
  readonly mounts: readonly k8s.VolumeMount[];
}

/**
 * Checks that the volume of the vectors can be written and is shared, before the server starts. The chart waits for a
 * file for ever (milvus-helm #182); this one gives up with a reason.
 */
export function volumePreflight(settings: Settings, options: VolumePreflightOptions): k8s.Container {
  return {
    name: 'volume-preflight',
    image: options.image,
    imagePullPolicy: settings.imagePullPolicy,
    command: ['sh', Scripts.path(VOLUME_PREFLIGHT)],
    env: [
      { name: 'STORAGE_DIR', value: `${settings.storage.path}/db` },
      { name: 'ROLE', value: options.writes ? 'writable' : 'readonly' },
      // As long as the writable may take to get there.
      { name: 'WAIT_SECONDS', value: String((settings.database?.waitSeconds ?? 0) + WRITABLE_SECONDS) },
      { name: 'PROBE_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
    resources: INIT_RESOURCES,
    securityContext: containerSecurity(),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [Scripts.mount(), ...options.mounts],
  };
}

/** Seconds for the writable's image to be pulled and its check to run. */
const WRITABLE_SECONDS = 300;
