import * as z from 'zod';
import {
  annotations,
  bytesQuantity,
  count,
  dnsLabel,
  flag,
  host,
  hostAndPort,
  image,
  labels,
  labelValue,
  milvusSize,
  port,
  rule,
} from '../rules';
import { serverOptions } from '../server-keys';
import { MOST_READERS, RESOURCE_DEFAULTS } from '../sizing';
import { s3Credentials, s3Tls } from './credentials';
import { externalMysql, mysql } from './metadata';
import { bucket, clusterName } from './names';
import { networkPolicy } from './network-policy';
import { admin, backup, minio, monitoring, smokeTest } from './operations';
import { cache, engine, extraServerConfig, gpu, logs, metrics, serverRole } from './server';
import { service } from './service';
import { claim, podTemplate, replication, workload } from './workload';

export { LONGEST_NAME } from './names';

/**
 * The configuration of a cluster: the one place where its keys, their rules, their descriptions and their fixed
 * defaults stand. `milvus.schema.json` and the type MilvusConfig are generated from it (`npm run generate`).
 * A default that depends on other keys is described as `- ...` in the description and computed in settings.ts.
 */

export const clusterSchema = z
  .strictObject({
    name: clusterName.describe(
      'Name of the cluster: the prefix of every object, and the name of the Service that clients connect to.',
    ),
    mode: z
      .enum(['cluster', 'standalone'])
      .default('cluster')
      .describe(
        '`cluster`: mishards in front of one writable and any number of readers. `standalone`: one server that does everything.',
      ),
    instance: labelValue()
      .optional()
      .describe(
        'Value of the label app.kubernetes.io/instance, which selects the pods. For a release taken over from the chart it is the name of the release.\n\n@default - name',
      ),
    appName: labelValue()
      .default('milvus')
      .describe(
        'Value of the label app.kubernetes.io/name, which selects the pods. It can not be changed on a running cluster.',
      ),
    namespace: dnsLabel()
      .optional()
      .describe('Namespace of every object.\n\n@default - none: `kubectl -n` or kustomize decides'),
    labels: labels().default({}).describe('Additional labels on every object (not on pods).'),
    annotations: annotations().default({}).describe('Additional annotations on every object (not on pods).'),

    s3: z
      .strictObject({
        address: host(
          'a host name or IPv4 address, without scheme, port or path',
          'Write only the host. Put the port into s3.port, and for an https endpoint set s3.tls.enabled: true.',
        )
          .optional()
          .describe(
            'Host name or IPv4 address of the S3 endpoint (Ceph RGW, MinIO, ...). Required unless `embedded` is true.\n\n@default - none; with `embedded`, the embedded MinIO',
          ),
        embedded: flag()
          .default(false)
          .describe(
            'Deploy a MinIO of one pod with the cluster, for a first try on kind or minikube. Not for production: one disk, one process, no backup.',
          ),
        port: rule(z.int().min(1).max(65534), 'a port number from 1 to 65534')
          .optional()
          .describe('Port of the S3 endpoint.\n\n@default - 80, or 443 with tls'),
        tls: s3Tls('the S3 endpoint').prefault({}),
        bucket: bucket().describe(
          'Bucket for the vectors, used by this cluster only. It must exist, unless createBucket is true.',
        ),
        credentials: s3Credentials
          .prefault({})
          .describe('Where the S3 keys come from.\n\n@default - the Secret `<name>-s3`'),
        createBucket: flag()
          .default(false)
          .describe(
            'Create the bucket if it is missing, before the writable starts. The S3 key must have the right to create buckets.',
          ),
        waitSeconds: count(0, 86400, 'seconds')
          .default(300)
          .describe(
            'Seconds that a starting pod waits for the endpoint. Then it fails with a message, and tries again.',
          ),
      })
      // Beside all other problems, so that one report has them all.
      .refine(({ address, embedded }) => address !== undefined || embedded === true, {
        path: ['address'],
        when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
      })
      .optional()
      .describe(
        'The S3 storage of the vectors. Milvus 1.1.1 uses path-style requests, region us-east-1 and static keys.\n\n@default - none: the vectors are on the volume of storage.persistence, which a cluster without S3 has to enable',
      ),

    storage: z
      .strictObject({
        ...serverOptions('storage'),
        sizeLimit: bytesQuantity('10Gi')
          .default('10Gi')
          .describe(
            'Size limit of the emptyDir for local copies. Its use grows slowly with the number of segments.',
          ),
        persistence: claim(
          'Volume for the directory `db` of storage.path: the vectors if there is no S3, and metadata in SQLite. All servers share it. Readers on other nodes need ReadWriteMany, e.g. NFS or CephFS. Argo CD and Flux do not delete the claim, unless `annotations` say otherwise.',
          'enabled on a standalone server without S3 or with SQLite; 50Gi, ReadWriteMany (ReadWriteOnce on a standalone server), of the default StorageClass',
          { size: '50Gi' },
        ),
      })
      .prefault({})
      .describe('How the servers store vectors: paths, flushes and local copies.'),

    wal: z
      .strictObject({
        ...serverOptions('wal'),
        persistence: claim(
          'Volume of the log. Argo CD and Flux do not delete its claim, unless `annotations` say otherwise.',
          'enabled, 10Gi, ReadWriteOnce, of the StorageClass of mysql.persistence',
          { enabled: true, size: '10Gi', accessModes: ['ReadWriteOnce'] },
        ),
      })
      .prefault({})
      .describe(
        'The write-ahead log: inserts and deletes that are not flushed yet. The writable keeps it on a volume, never in S3.',
      ),

    milvus: z
      .strictObject({
        ...serverOptions('milvus'),
        network: z
          .strictObject(serverOptions('milvus.network'))
          .prefault({})
          .describe('Ports on which the servers listen inside their pods.'),
        logs: logs.prefault({}).describe('What the servers log, and where.'),
        cache: cache
          .prefault({})
          .describe('Memory of both roles. writable.cache and readonly.cache override it.'),
        engine: engine
          .prefault({})
          .describe('Search engine of both roles. writable.engine and readonly.engine override it.'),
        gpu: gpu.prefault({}).describe('GPUs of both roles. writable.gpu and readonly.gpu override it.'),
        metrics: metrics
          .prefault({})
          .describe('Metrics for Prometheus. Milvus 1.1.1 can only push them to a push gateway.'),
        extraConfigFiles: z
          .record(
            rule(
              z.string().regex(/^[A-Za-z0-9][\w.-]{0,252}$/),
              'the name of a file: letters, digits, "_", "." and "-"',
            ),
            z.string(),
          )
          .default({})
          .describe(
            'Files by name. They are in the volume `extra-config` of the pods of the servers; mount it with podTemplate. No credentials: it is a ConfigMap.',
          ),
        extraServerConfig: extraServerConfig(''),
      })
      .prefault({})
      .describe('Settings of both roles, the writable and the readers.'),

    writable: z
      .strictObject({
        replicas: rule(
          z.literal(1),
          '1: there is exactly one writable',
          "Two writers destroy each other's files at start. Add readers instead: readonly.replicas.",
        )
          .default(1)
          .describe("Number of writables. It is always 1: two would destroy each other's files."),
        maxIndexFileSize: milvusSize()
          .default('1GB')
          .describe(
            'Largest index_file_size of your collections. It only sets the default of the memory limit: an index build needs about four times as much memory.',
          ),
        ...serverRole('enough for cache, buffers and index builds'),
      })
      .prefault({})
      .describe('The server that takes writes, builds indexes and answers everything except searches.'),

    readonly: z
      .strictObject({
        replicas: count(1, MOST_READERS, 'readers')
          .default(1)
          .describe(
            'Number of readers, the pods that search. With two or more, searches go on if one is lost.',
          ),
        ...replication(),
        ...serverRole('enough for the cache'),
      })
      .prefault({})
      .describe('The servers that search.'),

    mishards: z
      .strictObject({
        replicas: count(1, 1000, 'proxies')
          .default(1)
          .describe('Number of proxies, the pods that clients connect to.'),
        ...replication(),
        maxWorkers: count(1, 10000, 'threads')
          .default(50)
          .describe(
            'Number of requests that each proxy serves at the same time, a thread for each (MAX_WORKERS).',
          ),
        maxRetry: count(1, 100, 'tries')
          .default(3)
          .describe(
            'How often a call tries to reach the writable, 30 seconds each time, before it fails (MAX_RETRY).',
          ),
        logLevel: rule(
          z.enum(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL']),
          'one of DEBUG, INFO, WARNING, ERROR, CRITICAL (upper case)',
        )
          .default('WARNING')
          .describe('Lowest level that is logged. INFO writes a line for each request.'),
        discovery: rule(z.enum(['dns', 'kubernetes', 'static']), '"dns", "kubernetes" or "static"')
          .default('dns')
          .describe(
            'How the proxy finds readers: `dns` asks a headless Service and needs no rights, `kubernetes` lists pods and needs rights for that, `static` takes staticHosts. It checks every second which of them answer.',
          ),
        staticHosts: z
          .array(hostAndPort('a host name or IPv4 address, with :port when that is not 19530'))
          .min(1)
          .optional()
          .describe(
            'Addresses of the readers for `discovery: static`, one for each reader, and never the writable. A name is resolved once.\n\n@default - the Service `<name>-readonly`, which is enough for one reader',
          ),
        tracing: z
          .strictObject({
            enabled: flag().default(false).describe('Send traces to a Jaeger agent.'),
            className: rule(z.string().regex(/^\w+$/), 'the name of a tracer plugin such as jaeger')
              .default('jaeger')
              .describe('Name of the tracer plugin (TRACER_CLASS_NAME).'),
            host: host('the host name or IPv4 address of a Jaeger agent')
              .default('jaeger')
              .describe('Host of the agent (TRACING_REPORTING_HOST).'),
            port: port().default(5775).describe('UDP port of the agent (TRACING_REPORTING_PORT).'),
            serviceName: z
              .string()
              .min(1)
              .optional()
              .describe(
                'Name of the service in the traces (TRACING_SERVICE_NAME).\n\n@default - name of the cluster',
              ),
            samplerType: z
              .enum(['const', 'probabilistic', 'ratelimiting'])
              .default('probabilistic')
              .describe(
                'How requests to trace are chosen (TRACING_SAMPLER_TYPE). samplerParam says how many.',
              ),
            samplerParam: rule(z.number().min(0), 'a number, 0 or more')
              .default(0.01)
              .describe(
                'For const 1 or 0, for probabilistic a share from 0 to 1, for ratelimiting the traces per second (TRACING_SAMPLER_PARAM).',
              ),
          })
          .prefault({})
          .describe('Traces of the requests, for Jaeger.'),
        discoveryIntervalSeconds: count(1, 300, 'seconds')
          .default(5)
          .describe('Seconds between two looks for new readers.'),
        dnsCacheSeconds: count(0, 3600, 'seconds')
          .default(60)
          .describe(
            'Seconds that the DNS of Kubernetes may give an old answer: time to live plus caches, 30 each with kubeadm and in many clouds. A stopping reader goes on serving for this time plus discoveryIntervalSeconds.',
          ),
        commands: z
          .enum(['restricted', 'all'])
          .default('restricted')
          .describe(
            'Which commands of the client API are allowed. `restricted` refuses those that read credentials (get_config) or change settings (set_config); with `all` every client can read the credentials.',
          ),
        database: z
          .strictObject({
            poolSize: count(1, 10000, 'connections')
              .default(50)
              .describe('Connections to MySQL that each proxy keeps open (pool_size).'),
            maxOverflow: count(0, 10000, 'connections')
              .default(0)
              .describe(
                'Connections that each proxy may open for a short time, in addition to poolSize (max_overflow).',
              ),
            poolRecycleSeconds: count(1, 28799, 'seconds')
              .default(300)
              .describe(
                "Age at which a connection is replaced (pool_recycle). It must be below MySQL's wait_timeout.",
              ),
            poolTimeoutSeconds: count(1, 3600, 'seconds')
              .default(30)
              .describe('Seconds that a request waits for a connection (pool_timeout).'),
          })
          .prefault({})
          .describe('Connections of each proxy to MySQL.'),
        ...workload(RESOURCE_DEFAULTS.mishards),
      })
      .prefault({})
      .describe('The proxy that clients connect to.'),

    service: service(
      'The Service `<name>` that clients connect to. Milvus 1.1.1 has no logins, so keep it inside: whoever reaches it can read and delete all data.',
      19530,
    ),

    mysql,

    externalMysql,

    mysqlWaitSeconds: count(0, 86400, 'seconds')
      .default(300)
      .describe(
        'Seconds that a starting pod waits for a login to MySQL. Then it fails with a message, and tries again.',
      ),

    minio,

    admin,

    networkPolicy,

    monitoring,

    backup,

    smokeTest,

    images: z
      .strictObject({
        milvus: image()
          .default('milvusdb/milvus:1.1.1-cpu-d061621-330cc6')
          .describe('Image of the Milvus server, built for CPUs.'),
        mishards: image().default('milvusdb/mishards:1.1.1').describe('Image of the proxy.'),
        mysql: image()
          .default('mysql:5.7.44')
          .describe('Image of the MySQL server and client: 5.7, or 8.0 with native passwords.'),
        rclone: image()
          .default('rclone/rclone:1.68.2')
          .describe(
            'Image of rclone, which checks the S3 storage before the servers start, and copies backups.',
          ),
        haproxy: image()
          .default('haproxy:2.8.10')
          .describe('Image of HAProxy, which speaks TLS to S3 for the servers (s3.tls).'),
        milvusGpu: image()
          .default('milvusdb/milvus:1.1.1-gpu-d061621-330cc6')
          .describe('Image of the Milvus server built for GPUs, for roles with gpu.enabled.'),
        pushgateway: image()
          .default('prom/pushgateway:v1.10.0')
          .describe('Image of the push gateway in the pods of the servers (milvus.metrics).'),
        mysqldExporter: image()
          .default('prom/mysqld-exporter:v0.16.0')
          .describe('Image of the exporter with the metrics of MySQL (mysql.exporter).'),
        admin: image().default('milvusdb/milvus-em:v0.4.3').describe('Image of the web interface (admin).'),
        minio: image()
          .default('quay.io/minio/minio:RELEASE.2024-12-18T13-15-44Z')
          .describe('Image of MinIO, the embedded S3 storage (s3.embedded).'),
      })
      .prefault({})
      .describe('The images of the pods, each as repository:tag, repository@sha256:..., or both.'),
    imageRegistry: rule(
      z.string().regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/),
      'a registry such as registry.example.com or registry.example.com:5000/mirror',
      'Write it without scheme and without trailing "/".',
    )
      .optional()
      .describe(
        'Registry, and path, of a mirror that has all images. It has official images such as mysql under library/.\n\n@default - the registries that the images name',
      ),
    imagePullPolicy: z
      .enum(['IfNotPresent', 'Always', 'Never'])
      .default('IfNotPresent')
      .describe('When a node pulls the images, as in Kubernetes.'),
    podTemplate: podTemplate('Changes to all pods of the cluster, those of Jobs included'),
  })
  .describe('A Milvus 1.1.1 cluster.');
