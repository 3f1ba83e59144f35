import type { MilvusConfig } from '../../lib';
import { connectionsNeeded } from '../../lib/config/settings';
import { validate } from '../../lib/config/validate';
import { manifestsOf, minimal } from '../support/clusters';
import { at, find, idOf } from '../support/manifests';

const kinds = (config: MilvusConfig, kind: string) =>
  manifestsOf(config)
    .map(idOf)
    .filter((id) => id.startsWith(`${kind}/`));

describe('disruption budgets', () => {
  test('of workloads with several pods, one pod at a time; of one pod there is none, which would block its node', () => {
    expect(kinds(minimal, 'PodDisruptionBudget')).toEqual([]);
    const config: MilvusConfig = { ...minimal, readonly: { replicas: 3 }, mishards: { replicas: 2 } };
    expect(kinds(config, 'PodDisruptionBudget')).toEqual([
      'PodDisruptionBudget/milvus-test-readonly',
      'PodDisruptionBudget/milvus-test-mishards',
    ]);
    const manifests = manifestsOf(config);
    expect(find(manifests, 'PodDisruptionBudget', 'milvus-test-readonly')).toMatchObject({
      apiVersion: 'policy/v1',
      spec: {
        maxUnavailable: 1,
        selector: at(find(manifests, 'Deployment', 'milvus-test-readonly'), 'spec', 'selector'),
      },
    });
  });

  test('what is configured, also what the typed API does not know', () => {
    const config: MilvusConfig = {
      ...minimal,
      readonly: {
        replicas: 4,
        podDisruptionBudget: { minAvailable: '50%', unhealthyPodEvictionPolicy: 'AlwaysAllow' },
      },
    };
    expect(at(find(manifestsOf(config), 'PodDisruptionBudget', 'milvus-test-readonly'), 'spec')).toEqual({
      minAvailable: '50%',
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: expect.anything(),
    });
  });

  test('none, when it is switched off', () => {
    const readonly = { replicas: 3, podDisruptionBudget: { enabled: false } };
    expect(kinds({ ...minimal, readonly }, 'PodDisruptionBudget')).toEqual([]);
  });
});

describe('autoscaling', () => {
  const config: MilvusConfig = {
    ...minimal,
    readonly: { replicas: 2, autoscaling: { enabled: true, targetCPUUtilizationPercentage: 55 } },
  };
  const manifests = manifestsOf(config);

  test('it has the bounds, and the Deployment leaves its number alone', () => {
    expect(find(manifests, 'HorizontalPodAutoscaler', 'milvus-test-readonly')).toMatchObject({
      apiVersion: 'autoscaling/v1',
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'milvus-test-readonly' },
        minReplicas: 2,
        maxReplicas: 6,
        targetCPUUtilizationPercentage: 55,
      },
    });
    expect(at(find(manifests, 'Deployment', 'milvus-test-readonly'), 'spec')).not.toHaveProperty('replicas');
    expect(at(find(manifests, 'Deployment', 'milvus-test-mishards'), 'spec')).toHaveProperty('replicas', 1);
  });

  test('its pods are spread, and limited in their disruption, as so many are', () => {
    expect(
      at(find(manifests, 'Deployment', 'milvus-test-readonly'), 'spec', 'template', 'spec'),
    ).toHaveProperty('topologySpreadConstraints');
    expect(kinds(config, 'PodDisruptionBudget')).toEqual(['PodDisruptionBudget/milvus-test-readonly']);
  });

  test('MySQL has connections for the most there can be', () => {
    const needed = (readonly: MilvusConfig['readonly']) => {
      const { config: parsed } = validate({ ...minimal, readonly });
      return parsed === undefined ? 0 : connectionsNeeded(parsed);
    };
    expect(needed({ autoscaling: { enabled: true, maxReplicas: 9 } })).toBe(needed({ replicas: 9 }));
  });

  test('there is none for the writable', () => {
    expect(kinds(config, 'HorizontalPodAutoscaler')).toEqual([
      'HorizontalPodAutoscaler/milvus-test-readonly',
    ]);
    expect(() =>
      manifestsOf({ ...minimal, writable: { autoscaling: { enabled: true } } } as unknown as MilvusConfig),
    ).toThrow('writable.autoscaling: given an unknown key');
  });
});
