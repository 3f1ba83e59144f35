import { KubectlError } from './kubectl-error';
import type { LiveObject } from './objects';
import type { RestoreContext } from './restore';

type Kubectl = RestoreContext['kubectl'];

/** What would start Milvus again in the middle of a restore. */
export interface Reconciler {
  readonly which: readonly string[];
  /** Where it says that it is switched on, and the values with which it is not. */
  readonly path: string;
  readonly off: readonly (string | undefined)[];
  /** Why it has to be stopped, and how. */
  readonly advice: string;
  readonly stop: string;
  /** What to do when all is over. */
  readonly afterwards: string;
}

/** Those that have left their marks on a Deployment. */
export function reconcilersOf({ metadata }: LiveObject, kubectl: Kubectl): readonly Reconciler[] {
  const { labels = {}, annotations = {} } = metadata;
  const patch = (which: readonly string[], spec: object) =>
    kubectl.commandLine(['patch', ...which, '--type=merge', `--patch=${JSON.stringify({ spec })}`]);
  const found: Reconciler[] = [];
  const flux = labels['kustomize.toolkit.fluxcd.io/name'];
  if (flux !== undefined) {
    const namespace = labels['kustomize.toolkit.fluxcd.io/namespace'] ?? 'flux-system';
    const which = ['kustomizations.kustomize.toolkit.fluxcd.io', flux, `--namespace=${namespace}`];
    found.push({
      which,
      path: '{.spec.suspend}',
      off: ['true'],
      advice:
        'Flux would start Milvus in the middle. Suspend its Kustomization first, and resume it afterwards',
      stop: patch(which, { suspend: true }),
      afterwards: `Flux is still suspended. To resume it:\n  ${patch(which, { suspend: false })}`,
    });
  }
  const [argo] = annotations['argocd.argoproj.io/tracking-id']?.split(':') ?? [];
  if (argo !== undefined) {
    const which = ['applications.argoproj.io', argo, '--namespace=argocd'];
    found.push({
      which,
      path: '{.spec.syncPolicy.automated}',
      // Unknown where Argo CD is elsewhere: then a person has to know.
      off: ['', undefined],
      advice:
        'Argo CD would start Milvus in the middle. Stop its automated sync first, and switch it on again afterwards',
      stop: patch(which, { syncPolicy: { automated: null } }),
      afterwards: `If you have stopped the automated sync of Argo CD's Application ${argo} (syncPolicy.automated), switch it on again as it was.`,
    });
  }
  return found;
}

/** @throws KubectlError where it is switched on */
export async function refuse(
  { which, path, off, advice, stop }: Reconciler,
  kubectl: Kubectl,
): Promise<void> {
  const { code, stdout } = await kubectl.run(['get', ...which, `--output=jsonpath=${path}`]);
  if (!off.includes(code === 0 ? stdout : undefined)) throw new KubectlError(`${advice}:\n  ${stop}`);
}
