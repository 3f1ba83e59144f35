import * as z from 'zod';
import {
  annotations,
  bytesQuantity,
  count,
  cpuQuantity,
  flag,
  memoryQuantity,
  objectName,
  rule,
} from '../rules';
import { definedOnly, type ResourceDefaults } from '../sizing';

/** What every workload has, and every volume that outlives its pods. */

/** Amounts of any resource that a node has; which names and amounts go together, sizing.ts checks. */
const resourceAmounts = z
  .object({
    cpu: cpuQuantity()
      .optional()
      .describe('CPU cores, such as 2 or 500m (half a core).\n\n@default - as the section says'),
    memory: memoryQuantity().optional().describe('Memory, such as 8Gi.\n\n@default - as the section says'),
  })
  // Optional, as the two above are: a type has one rule for all of its keys.
  .catchall(rule(z.union([z.string(), z.number()]), 'an amount such as 20Gi or 1').optional())
  .meta({
    id: 'ResourceAmounts',
    description:
      'Amounts by name: cpu, memory, ephemeral-storage, hugepages-2Mi, or a resource of a device plugin such as example.com/fpga.',
  });

const resourcesShape = z
  .strictObject({
    requests: resourceAmounts
      .prefault({})
      .describe('What Kubernetes reserves for the container on its node.'),
    limits: resourceAmounts.prefault({}).describe('What the container may use at most.'),
  })
  .meta({ id: 'Resources', description: 'CPU, memory and other resources of the main container of a pod.' });

/** @param defaults the defaults, or what they follow from */
export const resources = ({ cpuRequest, cpuLimit, memoryRequest, memoryLimit }: ResourceDefaults) =>
  resourcesShape
    .prefault({})
    .describe(
      `CPU and memory of the main container.\n\n@default - requests: cpu ${cpuRequest}, memory ${memoryRequest ?? 'as the limit'}; limits: cpu ${cpuLimit}, memory ${memoryLimit}`,
    );

const podTemplateShape = z
  .record(z.string(), z.unknown())
  .meta({ id: 'PodTemplate', description: "A PodTemplateSpec or a part of one, in Kubernetes' own words." });

/** @param changes what it changes */
export const podTemplate = (changes: string) =>
  podTemplateShape
    .optional()
    .describe(`${changes}, as a strategic merge patch over the pod template.\n\n@default - nothing`);

export const workload = (defaults: ResourceDefaults) => ({
  resources: resources(defaults),
  annotations: annotations()
    .default({})
    .describe('Additional annotations on the Deployment, StatefulSet or CronJob itself.'),
  podTemplate: podTemplate('Changes to these pods, after the podTemplate of all pods'),
});

const storageClass = () =>
  rule(z.union([z.literal(''), objectName()]), 'the name of a StorageClass, or "" for none', undefined);

const accessMode = z.enum(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany']);

/** A directory of a volume. */
const volumeSubPath = () =>
  rule(
    z.string().regex(/^(?!(.*\/)?\.\.(\/|$))([\w.-]+(\/[\w.-]+)*)?$/),
    'a relative path without "..", or "" for the root of the volume',
  );

/** A volume that outlives its pods. */
const claimShape = z
  .strictObject({
    enabled: flag()
      .optional()
      .describe(
        'Whether there is a volume. Without it, the files are lost when the pod goes.\n\n@default - as the section says',
      ),
    storageClassName: storageClass()
      .optional()
      .describe(
        'StorageClass of the claim, e.g. csi-rbd-sc. "" is for a volume that you created yourself.\n\n@default - as the section says',
      ),
    size: bytesQuantity()
      .optional()
      .describe('Size of the volume, such as 20Gi.\n\n@default - as the section says'),
    accessModes: z
      .array(accessMode)
      .min(1)
      .optional()
      .describe('Access modes of the volume, as in Kubernetes.\n\n@default - as the section says'),
    existingClaim: objectName()
      .optional()
      .describe('An existing claim, used instead of a new one.\n\n@default - a new claim'),
    subPath: volumeSubPath()
      .optional()
      .describe(
        'Directory on the volume that is used.\n\n@default - the root, unless the section says otherwise',
      ),
    annotations: annotations().default({}).describe('Additional annotations of the claim.'),
  })
  .meta({
    id: 'Claim',
    description: 'A volume that outlives its pods: whether there is one, and its PersistentVolumeClaim.',
  });

type Claim = z.output<typeof claimShape>;

/** @param defaults what is filled in where it is left out; the rest of `text` follows from other keys (settings.ts) */
export const claim = <Key extends 'enabled' | 'size' | 'accessModes'>(
  what: string,
  text: string,
  defaults: { readonly [K in Key]: NonNullable<Claim[K]> },
) =>
  claimShape
    .prefault({})
    .transform((given): Claim & { readonly [K in Key]: NonNullable<Claim[K]> } => ({
      ...given,
      ...(defaults as { readonly [K in Key]: NonNullable<Claim[K]> }),
      ...definedOnly(given),
    }))
    .describe(`${what}\n\n@default - ${text}`);

// How many pods there are -------------------------------------------------------------------------------------------

const amountOfPods = rule(
  z.union([z.int().min(0).max(1000), z.string().regex(/^(\d|[1-9]\d|100)%$/)]),
  'a number of pods, or a share such as 25%',
);

const podDisruptionBudget = z
  .strictObject({
    enabled: flag()
      .optional()
      .describe(
        'Add a PodDisruptionBudget, so that a drain of nodes takes only some of the pods at a time.\n\n@default - true with more than one pod',
      ),
    maxUnavailable: amountOfPods
      .optional()
      .describe(
        'Pods that may be missing at the same time: a number, or a share such as 25%.\n\n@default - 1',
      ),
    minAvailable: amountOfPods
      .optional()
      .describe('Pods that must stay, instead of maxUnavailable.\n\n@default - none'),
    unhealthyPodEvictionPolicy: z
      .enum(['IfHealthyBudget', 'AlwaysAllow'])
      .optional()
      .describe(
        'Whether pods that are not ready may always be evicted. Use AlwaysAllow from Kubernetes 1.27 on; older versions refuse the field.\n\n@default - left to Kubernetes',
      ),
  })
  .meta({
    id: 'PodDisruptionBudget',
    description: 'A PodDisruptionBudget.',
  });

const autoscaling = z
  .strictObject({
    enabled: flag()
      .default(false)
      .describe('Let a HorizontalPodAutoscaler set the number of pods. It needs metrics-server.'),
    minReplicas: count(1, 1000, 'pods')
      .optional()
      .describe('Smallest number of pods.\n\n@default - replicas'),
    maxReplicas: count(1, 1000, 'pods')
      .optional()
      .describe('Largest number of pods.\n\n@default - three times minReplicas'),
    targetCPUUtilizationPercentage: count(1, 1000, 'percent')
      .default(70)
      .describe('Target for the average CPU use of the pods, in percent of their CPU request.'),
  })
  .meta({
    id: 'Autoscaling',
    description:
      'A HorizontalPodAutoscaler, by CPU only: the memory of Milvus grows to its cache size and stays there.',
  });

/** Of workloads with several pods. */
export const replication = () => ({
  podDisruptionBudget: podDisruptionBudget
    .prefault({})
    .describe('How many pods a drain of nodes may take at the same time.'),
  autoscaling: autoscaling
    .prefault({})
    .describe('Change the number of pods with the load, with a HorizontalPodAutoscaler.'),
});
