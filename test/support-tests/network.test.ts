import type { Manifest } from '../support/manifests';
import { behind, type Endpoint, host, Network, pod, podsOf } from '../support/network';

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
  [
    { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['b', 'z'] }] } },
    true,
    false,
    false,
  ],
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
  [[{ port: 'dns', protocol: 'UDP' }], 53, 'UDP', true],
  [[{ port: 'dns' }], 53, 'TCP', false],
  [[{ port: 'web', protocol: 'UDP' }], 8080, 'UDP', false],
  [[{ protocol: 'UDP' }], 5, 'TCP', false],
  [[{ port: 81 }, { port: 80 }], 80, 'TCP', true],
])('ports %j: %i/%s', (ports, port, protocol, expected) => {
  const to: Endpoint = {
    ...a,
    pod: {
      namespace: 'ns',
      labels: { app: 'a' },
      ports: new Map([
        ['web/TCP', 8080],
        ['dns/UDP', 53],
      ]),
    },
  };
  const network = new Network([policy({ podSelector: selected, ingress: [{ ports }] })], 'ns');
  expect(network.allows({ from: b, to, port, protocol })).toBe(expected);
});

test('a name of a port is that of the other end, for egress as well', () => {
  const server: Endpoint = {
    ...b,
    pod: { namespace: 'ns', labels: {}, ports: new Map([['web/TCP', 8080]]) },
  };
  const egress = policy({
    podSelector: selected,
    policyTypes: ['Egress'],
    egress: [{ ports: [{ port: 'web' }] }],
  });
  const reaches = (to: Endpoint, port: number) => new Network([egress], 'ns').allows({ from: a, to, port });
  expect([reaches(server, 8080), reaches(server, 80), reaches(outside, 8080)]).toEqual([true, false, false]);
});

test('an empty list of egress rules does not make a policy one for egress', () => {
  expect(allowed(a, outside, policy({ podSelector: selected, egress: [] }))).toBe(true);
  expect(allowed(a, outside, policy({ podSelector: selected, policyTypes: ['Egress'], egress: [] }))).toBe(
    false,
  );
});

test('rules of a direction that policyTypes leaves out count for nothing', () => {
  const rules = { podSelector: selected, policyTypes: ['Ingress'], ingress: [{}], egress: [] };
  expect(allowed(a, b, policy(rules))).toBe(true);
  expect(allowed(b, a, policy(rules))).toBe(true);
});

test('an empty list of peers is all, as none is', () => {
  expect(allowed(outside, a, policy({ podSelector: selected, ingress: [{ from: [] }] }))).toBe(true);
  expect(allowed(outside, a, policy({ podSelector: selected, ingress: [] }))).toBe(false);
});

test('one peer with two selectors is both, two peers with one are either', () => {
  const both = {
    namespaceSelector: { matchLabels: { team: 'x' } },
    podSelector: { matchLabels: { app: 'b' } },
  };
  const { namespaceSelector, podSelector } = both;
  const from = (peers: object[]) => policy({ podSelector: selected, ingress: [{ from: peers }] });
  const stranger = pod('d', 'other', { app: 'd' });
  const from3 = (peers: object[]) => [b, foreign, stranger].map((one) => allowed(one, a, from(peers)));
  expect(from3([both])).toEqual([false, true, false]);
  expect(from3([{ namespaceSelector }, { podSelector }])).toEqual([true, true, true]);
});

test('peers and ports of one rule go together, those of two rules do not mix', () => {
  const rules = [
    { from: [{ podSelector: { matchLabels: { app: 'b' } } }], ports: [{ port: 80 }] },
    { from: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: [{ port: 81 }] },
  ];
  const network = new Network([policy({ podSelector: selected, ingress: rules })], 'ns');
  const on = (from: Endpoint) => [80, 81].map((port) => network.allows({ from, to: a, port }));
  expect([on(b), on(outside)]).toEqual([
    [true, false],
    [false, true],
  ]);
});

test('expressions select, too', () => {
  const rule = (operator: string, values?: string[]) =>
    policy({
      podSelector: selected,
      ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'app', operator, values }] } }] }],
    });
  const bare = pod('bare', 'ns');
  const from = (one: Manifest) => [b, bare].map((end) => allowed(end, a, one));
  expect(from(rule('In', ['b']))).toEqual([true, false]);
  expect(from(rule('NotIn', ['b']))).toEqual([false, true]);
  expect(from(rule('Exists'))).toEqual([true, false]);
  expect(from(rule('DoesNotExist'))).toEqual([false, true]);
});

