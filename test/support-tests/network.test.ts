import type { Manifest } from '../support/manifests';
import { type Endpoint, host, Network, pod } from '../support/network';

const policy = (spec: object, namespace?: string): Manifest =>
  ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', ...(namespace === undefined ? {} : { namespace }) },
    spec,
  }) as Manifest;
const a = pod('a', 'ns', { app: 'a' });
const b = pod('b', 'ns', { app: 'b' });
const foreign = pod('c', 'other', { app: 'b' });
const outside = host('192.0.2.7');
const allowed = (from: Endpoint, to: Endpoint, ...policies: Manifest[]) =>
  new Network(policies, 'ns', { other: { team: 'x' } }).allows({ from, to, port: 80 });
const selected = { matchLabels: { app: 'a' } };

test('without a policy everything is allowed', () => {
  expect(allowed(b, a)).toBe(true);
});

test('a policy without rules denies its pods, in its direction alone', () => {
  expect(allowed(b, a, policy({ podSelector: selected }))).toBe(false);
  expect(allowed(a, b, policy({ podSelector: selected }))).toBe(true);
  expect(allowed(a, b, policy({ podSelector: selected, policyTypes: ['Egress'] }))).toBe(false);
  expect(allowed(b, a, policy({ podSelector: selected, policyTypes: ['Egress'] }))).toBe(true);
  expect(allowed(b, a, policy({ podSelector: {} }))).toBe(false);
});

test('egress rules make a policy one for egress', () => {
  expect(
    allowed(a, outside, policy({ podSelector: selected, egress: [{ to: [{ podSelector: {} }] }] })),
  ).toBe(false);
});

test('policies are for the pods of their namespace, whichever that is', () => {
  expect(allowed(b, foreign, policy({ podSelector: {} }))).toBe(true);
  expect(allowed(b, foreign, policy({ podSelector: {} }, 'other'))).toBe(false);
  expect(allowed(b, a, policy({ podSelector: {} }, 'other'))).toBe(true);
});

test('policies add up', () => {
  const deny = policy({ podSelector: {} });
  expect(
    allowed(b, a, deny, policy({ podSelector: selected, ingress: [{ from: [{ podSelector: {} }] }] })),
  ).toBe(true);
});

test('both ends have a say', () => {
  const ingress = policy({ podSelector: selected, ingress: [{}] });
  const egress = policy({ podSelector: { matchLabels: { app: 'b' } }, policyTypes: ['Egress'] });
  expect(allowed(b, a, ingress)).toBe(true);
  expect(allowed(b, a, ingress, egress)).toBe(false);
});

test.each<[peer: object, fromB: boolean, fromForeign: boolean, fromOutside: boolean]>([
  [{ podSelector: {} }, true, false, false],
  [{ podSelector: { matchLabels: { app: 'b' } } }, true, false, false],
  [{ namespaceSelector: {} }, true, true, false],
  [{ namespaceSelector: { matchLabels: { team: 'x' } } }, false, true, false],
  [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } }, false, true, false],
  [
    { namespaceSelector: { matchLabels: { team: 'x' } }, podSelector: { matchLabels: { app: 'z' } } },
    false,
    false,
    false,
  ],
  [{ ipBlock: { cidr: '192.0.2.0/24' } }, false, false, true],
  [{ ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.7/32'] } }, false, false, false],
  [{ ipBlock: { cidr: '0.0.0.0/0' } }, true, true, true],
])('the peer %j', (peer, ...expected) => {
  const rule = policy({ podSelector: selected, ingress: [{ from: [peer] }] });
  expect([b, foreign, outside].map((from) => allowed(from, a, rule))).toEqual(expected);
});

test.each<[ports: object[], port: number, protocol: 'TCP' | 'UDP', expected: boolean]>([
  [[], 1, 'UDP', true],
  [[{ port: 80 }], 80, 'TCP', true],
  [[{ port: 80 }], 80, 'UDP', false],
  [[{ port: 80 }], 81, 'TCP', false],
  [[{ protocol: 'UDP' }], 5, 'UDP', true],
  [[{ port: 80, endPort: 90 }], 85, 'TCP', true],
  [[{ port: 80, endPort: 90 }], 91, 'TCP', false],
  [[{ port: 'web' }], 8080, 'TCP', true],
  [[{ port: 'web' }], 80, 'TCP', false],
  [[{ port: 'none' }], 80, 'TCP', false],
])('ports %j: %i/%s', (ports, port, protocol, expected) => {
  const to: Endpoint = {
    ...a,
    pod: { namespace: 'ns', labels: { app: 'a' }, ports: new Map([['web', 8080]]) },
  };
  const network = new Network([policy({ podSelector: selected, ingress: [{ ports }] })], 'ns');
  expect(network.allows({ from: b, to, port, protocol })).toBe(expected);
});
