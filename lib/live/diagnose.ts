import { claimsOf } from '../inventory/claims';
import { backupCauses, restoreCause } from './backup-causes';
import { type Cause, inOrder, NEVER } from './causes';
import type { Snapshot } from './gather';
import { type ClusterWanted, Here } from './here';
import { nameOf } from './objects';
import { type BackupRun, type LastRun, lastBackup, lastRun, lastVerification } from './runs';
import { missingSecrets } from './secrets';
import { stuckJobs } from './stuck-jobs';
import { causesOfWorkload } from './workload-causes';
import { dueCommands, isWell, type WorkloadStatus, workloadsOf } from './workloads';

export interface ClusterStatus {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly ready: boolean;
  readonly workloads: readonly WorkloadStatus[];
  /** Commands that make of what runs what is configured. */
  readonly due: readonly string[];
  readonly claims: readonly {
    readonly name: string;
    readonly phase: string;
    readonly storageClass: string;
    readonly size: string;
  }[];
  readonly services: readonly { readonly name: string; readonly type: string; readonly address: string }[];
  /** Undefined: there are no backups. */
  readonly backup: BackupRun | undefined;
  /** Undefined: none is scheduled, and none is known. */
  readonly verification: LastRun | undefined;
  readonly smokeTest: LastRun | undefined;
  readonly causes: readonly Cause[];
  /** What may not be read, so that this is not all. */
  readonly forbidden: readonly string[];
}

/** What a snapshot says about a cluster. */
export function diagnose(wanted: ClusterWanted, snapshot: Snapshot, now: number): ClusterStatus {
  const here = new Here(wanted, snapshot, now);
  const workloads = workloadsOf(here);
  const isNothing = workloads.every(({ due }) => due === 'not applied');
  const restoring = restoreCause(here);
  return {
    name: wanted.settings.name,
    namespace: wanted.namespace,
    // While it is being restored nothing is ready for anything.
    ready: workloads.every(isWell) && (restoring === undefined || restoring.kind === 'a-restore-is-complete'),
    workloads,
    due: dueCommands(workloads, wanted),
    claims: claimsIn(here),
    services: clientServices(here),
    backup: lastBackup(here),
    verification: lastVerification(here),
    smokeTest: lastRun(here, here.names.smokeTest),
    causes: isNothing ? [nothingApplied(here)] : causesOf(workloads, here, restoring),
    forbidden: snapshot.forbidden,
  };
}

function claimsIn(here: Here): ClusterStatus['claims'] {
  return claimsOf(here.wanted.settings)
    .flatMap(({ name }) => here.find('PersistentVolumeClaim', name) ?? [])
    .map(({ metadata, spec, status }) => ({
      name: metadata.name,
      phase: status?.phase ?? 'Pending',
      storageClass: spec?.storageClassName ?? '',
      size: status?.capacity?.['storage'] ?? '',
    }));
}

/** The Services that clients connect to, and where they reach them. */
function clientServices(here: Here): ClusterStatus['services'] {
  return [here.names.cluster, here.names.admin]
    .flatMap((name) => here.find('Service', name) ?? [])
    .map(({ metadata: { name }, spec, status }) => {
      const { type = 'ClusterIP', clusterIP = '', ports = [] } = spec ?? {};
      const [first] = status?.loadBalancer?.ingress ?? [];
      const [{ port = 19530, nodePort = undefined } = {}] = ports;
      const host = first?.ip ?? first?.hostname ?? (type === 'LoadBalancer' ? 'no address yet' : clusterIP);
      const address = type === 'NodePort' ? `port ${nodePort} of every node` : `${host}:${port}`;
      return { name, type, address };
    });
}

function nothingApplied({ wanted, names, snapshot }: Here): Cause {
  const { namespace, settings, apply } = wanted;
  const elsewhere = snapshot.objects.find(
    ({ kind, metadata, spec }) =>
      kind === 'Deployment' &&
      metadata.name === names.writable &&
      spec?.template?.metadata?.labels?.['app.kubernetes.io/instance'] === settings.instance,
  );
  if (elsewhere === undefined)
    return {
      kind: 'nothing-is-applied',
      object: settings.name,
      what: `nothing of ${settings.name} is in ${namespace === undefined ? 'this namespace' : `namespace ${namespace}`}`,
      cure: `${apply}, or name another namespace with -n or another cluster with --context`,
    };
  return {
    kind: 'it-is-in-another-namespace',
    object: nameOf(elsewhere),
    what: `the cluster is in namespace ${elsewhere.metadata.namespace}`,
    cure: `add -n ${elsewhere.metadata.namespace}`,
  };
}

/** @param restoring how far the restore is that the configuration has */
function causesOf(
  workloads: readonly WorkloadStatus[],
  here: Here,
  restoring: Cause | undefined,
): readonly Cause[] {
  const missing = missingSecrets(here);
  /** Where Secrets may be read, what is missing has been said in better words. */
  const isNew = ({ kind, object }: Cause) =>
    !missing.some(
      (one) => one.kind === kind && (kind === 'a-secret-has-other-keys' || one.object === object),
    );
  const ofWorkloads = workloads.flatMap((one) => causesOfWorkload(one, here)).filter(isNew);
  const jobs = stuckJobs(here).filter(isNew);
  const found = [...missing, ...ofWorkloads];
  // Who waits for a workload that has a cause of its own says nothing more.
  const own = found.filter(
    ({ waitsFor }) => waitsFor === undefined || !found.some(({ object }) => isOf(object, waitsFor)),
  );
  const backups = backupCauses(here);
  if (restoring !== undefined) return inOrder([...own, ...jobs, restoring, ...backups]);
  // Beside a restore nothing waits for them.
  return [...inOrder([...own, ...backups]), ...inOrder(jobs).map((cause) => ({ ...cause, patience: NEVER }))];
}

/** Whether an object is a workload, one of its pods, or what it needs by its name. */
const isOf = (object: string, workload: string) => {
  const name = object.slice(object.indexOf('/') + 1);
  return name === workload || name.startsWith(`${workload}-`) || name.startsWith(`data-${workload}-`);
};
