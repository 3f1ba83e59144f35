import type { MilvusConfig } from '../../lib';
import { manifestsOf, minimal } from '../support/clusters';
import { at, find, type Manifest, records } from '../support/manifests';

type Milvus = NonNullable<MilvusConfig['milvus']>;
const deployment = (config: MilvusConfig, name: string): Manifest =>
  find(manifestsOf(config), 'Deployment', `milvus-test-${name}`);
const pod = (config: MilvusConfig, name: string) => at(deployment(config, name), 'spec', 'template', 'spec');
const main = (config: MilvusConfig, name: string) => records(at(pod(config, name), 'containers'))[0];
const serverConfig = (config: MilvusConfig, file: string) =>
  String(at(find(manifestsOf(config), 'ConfigMap', 'milvus-test'), 'data', file));
const env = (config: MilvusConfig) =>
  Object.fromEntries(records(main(config, 'mishards')?.['env']).map(({ name, value }) => [name, value]));

describe('GPU', () => {
  const gpu = (milvus: Milvus['gpu'], more: Partial<MilvusConfig> = {}): MilvusConfig => ({
    ...minimal,
    milvus: { gpu: milvus },
    ...more,
  });

  test('both roles run the GPU build, with the devices that they name', () => {
    const config = gpu({ enabled: true, searchDevices: ['gpu0', 'gpu2'] });
    for (const role of ['writable', 'readonly']) {
      expect(main(config, role)).toMatchObject({
        image: 'milvusdb/milvus:1.1.1-gpu-d061621-330cc6',
        resources: { requests: { 'nvidia.com/gpu': '3' }, limits: { 'nvidia.com/gpu': '3' } },
      });
    }
    expect(serverConfig(config, 'server_config.yaml')).toContain(
      'gpu:\n  enable: true\n  cache_size: 1GB\n  gpu_search_threshold: 1000\n  search_devices:\n    - gpu0\n    - gpu2\n  build_index_devices:\n    - gpu0\n',
    );
  });

  test('one role has it, the other runs the CPU build without a word about it', () => {
    const config = gpu({ enabled: true }, { readonly: { gpu: { enabled: false } } });
    expect(main(config, 'writable')).toMatchObject({ image: expect.stringContaining('gpu') });
    expect(main(config, 'readonly')).toMatchObject({ image: expect.stringContaining('cpu') });
    expect(serverConfig(config, 'readonly_server_config.yaml')).not.toContain('gpu');
    // The rendering runs in the image that is there anyway.
    expect(
      new Set(records(at(pod(config, 'writable'), 'initContainers')).map(({ image }) => image)),
    ).not.toContain('milvusdb/milvus:1.1.1-cpu-d061621-330cc6');
  });
});

describe('logs', () => {
  test('a role has its own, and the rest of both', () => {
    const config: MilvusConfig = {
      ...minimal,
      milvus: { logs: { level: 'error', rotateNum: 2 } },
      readonly: { logs: { level: 'fatal' } },
    };
    expect(serverConfig(config, 'server_config.yaml')).toMatch(/level: error\n[\s\S]*log_rotate_num: 2\n/);
    expect(serverConfig(config, 'readonly_server_config.yaml')).toMatch(
      /level: fatal\n[\s\S]*log_rotate_num: 2\n/,
    );
  });

  test('kept: one claim, a directory for each pod', () => {
    const config: MilvusConfig = {
      ...minimal,
      milvus: { logs: { toFile: true, persistence: { enabled: true, size: '7Gi', subPath: 'milvus/logs' } } },
    };
    expect(find(manifestsOf(config), 'PersistentVolumeClaim', 'milvus-test-logs')).toMatchObject({
      spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '7Gi' } } },
    });
    const mount = (role: string) =>
      records(main(config, role)?.['volumeMounts']).find(({ name }) => name === 'logs');
    expect(mount('writable')).toEqual({
      name: 'logs',
      mountPath: '/var/lib/milvus/logs',
      subPath: 'milvus/logs/writable',
    });
    expect(mount('readonly')).toEqual({
      name: 'logs',
      mountPath: '/var/lib/milvus/logs',
      subPathExpr: 'milvus/logs/$(POD_NAME)',
    });
    expect(main(config, 'readonly')?.['env']).toEqual([
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    ]);
  });
});

test('without a write-ahead log there is no claim for it, and no memory', () => {
  const config: MilvusConfig = { ...minimal, wal: { enabled: false } };
  expect(manifestsOf(config).map(({ kind }) => kind)).not.toContain('PersistentVolumeClaim');
  expect(serverConfig(config, 'server_config.yaml')).toContain('wal:\n  enable: false\n');
  expect(records(main(config, 'writable')?.['volumeMounts']).map(({ name }) => name)).not.toContain('wal');
});

