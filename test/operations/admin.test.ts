import type { MilvusConfig } from '../../lib';
import { clusterOf, everyOption, manifestsOf, minimal } from '../support/clusters';
import { at, find, idOf, records } from '../support/manifests';
import { podSecurityProblems } from '../support/pod-security';

const config: MilvusConfig = { ...minimal, admin: { enabled: true } };
const deployment = find(manifestsOf(config), 'Deployment', 'milvus-test-admin');
const pod = at(deployment, 'spec', 'template', 'spec');

test('is there only when it is asked for', () => {
  const ids = (of: MilvusConfig) => manifestsOf(of).map(idOf);
  expect(ids(minimal).filter((id) => id.includes('admin'))).toEqual([]);
  expect(ids({ ...minimal, admin: { replicas: 2 } })).toEqual(ids(minimal));
  expect(clusterOf(minimal).admin).toBeUndefined();
  expect(ids(config).filter((id) => id.endsWith('-admin'))).toEqual([
    'NetworkPolicy/milvus-test-admin',
    'Deployment/milvus-test-admin',
    'Service/milvus-test-admin',
  ]);
});

test('one pod with the web server of the image, and a Service inside the cluster', () => {
  expect(deployment).toMatchObject({ spec: { replicas: 1 } });
  expect(records(at(pod, 'containers'))).toMatchObject([
    {
      name: 'admin',
      image: 'milvusdb/milvus-em:v0.4.3',
      ports: [{ name: 'admin', containerPort: 80 }],
      readinessProbe: { httpGet: { path: '/', port: 'admin' } },
      resources: { limits: { cpu: '500m', memory: '256Mi' } },
    },
  ]);
  expect(at(find(manifestsOf(config), 'Service', 'milvus-test-admin'), 'spec')).toMatchObject({
    type: 'ClusterIP',
    selector: at(deployment, 'spec', 'selector', 'matchLabels'),
    ports: [{ name: 'admin', port: 3000, targetPort: 'admin' }],
  });
});

test('it is given nothing: no credential, no configuration, no token', () => {
  expect(records(at(pod, 'volumes')).map(({ name }) => name)).toEqual(['tmp']);
  const [container] = records(at(pod, 'containers'));
  expect(container).not.toHaveProperty('env');
  expect(container).not.toHaveProperty('envFrom');
  expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
});

test('it meets baseline, since its web server starts as root, and says why', () => {
  expect(podSecurityProblems([deployment], 'baseline')).toEqual([]);
  expect(podSecurityProblems([deployment], 'restricted')).not.toEqual([]);
  expect(at(pod, 'securityContext')).toMatchObject({ runAsUser: 0 });
  expect(at(pod, 'securityContext')).not.toHaveProperty('runAsNonRoot');
  expect(at(records(at(pod, 'containers'))[0], 'securityContext')).toEqual({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'] },
  });
  expect(deployment.metadata['annotations']).toMatchObject({
    'ignore-check.kube-linter.io/run-as-non-root': expect.stringContaining('starts as root'),
  });
});

test('its Service is exposed as it is configured, and several pods are spread', () => {
  const manifests = manifestsOf(everyOption('existingSecret'));
  expect(find(manifests, 'Service', 'every-admin')).toMatchObject({
    metadata: { annotations: { 'example.com/lb': 'admin' }, labels: { 'example.com/exposed': 'yes' } },
    spec: {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.97',
      loadBalancerSourceRanges: ['192.0.2.0/24'],
      ports: [{ port: 3001, nodePort: 31532 }],
    },
  });
  const two = find(
    manifestsOf({ ...minimal, admin: { enabled: true, replicas: 2 } }),
    'Deployment',
    'milvus-test-admin',
  );
  expect(two).toMatchObject({ spec: { replicas: 2 } });
  expect(at(two, 'spec', 'template', 'spec')).toHaveProperty('topologySpreadConstraints');
});

test('a standalone server, whose HTTP it speaks, can have it as well', () => {
  const standalone: MilvusConfig = { name: 'milvus-test', mode: 'standalone', admin: { enabled: true } };
  expect(manifestsOf(standalone).map(idOf)).toEqual(
    expect.arrayContaining(['Deployment/milvus-test-admin', 'Service/milvus-test-admin']),
  );
});
