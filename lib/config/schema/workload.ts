import { z } from 'zod';
import {
  annotations,
  bytesQuantity,
  count,
  cpuQuantity,
  dnsLabel,
  flag,
  image,
  labels,
  objectName,
  rule,
} from '../rules';
import type { ResourceDefaults } from '../sizing';

/** What every workload has, and every volume that outlives its pods. */

const toleration = z.strictObject({
  key: z.string().optional().describe('Taint key.\n\n@default - every key, with operator Exists'),
  operator: z.enum(['Equal', 'Exists']).optional().describe('How the value is compared.\n\n@default - Equal'),
  value: z.string().optional().describe('Taint value.\n\n@default - none'),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .optional()
    .describe('Taint effect.\n\n@default - every effect'),
  tolerationSeconds: rule(z.int(), 'a whole number of seconds')
    .optional()
    .describe('Seconds a NoExecute taint is tolerated.\n\n@default - for ever'),
});

export const rawMapping = () => z.record(z.string(), z.unknown());

const affinity = z.strictObject({
  nodeAffinity: rawMapping().optional().describe('As in a pod spec.\n\n@default - none'),
  podAffinity: rawMapping().optional().describe('As in a pod spec.\n\n@default - none'),
  podAntiAffinity: rawMapping().optional().describe('As in a pod spec.\n\n@default - none'),
});

const resourceAmounts = (cpu: string, memory: string) =>
  z.strictObject({
    cpu: cpuQuantity().optional().describe(`CPU cores, e.g. 2 or 500m.\n\n@default - ${cpu}`),
    memory: bytesQuantity('8Gi').optional().describe(`Memory, e.g. 8Gi.\n\n@default - ${memory}`),
  });

/** @param defaults the defaults, or what they follow from */
export const resources = ({ cpuRequest, cpuLimit, memoryRequest, memoryLimit }: ResourceDefaults) =>
  z
    .strictObject({
      requests: resourceAmounts(cpuRequest, memoryRequest ?? 'the limit')
        .prefault({})
        .describe('What the scheduler sets aside.'),
      limits: resourceAmounts(cpuLimit, memoryLimit)
        .prefault({})
        .describe('What the container may use at most.'),
    })
    .prefault({})
    .describe('CPU and memory of the main container.');

export const workload = (defaults: ResourceDefaults) => ({
  resources: resources(defaults),
  nodeSelector: labels()
    .default({})
    .describe(
      'Labels that a node must have, besides `kubernetes.io/arch: amd64` (the images are amd64 only).',
    ),
  tolerations: z.array(toleration).default([]).describe('Taints that the pods tolerate.'),
  affinity: affinity
    .optional()
    .describe(
      'Affinity rules, as in a pod spec.\n\n@default - of more than one pod a podAntiAffinity that prefers other nodes',
    ),
  topologySpreadConstraints: z
    .array(rawMapping())
    .optional()
    .describe(
      'How the pods are spread, as in a pod spec.\n\n@default - more than one are spread over the nodes as far as possible',
    ),
  priorityClassName: objectName()
    .optional()
    .describe("PriorityClass of the pods.\n\n@default - the cluster's default"),
  podLabels: labels().default({}).describe('Additional labels on the pods; never part of a selector.'),
  podAnnotations: annotations().default({}).describe('Additional annotations on the pods.'),
  annotations: annotations()
    .default({})
    .describe('Additional annotations on the Deployment, StatefulSet or CronJob itself.'),
  schedulerName: objectName()
    .optional()
    .describe("Scheduler of the pods.\n\n@default - the cluster's default"),
  serviceAccountName: objectName()
    .optional()
    .describe(
      'A ServiceAccount that exists already; its token is not mounted.\n\n@default - the one called default, whose token is not mounted either',
    ),
  imagePullPolicy: z
    .enum(['IfNotPresent', 'Always', 'Never'])
    .optional()
    .describe('When the image of the main container is pulled.\n\n@default - imagePullPolicy of the cluster'),
});

export const gracePeriod = (seconds: number, why: string) =>
  count(0, 86400, 'seconds').default(seconds).describe(`Seconds that a pod gets to stop. ${why}`);

const storageClass = () =>
  rule(z.union([z.literal(''), objectName()]), 'the name of a StorageClass, or "" for none', undefined);

