import type { MilvusConfig } from '../../lib';
import { clusterOf, manifestsOf, minimal } from '../support/clusters';
import { at, find, idOf, records } from '../support/manifests';

const s3 = { address: 's3.example.com', bucket: 'milvus', tls: { enabled: true } };
const overTls = (tls: object = {}, more: object = {}): MilvusConfig => ({
  ...minimal,
  backup: { enabled: true },
  s3: { ...s3, ...more, tls: { enabled: true, ...tls } },
});
const pod = (config: MilvusConfig, name: string, kind = 'Deployment') => {
  const object = find(manifestsOf(config), kind, `milvus-test-${name}`);
  return at(object, 'spec', ...(kind === 'CronJob' ? ['jobTemplate', 'spec'] : []), 'template', 'spec');
};
const container = (config: MilvusConfig, name: string, of: string, list = 'containers', kind?: string) =>
  records(at(pod(config, name, kind), list)).find((each) => each['name'] === of);
const proxyConfig = (config: MilvusConfig) =>
  String(at(find(manifestsOf(config), 'ConfigMap', 'milvus-test-s3-tls'), 'data', 'haproxy.cfg'));

test('plain HTTP stays as it is', () => {
  expect(
    manifestsOf(minimal)
      .map(idOf)
      .filter((id) => id.includes('tls')),
  ).toEqual([]);
  expect(JSON.stringify(pod(minimal, 'writable'))).not.toMatch(
    /s3-tls|haproxy|S3_SCHEME|hostAliases|sysctls/,
  );
});

test.each(['writable', 'readonly'])(
  '%s speaks to a proxy of its own, under the name of the endpoint',
  (name) => {
    const config = overTls();
    expect(container(config, name, 's3-tls')).toMatchObject({
      image: 'haproxy:2.8.10',
      command: ['haproxy', '-db', '-f', '/etc/s3-tls/haproxy.cfg'],
      lifecycle: { preStop: { exec: { command: ['flock', '/run/s3-tls/server', 'true'] } } },
    });
    expect(container(config, name, 'milvus')).toMatchObject({
      args: [
        'sh',
        '/opt/cdk8s-milvus/with-s3-tls.sh',
        '80',
        '/run/s3-tls/server',
        '/var/lib/milvus/bin/milvus_server',
        '-c',
        '/run/milvus/server_config.yaml',
      ],
    });
    expect(records(container(config, name, 'milvus')?.['volumeMounts'])).toEqual(
      expect.arrayContaining([
        { name: 's3-tls', mountPath: '/etc/hosts', subPath: 'hosts', readOnly: true },
        { name: 's3-tls-alive', mountPath: '/run/s3-tls' },
      ]),
    );
    // The port that plain HTTP does not name, so that Host is what others send.
    expect(clusterOf(config).serverConfigs.writable.text).toContain(
      's3_address: s3.example.com\n  s3_port: 80\n',
    );
    expect(at(pod(config, name), 'securityContext', 'sysctls')).toEqual([
      { name: 'net.ipv4.ip_unprivileged_port_start', value: '80' },
    ]);
    expect(at(find(manifestsOf(config), 'ConfigMap', 'milvus-test-s3-tls'), 'data', 'hosts')).toBe(
      '127.0.0.1 localhost\n127.0.0.1 s3.example.com\n',
    );
  },
);

test('the certificate is verified, by the CAs of the image or one that is named', () => {
  expect(proxyConfig(overTls())).toContain(
    'server s3 s3.example.com:443 ssl verify required ca-file @system-ca sni str(s3.example.com) verifyhost s3.example.com',
  );
  const own = overTls({ caSecret: 'storage-ca' }, { port: 7481 });
  expect(proxyConfig(own)).toContain('bind 127.0.0.1:7481\n');
  expect(proxyConfig(own)).toContain(
    'server s3 s3.example.com:7481 ssl verify required ca-file /etc/s3-ca/ca.crt',
  );
  expect(at(pod(own, 'writable'), 'securityContext')).not.toHaveProperty('sysctls');
  for (const [name, kind, list, of] of [
    ['writable', 'Deployment', 'containers', 's3-tls'],
    ['writable', 'Deployment', 'initContainers', 's3-preflight'],
    ['backup', 'CronJob', 'containers', 'upload'],
  ] as const) {
    expect(records(at(pod(own, name, kind), 'volumes'))).toContainEqual({
      name: 's3-ca',
      secret: { secretName: 'storage-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
    });
    expect(records(container(own, name, of, list, kind)?.['volumeMounts'])).toContainEqual({
      name: 's3-ca',
      mountPath: '/etc/s3-ca',
      readOnly: true,
    });
  }
});

test('everybody else speaks TLS by itself, to the same name', () => {
  const byAddress = overTls({ serverName: 'rgw.example.com', caSecret: 'ca' }, { address: '192.168.18.13' });
  for (const [name, kind, list, of] of [
    ['readonly', 'Deployment', 'initContainers', 's3-preflight'],
    ['backup', 'CronJob', 'containers', 'upload'],
  ] as const) {
    expect(records(container(byAddress, name, of, list, kind)?.['env'])).toEqual(
      expect.arrayContaining([
        { name: 'S3_SCHEME', value: 'https' },
        { name: 'S3_CA', value: '/etc/s3-ca/ca.crt' },
        { name: 'S3_ADDRESS', value: 'rgw.example.com' },
        { name: 'S3_PORT', value: '443' },
      ]),
    );
    expect(at(pod(byAddress, name, kind), 'hostAliases')).toEqual([
      { ip: '192.168.18.13', hostnames: ['rgw.example.com'] },
    ]);
  }
  expect(proxyConfig(byAddress)).toContain('server s3 192.168.18.13:443 ssl');
});

test('a backup elsewhere has TLS of its own, or none', () => {
  const env = (backup: object) =>
    records(
      container(
        { ...overTls(), backup: { enabled: true, s3: backup } },
        'backup',
        'upload',
        'containers',
        'CronJob',
      )?.['env'],
    );
  expect(env({ address: 'plain.example.com', bucket: 'backups' })).not.toContainEqual({
    name: 'S3_SCHEME',
    value: 'https',
  });
  expect(env({ address: 'plain.example.com', bucket: 'backups', tls: { enabled: true } })).toEqual(
    expect.arrayContaining([
      { name: 'S3_SCHEME', value: 'https' },
      { name: 'S3_PORT', value: '443' },
    ]),
  );
});

test('a standalone server has a proxy, too', () => {
  const config: MilvusConfig = { ...minimal, mode: 'standalone', s3 };
  expect(container(config, 'writable', 's3-tls')).toBeDefined();
});