describe('push gateways', () => {
  test('one in the pod of each server, to which it pushes', () => {
    const config: MilvusConfig = { ...minimal, milvus: { metrics: { enabled: true, port: 9099 } } };
    for (const role of ['writable', 'readonly']) {
      expect(records(at(pod(config, role), 'containers'))[1]).toMatchObject({
        name: 'pushgateway',
        image: 'prom/pushgateway:v1.10.0',
        args: ['--web.listen-address=:9099'],
        ports: [{ name: 'pushgateway', containerPort: 9099 }],
      });
    }
    expect(serverConfig(config, 'server_config.yaml')).toContain(
      'metric:\n  enable: true\n  address: 127.0.0.1\n  port: 9099\n  cluster_label: milvus-test\n',
    );
  });

  test.each<[what: string, metrics: Milvus['metrics']]>([
    ['off', {}],
    ['elsewhere', { enabled: true, address: 'pushgateway.monitoring' }],
  ])('none when it is %s', (_, metrics) => {
    expect(records(at(pod({ ...minimal, milvus: { metrics } }, 'writable'), 'containers'))).toHaveLength(1);
  });
});

test('files for additional containers are in a ConfigMap, and a changed one rolls the servers', () => {
  const config = (text: string): MilvusConfig => ({
    ...minimal,
    milvus: { extraConfigFiles: { 'filebeat.yml': text } },
    writable: {
      podTemplate: {
        spec: {
          containers: [
            {
              name: 'filebeat',
              image: 'filebeat:7',
              volumeMounts: [{ name: 'extra-config', mountPath: '/etc/filebeat' }],
            },
          ],
        },
      },
    },
  });
  expect(at(find(manifestsOf(config('a')), 'ConfigMap', 'milvus-test-extra-config'), 'data')).toEqual({
    'filebeat.yml': 'a',
  });
  expect(records(at(pod(config('a'), 'writable'), 'volumes'))).toContainEqual({
    name: 'extra-config',
    configMap: { name: 'milvus-test-extra-config' },
  });
  const checksum = (text: string) =>
    at(
      deployment(config(text), 'writable'),
      'spec',
      'template',
      'metadata',
      'annotations',
      'cdk8s-milvus/checksum',
    );
  expect(checksum('a')).not.toBe(checksum('b'));
});

test('static discovery: the readers that are named, and never the writable', () => {
  const one: MilvusConfig = { ...minimal, mishards: { discovery: 'static' } };
  expect(env(one)).toMatchObject({
    DISCOVERY_CLASS_NAME: 'static',
    DISCOVERY_STATIC_HOSTS: 'milvus-test-readonly',
    DISCOVERY_STATIC_PORT: '19530',
  });
  const named: MilvusConfig = { ...minimal, mishards: { discovery: 'static', staticHosts: ['a', 'b:1'] } };
  expect(env(named)).toMatchObject({ DISCOVERY_STATIC_HOSTS: 'a,b:1' });
});

test('clients may ask for no secret, unless that is wanted', () => {
  expect(env(minimal)).toMatchObject({ MISHARDS_COMMANDS: 'restricted' });
  expect(env({ ...minimal, mishards: { commands: 'all' } })).toMatchObject({ MISHARDS_COMMANDS: 'all' });
});

test('a reader serves on for as long as DNS may still name it, and has time for what it was asked', () => {
  const config: MilvusConfig = {
    ...minimal,
    mishards: { dnsCacheSeconds: 5, discoveryIntervalSeconds: 2 },
    milvus: { network: { httpEnabled: false } },
  };
  expect(main(config, 'readonly')).toMatchObject({
    // Without the HTTP port there is nobody to tell, but the time remains.
    lifecycle: { preStop: { exec: { command: ['sh', '/opt/cdk8s-milvus/leave.sh', '', '8'] } } },
  });
  expect(at(pod(config, 'readonly'), 'terminationGracePeriodSeconds')).toBe(38);
  const readonly = (seconds: number) =>
    ({
      ...minimal,
      readonly: { podTemplate: { spec: { terminationGracePeriodSeconds: seconds } } },
    }) as const;
  expect(at(pod(readonly(67), 'readonly'), 'terminationGracePeriodSeconds')).toBe(67);
  expect(() => pod(readonly(66), 'readonly')).toThrow(
    'readonly.podTemplate.spec.terminationGracePeriodSeconds: given 66; expected more than 66: a stopping pod goes on serving for that many seconds',
  );
});

test('traces are sampled, and off unless asked for', () => {
  expect(Object.keys(env(minimal)).filter((name) => name.startsWith('TRAC'))).toEqual([]);
  expect(env({ ...minimal, mishards: { tracing: { enabled: true, host: 'agent' } } })).toMatchObject({
    TRACER_CLASS_NAME: 'jaeger',
    TRACING_SERVICE_NAME: 'milvus-test',
    TRACING_REPORTING_HOST: 'agent',
    TRACING_REPORTING_PORT: '5775',
    TRACING_SAMPLER_TYPE: 'probabilistic',
    TRACING_SAMPLER_PARAM: '0.01',
  });
});