const accessMode = z.enum(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany']);

/** A directory of a volume. */
export const volumeSubPath = () =>
  rule(
    z.string().regex(/^(?!(.*\/)?\.\.(\/|$))([\w.-]+(\/[\w.-]+)*)?$/),
    'a relative path without "..", or "" for the root of the volume',
  );

/** Access modes of a claim, when they depend on the rest of the configuration. */
export const accessModes = (defaults: string) =>
  z.array(accessMode).min(1).optional().describe(`Access modes of the claim.\n\n@default - ${defaults}`);

/** What is configured about a claim, besides its access modes. */
export const claim = (size: string, storageClassDefault: string) => ({
  storageClassName: storageClass()
    .optional()
    .describe(
      `StorageClass of the claim, e.g. csi-rbd-sc; "" for a volume that was made by hand.\n\n@default - ${storageClassDefault}`,
    ),
  size: bytesQuantity('10Gi').default(size).describe('Size of the claim.'),
  existingClaim: objectName()
    .optional()
    .describe('A claim that exists already, used instead of a new one.\n\n@default - a new claim'),
  annotations: annotations().default({}).describe('Annotations of the claim.'),
});

/** A volume that is kept unless it is asked not to be. */
export const persistentVolume = (size: string, what: string, storageClassDefault: string) => ({
  enabled: flag()
    .default(true)
    .describe(`Keep ${what} on a PersistentVolumeClaim; otherwise in an emptyDir.`),
  ...claim(size, storageClassDefault),
  accessModes: z.array(accessMode).min(1).default(['ReadWriteOnce']).describe('Access modes of the claim.'),
});

// How many pods there are -------------------------------------------------------------------------------------------

/** Of workloads with several pods. */
export const replication = () => ({
  podDisruptionBudget: z
    .strictObject({
      enabled: flag()
        .optional()
        .describe(
          'Limit how many pods a drain of nodes takes at once.\n\n@default - true with more than one pod',
        ),
      maxUnavailable: amountOfPods
        .optional()
        .describe('Pods that may be missing, a number or a share such as 25%.\n\n@default - 1'),
      minAvailable: amountOfPods
        .optional()
        .describe('Pods that have to be there, instead of maxUnavailable.\n\n@default - none'),
      unhealthyPodEvictionPolicy: z
        .enum(['IfHealthyBudget', 'AlwaysAllow'])
        .optional()
        .describe(
          'Whether pods that are not ready may always go; AlwaysAllow is right from Kubernetes 1.27 on, older ones refuse the field.\n\n@default - left to Kubernetes',
        ),
    })
    .prefault({})
    .describe('The PodDisruptionBudget.'),
  autoscaling: z
    .strictObject({
      enabled: flag()
        .default(false)
        .describe('Let a HorizontalPodAutoscaler decide the number of pods; needs metrics-server.'),
      minReplicas: count(1, 1000, 'pods').optional().describe('Least number of pods.\n\n@default - replicas'),
      maxReplicas: count(1, 1000, 'pods')
        .optional()
        .describe('Most pods.\n\n@default - three times minReplicas'),
      targetCPUUtilizationPercentage: count(1, 1000, 'percent')
        .default(70)
        .describe('CPU that the pods use on average, in percent of what they request.'),
    })
    .prefault({})
    .describe(
      'The HorizontalPodAutoscaler. By CPU alone: the memory of Milvus grows to its cache size and stays there.',
    ),
});

const amountOfPods = rule(
  z.union([z.int().min(0).max(1000), z.string().regex(/^(\d|[1-9]\d|100)%$/)]),
  'a number of pods, or a share such as 25%',
);

// What may be added to the pods of Milvus and MySQL -----------------------------------------------------------------

const envVar = z
  .strictObject({
    name: rule(z.string().regex(/^[A-Za-z_][\w.-]*$/), 'the name of an environment variable').describe(
      'Name of the variable.',
    ),
    value: rule(z.string(), 'a text', 'Quote numbers and booleans: "1", "true".')
      .optional()
      .describe('Its value; a credential belongs in valueFrom.secretKeyRef.\n\n@default - none'),
    valueFrom: rawMapping()
      .optional()
      .describe(
        'Where the value comes from, as in a pod spec: secretKeyRef, configMapKeyRef, fieldRef.\n\n@default - none',
      ),
  })
  .meta({ id: 'EnvVar', description: 'An environment variable, as in a pod spec.' });

const volume = z
  .looseObject({ name: dnsLabel().describe('Name of the volume.') })
  .meta({ id: 'Volume', description: 'A volume, as in a pod spec.' });

const volumeMount = z
  .looseObject({
    name: dnsLabel().describe('Name of the volume.'),
    mountPath: rule(z.string().regex(/^\/[^:]*$/), 'an absolute path').describe(
      'Where the container sees it.',
    ),
  })
  .meta({ id: 'VolumeMount', description: 'A volume mount, as in a pod spec.' });

const container = z
  .looseObject({
    name: dnsLabel().describe('Name of the container.'),
    image: image().describe('Image, with a version.'),
  })
  .meta({ id: 'Container', description: 'A container, as in a pod spec.' });

/** What may be put into a pod besides its own. */
export const additions = (own: string) => ({
  extraEnv: z.array(envVar).default([]).describe(`Additional environment variables of the container ${own}.`),
  extraVolumes: z.array(volume).default([]).describe('Additional volumes of the pods.'),
  extraVolumeMounts: z
    .array(volumeMount)
    .default([])
    .describe(`Additional mounts of the container ${own}, of extraVolumes or of the pod's own volumes.`),
  extraContainers: z
    .array(container)
    .default([])
    .describe(
      'Additional containers. Without a securityContext of their own they get one that Pod Security "restricted" admits.',
    ),
  extraInitContainers: z
    .array(container)
    .default([])
    .describe('Additional init containers; they run after those of the pod itself.'),
});

const timing = (what: string) => ({
  initialDelaySeconds: count(0, 86400, 'seconds')
    .optional()
    .describe(`Seconds before the first ${what}, after the start was seen.\n\n@default - 0`),
  periodSeconds: count(1, 86400, 'seconds')
    .optional()
    .describe('Seconds between two.\n\n@default - as fits the workload'),
  timeoutSeconds: count(1, 86400, 'seconds')
    .optional()
    .describe('Seconds that an answer may take.\n\n@default - as fits the workload'),
  failureThreshold: count(1, 10000, 'failures')
    .optional()
    .describe('Failures in a row that count.\n\n@default - as fits the workload'),
});

/** The timing of the probes; what they ask is fixed. */
export const probeTimings = () => ({
  livenessProbe: z
    .strictObject(timing('look'))
    .prefault({})
    .describe('Timing of the liveness probe, which restarts the container.'),
  readinessProbe: z
    .strictObject({
      ...timing('look'),
      successThreshold: count(1, 10000, 'successes')
        .optional()
        .describe('Successes in a row that count.\n\n@default - 1'),
    })
    .prefault({})
    .describe('Timing of the readiness probe, which takes the pod out of its Service.'),
});