test('a pod reaches itself, whatever the policies', () => {
  const deny = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  expect(allowed(a, a, deny)).toBe(true);
  expect(allowed(a, pod('another of it', 'ns', { app: 'a' }), deny)).toBe(false);
});

test('whether an ipBlock is for pods depends on the plugin', () => {
  const rule = policy({ podSelector: selected, ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] });
  const from = (ipBlocksMatchPods?: boolean) =>
    [b, outside].map((end) =>
      new Network([rule], 'ns', {}, { ipBlocksMatchPods }).allows({ from: end, to: a, port: 80 }),
    );
  expect([from(), from(true), from(false)]).toEqual([
    [true, true],
    [true, true],
    [false, true],
  ]);
});

test('ranges of IPv6, and of neither', () => {
  const rule = (cidr: string) =>
    policy({ podSelector: selected, ingress: [{ from: [{ ipBlock: { cidr } }] }] });
  expect(allowed(host('fd00::1'), a, rule('fd00::/8'))).toBe(true);
  expect(allowed(host('fe80::1'), a, rule('fd00::/8'))).toBe(false);
  expect(allowed(outside, a, rule('::/0'))).toBe(false);
  expect(allowed(host('fd00::1'), a, rule('0.0.0.0/0'))).toBe(false);
  expect(() => allowed(outside, a, rule('192.0.2.7'))).toThrow('192.0.2.7 is not a CIDR');
});

test('policies of other groups are not these', () => {
  const calico = { ...policy({ selector: 'all()' }), apiVersion: 'projectcalico.org/v3' };
  expect(allowed(b, a, calico)).toBe(true);
});

test.each([{}, { ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }])('the peer %j is refused', (peer) => {
  expect(() => allowed(b, a, policy({ podSelector: selected, ingress: [{ from: [peer] }] }))).toThrow(
    'NetworkPolicy/p: a peer is either an ipBlock or has selectors',
  );
});

test('explains itself', () => {
  const named = (name: string, spec: object): Manifest => ({ ...policy(spec), metadata: { name } });
  const network = new Network(
    [
      named('deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
      named('web', {
        podSelector: selected,
        ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }],
      }),
    ],
    'ns',
  );
  expect(network.explain({ from: b, to: a, port: 80 })).toBe(
    'b -> a 80/TCP\n  Egress of b: denied, allowed by none of deny\n  Ingress of a: allowed by web',
  );
  expect(network.explain({ from: outside, to: a, port: 81, protocol: 'UDP' })).toBe(
    '192.0.2.7 -> a 81/UDP\n  Egress of 192.0.2.7: under no policy\n  Ingress of a: denied, allowed by none of deny, web',
  );
});

describe('what is behind a Service', () => {
  const workload = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      template: {
        metadata: { labels: { app: 'a' } },
        spec: {
          initContainers: [
            { name: 'sidecar', restartPolicy: 'Always', ports: [{ name: 'metrics', containerPort: 9091 }] },
          ],
          containers: [{ name: 'web', ports: [{ name: 'http', containerPort: 8080 }] }],
        },
      },
    },
  } as Manifest;
  const service = (spec: object): Manifest =>
    ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { selector: { app: 'a' }, ...spec },
    }) as Manifest;
  const ends = (spec: object) =>
    behind([workload, service(spec)], 'ns', 's', 80).map(({ to, port }) => `${to.name} ${port}`);

  test('is its pods, on their ports', () => {
    expect(ends({ ports: [{ port: 80, targetPort: 8080 }] })).toEqual(['web 8080']);
    expect(ends({ ports: [{ port: 80, targetPort: 'http' }] })).toEqual(['web 8080']);
    expect(ends({ ports: [{ port: 80 }] })).toEqual(['web 80']);
    expect(ends({ ports: [{ port: 80 }], selector: { app: 'b' } })).toEqual([]);
  });

  test('is the same port when it is headless, whatever its target', () => {
    expect(ends({ clusterIP: 'None', ports: [{ port: 80, targetPort: 'http' }] })).toEqual(['web 80']);
  });

  test('is nothing on ports that neither has', () => {
    expect(() => ends({ ports: [{ port: 81 }] })).toThrow('Service/s has no port 80; it has 81');
    expect(() => ends({ ports: [{ port: 80, targetPort: 'grpc' }] })).toThrow(
      'web has no TCP port that is called grpc',
    );
  });

  test('has the ports of sidecars', () => {
    expect([...(podsOf([workload], 'ns').get('web')?.pod?.ports ?? [])]).toEqual([
      ['metrics/TCP', 9091],
      ['http/TCP', 8080],
    ]);
  });
});
