import { z } from 'zod';
import {
  annotations,
  bytesQuantity,
  cidr,
  count,
  cpuQuantity,
  cronSchedule,
  dnsLabel,
  flag,
  host,
  image,
  ipv4,
  labels,
  milvusPath,
  milvusSize,
  objectName,
  password,
  port,
  rule,
  secretKey,
  serverPort,
  timezone,
} from './rules';

/**
 * The configuration of a cluster: the one place where its keys, their rules, their descriptions and their fixed
 * defaults stand. `milvus.schema.json` and the type MilvusConfig are generated from it (`npm run generate`).
 * A default that depends on other keys is described as `- ...` in the description and computed in settings.ts.
 */

/** Longest derived name is `<name>-readonly-discovery` (19 more characters; a Service name has at most 63). */
export const LONGEST_NAME = 40;

const clusterName = rule(
  z
    .string()
    .max(LONGEST_NAME)
    .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/),
  `a name of at most ${LONGEST_NAME} lower-case letters, digits and hyphens that begins with a letter`,
  'It is the prefix of every object and the name of the Service that clients use; the rest of the 63 characters of a Service name is needed for endings such as "-readonly-discovery".',
);

const bucket = () =>
  rule(
    z.string().regex(/^(?!.*\.\.)(?!\d+(\.\d+){3}$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    'a bucket name: 3 to 63 lower-case letters, digits, dots and hyphens, beginning and ending with a letter or digit',
    'One bucket belongs to one cluster.',
  );

// Credentials -------------------------------------------------------------------------------------------------

const remoteRef = (what: string) =>
  z
    .strictObject({
      key: z.string().min(1).describe('Path or name of the entry in the external store.'),
      property: z
        .string()
        .min(1)
        .optional()
        .describe('Property within the entry.\n\n@default - the whole entry'),
    })
    .describe(what);

const externalSecret = <T extends z.ZodRawShape>(refs: T) =>
  z
    .strictObject({
      secretStoreRef: z
        .strictObject({
          name: objectName().describe('Name of the store.'),
          kind: z
            .enum(['SecretStore', 'ClusterSecretStore'])
            .default('SecretStore')
            .describe('Kind of the store.'),
        })
        .describe('The SecretStore that the External Secrets Operator reads from.'),
      refreshInterval: rule(z.string().regex(/^\d+(s|m|h)$/), 'a duration such as 1h or 30m')
        .default('1h')
        .describe('How often the operator reads the store again.'),
      remoteRefs: z.strictObject(refs).describe('Where each credential is in the store.'),
    })
    .describe('Emits an ExternalSecret; the External Secrets Operator makes the Secret from it.');

const existingSecret = objectName().describe(
  'Name of a Secret that exists already, or that you create before the pods can start.\n\n@default - `<name>-s3` or `<name>-mysql`, when neither externalSecret nor inline is given',
);

const accessKeyText = (what: string) =>
  rule(z.string().regex(/^\S+$/), `${what}, without spaces`, 'Better: existingSecret.');

const s3Credentials = z
  .strictObject({
    existingSecret: existingSecret.optional(),
    keys: z
      .strictObject({
        accessKey: secretKey().default('access-key').describe('Key in the Secret that holds the access key.'),
        secretKey: secretKey().default('secret-key').describe('Key in the Secret that holds the secret key.'),
      })
      .prefault({})
      .describe('The names of the keys in the Secret.'),
    externalSecret: externalSecret({
      accessKey: remoteRef('The access key in the store.'),
      secretKey: remoteRef('The secret key in the store.'),
    }).optional(),
    inline: z
      .strictObject({
        accessKey: accessKeyText('an access key').describe('The access key.'),
        secretKey: accessKeyText('a secret key').describe('The secret key.'),
      })
      .optional()
      .describe('For development only: the keys themselves; they end in a Secret in the manifests.'),
  })
  .describe('Where the S3 keys come from: one of existingSecret, externalSecret, inline.');

const mysqlCredentials = z
  .strictObject({
    existingSecret: existingSecret.optional(),
    keys: z
      .strictObject({
        rootPassword: secretKey()
          .default('mysql-root-password')
          .describe('Key in the Secret that holds the root password.'),
        password: secretKey()
          .default('mysql-password')
          .describe("Key in the Secret that holds the user's password."),
      })
      .prefault({})
      .describe('The names of the keys in the Secret (by default those of the chart).'),
    externalSecret: externalSecret({
      rootPassword: remoteRef('The root password in the store.'),
      password: remoteRef("The user's password in the store."),
    }).optional(),
    inline: z
      .strictObject({
        rootPassword: password().describe('Password of root@localhost.'),
        password: password().describe('Password of the user that Milvus logs in as.'),
      })
      .optional()
      .describe('For development only: the passwords themselves; they end in a Secret in the manifests.'),
  })
  .describe('Where the MySQL passwords come from: one of existingSecret, externalSecret, inline.');

const externalMysqlCredentials = z
  .strictObject({
    existingSecret: existingSecret.optional(),
    keys: z
      .strictObject({
        password: secretKey()
          .default('mysql-password')
          .describe("Key in the Secret that holds the user's password."),
      })
      .prefault({})
      .describe('The names of the keys in the Secret.'),
    externalSecret: externalSecret({ password: remoteRef("The user's password in the store.") }).optional(),
    inline: z
      .strictObject({ password: password().describe('Password of the user that Milvus logs in as.') })
      .optional()
      .describe('For development only: the password itself; it ends in a Secret in the manifests.'),
  })
  .describe('Where the MySQL password comes from: one of existingSecret, externalSecret, inline.');

// What every workload has -----------------------------------------------------------------------------------------

const toleration = z.strictObject({
  key: z.string().optional().describe('Taint key.\n\n@default - every key, with operator Exists'),
  operator: z.enum(['Equal', 'Exists']).optional().describe('How the value is compared.\n\n@default - Equal'),
  value: z.string().optional().describe('Taint value.\n\n@default - none'),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .optional()
    .describe('Taint effect.\n\n@default - every effect'),
  tolerationSeconds: rule(z.int(), 'a whole number of seconds')
    .optional()
    .describe('Seconds a NoExecute taint is tolerated.\n\n@default - for ever'),
});

const rawMapping = () => z.record(z.string(), z.unknown());

const affinity = z.strictObject({
  nodeAffinity: rawMapping().optional().describe('As in a pod spec.\n\n@default - none'),
  podAffinity: rawMapping().optional().describe('As in a pod spec.\n\n@default - none'),
  podAntiAffinity: rawMapping().optional().describe('As in a pod spec.\n\n@default - none'),
});

const resourceAmounts = (defaults: string) =>
  z.strictObject({
    cpu: cpuQuantity().optional().describe(`CPU cores, e.g. 2 or 500m.\n\n@default - ${defaults}`),
    memory: bytesQuantity('8Gi').optional().describe(`Memory, e.g. 8Gi.\n\n@default - ${defaults}`),
  });

const workload = (resources: { requests: string; limits: string }) => ({
  resources: z
    .strictObject({
      requests: resourceAmounts(resources.requests).prefault({}).describe('What the scheduler sets aside.'),
      limits: resourceAmounts(resources.limits).prefault({}).describe('What the container may use at most.'),
    })
    .prefault({})
    .describe('CPU and memory of the main container.'),
  nodeSelector: labels()
    .default({})
    .describe(
      'Labels that a node must have, besides `kubernetes.io/arch: amd64` (the images are amd64 only).',
    ),
  tolerations: z.array(toleration).default([]).describe('Taints that the pods tolerate.'),
  affinity: affinity.optional().describe('Affinity rules, as in a pod spec.\n\n@default - none'),
  priorityClassName: objectName()
    .optional()
    .describe("PriorityClass of the pods.\n\n@default - the cluster's default"),
  podLabels: labels().default({}).describe('Additional labels on the pods; never part of a selector.'),
  podAnnotations: annotations().default({}).describe('Additional annotations on the pods.'),
});

const gracePeriod = (seconds: number, why: string) =>
  count(0, 86400, 'seconds').default(seconds).describe(`Seconds that a pod gets to stop. ${why}`);

const persistentVolume = (size: string, what: string, storageClassDefault: string) => ({
  enabled: flag()
    .default(true)
    .describe(`Keep ${what} on a PersistentVolumeClaim; otherwise in an emptyDir.`),
  storageClassName: objectName()
    .optional()
    .describe(`StorageClass of the claim, e.g. csi-rbd-sc.\n\n@default - ${storageClassDefault}`),
  size: bytesQuantity('10Gi').default(size).describe('Size of the claim.'),
  accessModes: z
    .array(z.enum(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany']))
    .min(1)
    .default(['ReadWriteOnce'])
    .describe('Access modes of the claim.'),
  existingClaim: objectName()
    .optional()
    .describe('A claim that exists already, used instead of a new one.\n\n@default - a new claim'),
  annotations: annotations().default({}).describe('Annotations of the claim.'),
});

// The server --------------------------------------------------------------------------------------------------------

const serverConfigValue = rule(
  z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
  'a text, number, boolean or list of texts',
);
const extraServerConfig = (inherited: string) =>
  z
    .record(z.string(), z.record(z.string(), serverConfigValue))
    .default({})
    .describe(
      `Sections and keys of server_config.yaml that have no option of their own; merged last${inherited}. Credentials and keys that an option sets are refused.`,
    );

const cache = z.strictObject({
  cacheSize: milvusSize()
    .optional()
    .describe(
      'Memory for cached segments and indexes (cache.cache_size); it should hold the index of the data that is searched.\n\n@default - what the memory limit leaves, when that is set; otherwise 4GB on readonly and 1GB on writable',
    ),
  insertBufferSize: milvusSize()
    .optional()
    .describe(
      'Memory for rows that are not flushed yet (cache.insert_buffer_size). Without it 1.1.1 refuses to start.\n\n@default - 1GB on writable, 64MB on readonly, which never inserts',
    ),
  cpuCacheThreshold: rule(z.number().gt(0).lt(1), 'a number between 0 and 1, both excluded')
    .optional()
    .describe(
      "Share of the cache that is kept when it is cleaned (cache.cpu_cache_threshold).\n\n@default - the server's own: 0.7",
    ),
  cacheInsertData: flag()
    .optional()
    .describe(
      "Put inserted data into the cache at once (cache.cache_insert_data).\n\n@default - the server's own: false",
    ),
  preloadCollections: z
    .array(rule(z.string().regex(/^(\*|[A-Za-z_]\w*)$/), 'the name of a collection, or "*" for all'))
    .optional()
    .describe(
      'Collections to load into the cache at start (cache.preload_collection). A missing collection, or a full cache, makes 1.1.1 stop at start.\n\n@default - none',
    ),
});

const engine = z.strictObject({
  ompThreadNum: count(0, 1024, 'threads')
    .optional()
    .describe(
      "Threads for search and index building (engine_config.omp_thread_num); at most the node's CPUs, 0 means half of them.\n\n@default - the CPU limit, rounded down, at least 1",
    ),
  useBlasThreshold: count(0, 1_000_000_000, 'queries')
    .optional()
    .describe(
      "Number of query vectors from which BLAS is used (engine_config.use_blas_threshold).\n\n@default - the server's own: 1100",
    ),
  simdType: z
    .enum(['auto', 'avx512', 'avx2', 'sse'])
    .optional()
    .describe("Instruction set (engine_config.simd_type).\n\n@default - the server's own: auto"),
  searchCombineNq: count(0, 1_000_000, 'queries')
    .optional()
    .describe(
      "Query vectors up to which searches are combined (engine_config.search_combine_nq).\n\n@default - the server's own: 64",
    ),
  maxPartitionNum: count(1, 1_000_000_000, 'partitions')
    .optional()
    .describe(
      "Partitions that a collection may have (engine_config.max_partition_num).\n\n@default - the server's own: 4096",
    ),
});

const logs = z.strictObject({
  level: rule(
    z.enum(['debug', 'info', 'warning', 'error', 'fatal']),
    'one of debug, info, warning, error, fatal (lower case)',
    'Mind that at info and debug 1.1.1 prints its configuration with the credentials at start.',
  )
    .default('warning')
    .describe('Least level that is logged. At `info` and `debug` 1.1.1 prints its credentials.'),
  traceEnabled: flag()
    .default(false)
    .describe('Trace messages, those of faiss among them (logs.trace.enable).'),
  toStdout: flag().default(true).describe('Log to stdout, where `kubectl logs` finds it.'),
  toFile: flag().default(false).describe('Log to files in `path` as well.'),
  path: milvusPath()
    .default('/var/lib/milvus/logs')
    .describe('Directory of the log files; 1.1.1 wants it writable even when it logs to stdout alone.'),
  maxFileSize: milvusSize(512 * 1024 ** 2, 4096 * 1024 ** 2, ', from 512MB to 4096MB')
    .default('512MB')
    .describe('Size at which a log file is changed.'),
  rotateNum: count(0, 1024, 'files').default(4).describe('Log files kept; 0 keeps all.'),
  sizeLimit: bytesQuantity('4Gi')
    .default('4Gi')
    .describe('Limit of the emptyDir that holds the logs; a pod that exceeds it is evicted.'),
});

const serverRole = (resources: { requests: string; limits: string }) => ({
  ...workload(resources),
  cache: cache.prefault({}).describe('Overrides of `milvus.cache` for this role.'),
  engine: engine.prefault({}).describe('Overrides of `milvus.engine` for this role.'),
  startupTimeoutSeconds: count(60, 86400, 'seconds')
    .default(1800)
    .describe('Seconds that the server may take to start (WAL replay, preloading) before it is restarted.'),
  extraServerConfig: extraServerConfig(' over `milvus.extraServerConfig`'),
});

// The cluster -------------------------------------------------------------------------------------------------------

export const clusterSchema = z
  .strictObject({
    name: clusterName.describe(
      'Name of the cluster: prefix of every object, and the Service that clients connect to.',
    ),
    namespace: dnsLabel()
      .optional()
      .describe('Namespace of every object.\n\n@default - none: `kubectl -n` or kustomize decide'),
    labels: labels().default({}).describe('Additional labels on every object (not on pods).'),
    annotations: annotations().default({}).describe('Additional annotations on every object (not on pods).'),

    s3: z
      .strictObject({
        address: host(
          'a host name or IPv4 address, without scheme, port or path',
          'Write the host alone and put the port into s3.port. Milvus 1.1.1 speaks plain HTTP to S3; for an endpoint that is HTTPS only, use its plain port inside the network.',
        )
          .optional()
          .describe(
            'Host name or IPv4 address of the S3 endpoint (Ceph RGW, MinIO, ...), which must answer plain HTTP. Required unless `embedded`.\n\n@default - none; the embedded MinIO with `embedded`',
          ),
        embedded: flag()
          .default(false)
          .describe(
            'Deploy a MinIO of one pod with the cluster, for a first try on kind or minikube. Not for production: one disk, one process, no backup.',
          ),
        port: rule(z.int().min(1).max(65534), 'a port number from 1 to 65534')
          .default(80)
          .describe('Port of the S3 endpoint.'),
        bucket: bucket().describe('Bucket for the vectors; one per cluster.'),
        credentials: s3Credentials.prefault({}),
        createBucket: flag()
          .default(false)
          .describe(
            'Create the bucket before the writable starts, when it is missing and the key may create it.',
          ),
        waitSeconds: count(0, 86400, 'seconds')
          .default(300)
          .describe(
            'Seconds that a pod waits for the endpoint at start before it fails with a message and is retried.',
          ),
      })
      // Beside all other problems, so that one report has them all.
      .refine(({ address, embedded }) => address !== undefined || embedded === true, {
        path: ['address'],
        when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
      })
      .describe(
        'The S3 storage of the vectors. Milvus 1.1.1: plain HTTP, path style, region us-east-1, static keys.',
      ),

    storage: z
      .strictObject({
        path: milvusPath()
          .default('/var/lib/milvus/data')
          .describe(
            'The prefix of the keys in the bucket, and the directory of local copies; equal on all nodes and fixed for the life of the data. An adopted chart release has /var/lib/milvus.',
          ),
        autoFlushInterval: count(0, 86400, 'seconds')
          .default(1)
          .describe(
            'Seconds between regular flushes to S3 (storage.auto_flush_interval); 0 switches them off.',
          ),
        fileCleanupTimeout: count(0, 3600, 'seconds')
          .default(60)
          .describe(
            "Seconds after which replaced files are erased (storage.file_cleanup_timeout). Readers may still want them; the server's own default of 10 is too short for that.",
          ),
        sizeLimit: bytesQuantity('10Gi')
          .default('10Gi')
          .describe('Limit of the emptyDir for local copies; it grows slowly with the number of segments.'),
      })
      .prefault({})
      .describe('Paths and files.'),

    wal: z
      .strictObject({
        path: milvusPath().default('/var/lib/milvus/wal').describe('Directory of the write-ahead log.'),
        bufferSize: milvusSize(
          64 * 1024 ** 2,
          4 * 1024 ** 3,
          ', from 64MB to 4GB (the server clamps others silently)',
        )
          .default('256MB')
          .describe('Memory for the write-ahead log (wal.buffer_size).'),
        recoveryErrorIgnore: flag()
          .default(true)
          .describe(
            'Start although the log can not be replayed (wal.recovery_error_ignore). `false` crash-loops with "Wal init error!" even on a kept log after clean restarts; `true` can lose rows that were never flushed.',
          ),
        persistence: z
          .strictObject(persistentVolume('10Gi', 'the log', 'that of mysql.persistence'))
          .prefault({})
          .describe('The volume of the log.'),
      })
      .prefault({})
      .describe('The write-ahead log of the writable; on local disk, never in S3.'),

    milvus: z
      .strictObject({
        timezone: timezone().default('UTC+0').describe('Time zone of the servers, as an offset from UTC.'),
        network: z
          .strictObject({
            port: serverPort()
              .default(19530)
              .describe('Port on which the servers speak gRPC (network.bind.port).'),
            httpEnabled: flag()
              .default(true)
              .describe(
                'HTTP listener for the probes (network.http.enable). Switch it off on nodes without IPv6 in the kernel, where it can not bind; probes then use the gRPC port.',
              ),
            httpPort: serverPort()
              .default(19121)
              .describe(
                'Port of the HTTP listener, which shows the credentials to anyone: no Service exposes it.',
              ),
          })
          .prefault({})
          .describe('Ports inside the pods.'),
        logs: logs.prefault({}).describe('Logging of the servers.'),
        cache: cache
          .prefault({})
          .describe('Memory of both roles; writable.cache and readonly.cache override it.'),
        engine: engine
          .prefault({})
          .describe('Search engine of both roles; writable.engine and readonly.engine override it.'),
        metrics: z
          .strictObject({
            enabled: flag()
              .default(false)
              .describe('Push metrics to a Prometheus push gateway, every second.'),
            address: host('the host name or IPv4 address of a push gateway')
              .default('127.0.0.1')
              .describe('Host of the push gateway.'),
            port: serverPort().default(9091).describe('Port of the push gateway.'),
            clusterLabel: rule(
              z.string().regex(/^[\w.-]{1,63}$/),
              'a text of letters, digits, "_", "." and "-"',
            )
              .optional()
              .describe('Value of the label `cluster`.\n\n@default - name of the cluster'),
          })
          .prefault({})
          .describe('Metrics of the servers; 1.1.1 can only push.'),
        extraServerConfig: extraServerConfig(''),
      })
      .prefault({})
      .describe('What the servers of both roles share.'),

    writable: z
      .strictObject({
        replicas: rule(
          z.literal(1),
          '1: there is exactly one writable',
          "Two writers destroy each other's files at start. Add readers instead: readonly.replicas.",
        )
          .default(1)
          .describe('Always 1.'),
        maxIndexFileSize: milvusSize()
          .default('1GB')
          .describe(
            'The largest index_file_size that clients create collections with; used for sizing alone: an index build needs about four times as much memory.',
          ),
        terminationGracePeriodSeconds: gracePeriod(
          300,
          'It flushes, and waits for merges and a running index build.',
        ),
        ...serverRole({
          requests: '500m CPU, and the memory limit',
          limits: '2 CPUs, and memory for cache, buffers and index builds',
        }),
      })
      .prefault({})
      .describe('The server that takes writes, builds indexes and answers everything but searches.'),

    readonly: z
      .strictObject({
        replicas: count(1, 1000, 'readers').default(1).describe('Number of readers.'),
        terminationGracePeriodSeconds: gracePeriod(30, 'A reader has nothing to flush.'),
        ...serverRole({
          requests: '500m CPU, and the memory limit',
          limits: '2 CPUs, and memory for the cache',
        }),
      })
      .prefault({})
      .describe('The servers that search.'),

    mishards: z
      .strictObject({
        replicas: count(1, 1000, 'proxies').default(1).describe('Number of proxies.'),
        maxWorkers: count(1, 10000, 'threads')
          .default(50)
          .describe('Threads that serve requests (MAX_WORKERS).'),
        maxRetry: count(1, 100, 'tries')
          .default(3)
          .describe(
            'Tries to connect to a server, of 30 seconds each (MAX_RETRY); a search that meets a dead reader hangs that long.',
          ),
        logLevel: rule(
          z.enum(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL']),
          'one of DEBUG, INFO, WARNING, ERROR, CRITICAL (upper case)',
        )
          .default('WARNING')
          .describe('Least level that is logged; INFO is a line per request.'),
        discovery: rule(z.enum(['dns', 'kubernetes']), '"dns" or "kubernetes"')
          .default('dns')
          .describe(
            'How readers are found: `dns` is our plugin (a headless Service, no rights needed, survives errors); `kubernetes` is the stock plugin, which needs to list pods and stops for good when a reader can not be reached in time.',
          ),
        discoveryIntervalSeconds: count(1, 300, 'seconds')
          .default(5)
          .describe('Seconds between looks for readers.'),
        database: z
          .strictObject({
            poolSize: count(1, 10000, 'connections')
              .default(50)
              .describe('Connections kept open per proxy (pool_size).'),
            maxOverflow: count(0, 10000, 'connections')
              .default(0)
              .describe('Connections beyond poolSize (max_overflow).'),
            poolRecycleSeconds: count(1, 28799, 'seconds')
              .default(300)
              .describe("Age at which a connection is replaced (pool_recycle); below MySQL's wait_timeout."),
            poolTimeoutSeconds: count(1, 3600, 'seconds')
              .default(30)
              .describe('Seconds a request waits for a connection (pool_timeout).'),
          })
          .prefault({})
          .describe('Connections to MySQL.'),
        terminationGracePeriodSeconds: gracePeriod(
          30,
          'Running searches have this long, after the pod has left the Service.',
        ),
        ...workload({ requests: '250m CPU, 256Mi', limits: '2 CPUs, 1Gi' }),
      })
      .prefault({})
      .describe('The proxy that clients connect to.'),

    service: z
      .strictObject({
        type: z
          .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
          .default('ClusterIP')
          .describe('Type of the Service.'),
        port: port().default(19530).describe('Port that clients connect to.'),
        nodePort: rule(z.int().min(1).max(65535), 'a port number, usually from 30000 to 32767')
          .optional()
          .describe('Port on the nodes, with NodePort or LoadBalancer.\n\n@default - chosen by Kubernetes'),
        clusterIP: ipv4()
          .optional()
          .describe('Fixed address inside the cluster.\n\n@default - chosen by Kubernetes'),
        loadBalancerIP: ipv4()
          .optional()
          .describe('Address asked from the load balancer.\n\n@default - chosen by it'),
        loadBalancerSourceRanges: z
          .array(cidr())
          .default([])
          .describe('Addresses that may use the load balancer; Milvus 1.1.1 knows no passwords.'),
        externalIPs: z.array(ipv4()).default([]).describe('Additional addresses that reach the Service.'),
        annotations: annotations().default({}).describe('Annotations of this Service.'),
        labels: labels().default({}).describe('Additional labels of this Service.'),
      })
      .prefault({})
      .describe(
        'The Service `<name>` that clients connect to. Who reaches it can read every credential (`get_config`): keep it inside.',
      ),

    mysql: z
      .strictObject({
        database: rule(z.string().regex(/^\w{1,64}$/), 'a database name of letters, digits and underscores')
          .default('milvus')
          .describe('Database of the metadata.'),
        user: rule(
          z.string().regex(/^(?!root$)[\w.-]{1,32}$/),
          'a user name of at most 32 letters, digits, "_", "." and "-", and not root',
        )
          .default('milvus')
          .describe(
            'User that Milvus logs in as; made at the first start, with rights on this database alone.',
          ),
        credentials: mysqlCredentials.prefault({}),
        maxConnections: count(10, 100000, 'connections')
          .optional()
          .describe(
            'Connections that the server allows (max_connections).\n\n@default - what the servers and proxies can open, at least 1000',
          ),
        persistence: z
          .strictObject({
            ...persistentVolume('4Gi', 'the metadata', "the cluster's default StorageClass"),
            subPath: rule(
              z.string().regex(/^([\w.-]+(\/[\w.-]+)*)?$/),
              'a relative path, or "" for the root of the volume',
            )
              .optional()
              .describe(
                'Directory on the volume that holds the data.\n\n@default - `data` on a new claim; the root of an existing claim, where the chart keeps it',
              ),
          })
          .prefault({})
          .describe('The volume of the metadata.'),
        startupTimeoutSeconds: count(60, 86400, 'seconds')
          .default(1800)
          .describe(
            'Seconds that MySQL may take to start (first initialisation, crash recovery) before it is restarted.',
          ),
        terminationGracePeriodSeconds: gracePeriod(120, 'InnoDB writes its buffers back.'),
        ...workload({ requests: '250m CPU, and the memory limit', limits: '1 CPU, 1Gi' }),
      })
      .prefault({})
      .describe('The MySQL 5.7 server of the metadata, deployed with the cluster.'),

    externalMysql: z
      .strictObject({
        host: host(
          'the host name or IPv4 address of a MySQL server, without scheme or port',
          'Write the host alone and put the port into externalMysql.port.',
        ).describe('Host name or IPv4 address.'),
        port: port().default(3306).describe('Port.'),
        database: rule(z.string().regex(/^\w{1,64}$/), 'a database name of letters, digits and underscores')
          .default('milvus')
          .describe('Database of the metadata; it must exist.'),
        user: rule(
          z.string().regex(/^[\w.@-]{1,32}$/),
          'a user name of at most 32 letters, digits, "_", ".", "@" and "-"',
        )
          .default('milvus')
          .describe(
            'User; it needs CREATE, SELECT, INSERT, UPDATE and DELETE on the database, by mysql_native_password.',
          ),
        credentials: externalMysqlCredentials.prefault({}),
      })
      .optional()
      .describe(
        'A MySQL server that exists already, used instead of deploying one.\n\n@default - none: MySQL is deployed',
      ),

    mysqlWaitSeconds: count(0, 86400, 'seconds')
      .default(300)
      .describe(
        'Seconds that a pod waits for a login to MySQL at start before it fails with a message and is retried.',
      ),

    minio: z
      .strictObject({
        persistence: z
          .strictObject(persistentVolume('20Gi', 'the objects', "the cluster's default StorageClass"))
          .prefault({})
          .describe('The volume of the objects.'),
        terminationGracePeriodSeconds: gracePeriod(30, 'MinIO writes through.'),
        ...workload({ requests: '100m CPU, 256Mi', limits: '1 CPU, 1Gi' }),
      })
      .prefault({})
      .describe('The embedded MinIO of `s3.embedded`; its root user has the S3 keys.'),

    backup: z
      .strictObject({
        enabled: flag().default(false).describe('Dump the metadata regularly and keep the dumps in S3.'),
        schedule: cronSchedule()
          .default('17 3 * * *')
          .describe('When, as a cron expression (UTC, or as the cluster is set).'),
        suspend: flag().default(false).describe('Pause the schedule.'),
        keep: count(1, 10000, 'backups').default(14).describe('How many of the newest backups are kept.'),
        timeoutSeconds: count(60, 86400, 'seconds')
          .default(3600)
          .describe('Seconds that a backup or a restore may take.'),
        s3: z
          .strictObject({
            address: host('a host name or IPv4 address, without scheme, port or path')
              .optional()
              .describe('Host of another S3 endpoint.\n\n@default - s3.address'),
            port: port().optional().describe('Port of that endpoint.\n\n@default - s3.port'),
            tls: flag()
              .default(false)
              .describe('Speak HTTPS to it: here it is rclone that speaks, not Milvus.'),
            bucket: bucket().optional().describe('Another bucket.\n\n@default - s3.bucket'),
            prefix: rule(
              z.string().regex(/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/),
              'a prefix of keys such as backup/milvus, without a "/" at either end',
            )
              .optional()
              .describe('Where in the bucket, outside storage.path.\n\n@default - backup/<name>'),
            credentials: s3Credentials.optional().describe('The keys for it.\n\n@default - s3.credentials'),
          })
          .prefault({})
          .describe('Where the backups go.'),
        ...workload({ requests: '100m CPU, 128Mi', limits: '1 CPU, 512Mi' }),
      })
      .prefault({})
      .describe('Backups of the metadata, and the Job that restores one (in jobs/, started by hand).'),

    smokeTest: z
      .strictObject({
        schedule: cronSchedule()
          .optional()
          .describe(
            'Run the smoke test regularly, as a canary.\n\n@default - never; it is a Job in jobs/ that you start',
          ),
        timeoutSeconds: count(120, 86400, 'seconds')
          .default(600)
          .describe('Seconds that a smoke test may take.'),
        ...workload({ requests: '50m CPU, 128Mi', limits: '1 CPU, 512Mi' }),
      })
      .prefault({})
      .describe('The smoke test: creates a collection, inserts, indexes, searches, compares, drops.'),

    images: z
      .strictObject({
        milvus: image().default('milvusdb/milvus:1.1.1-cpu-d061621-330cc6').describe('Milvus server.'),
        mishards: image().default('milvusdb/mishards:1.1.1').describe('Proxy.'),
        mysql: image()
          .default('mysql:5.7.44')
          .describe('MySQL server and client; 5.7, or 8.0 with native passwords.'),
        rclone: image()
          .default('rclone/rclone:1.68.2')
          .describe('S3 checks before the servers start; transport of backups.'),
        minio: image()
          .default('quay.io/minio/minio:RELEASE.2024-12-18T13-15-44Z')
          .describe('The embedded S3 storage (s3.embedded).'),
      })
      .prefault({})
      .describe('Images by tag, by digest, or both.'),
    imageRegistry: rule(
      z.string().regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/),
      'a registry such as registry.example.com or registry.example.com:5000/mirror',
      'Write it without scheme and without trailing "/".',
    )
      .optional()
      .describe(
        'Registry (and path) of a mirror that all images come from; official images are under library/.\n\n@default - the registries that the images name',
      ),
    imagePullPolicy: z
      .enum(['IfNotPresent', 'Always', 'Never'])
      .default('IfNotPresent')
      .describe('When images are pulled.'),
    imagePullSecrets: z
      .array(objectName())
      .default([])
      .describe('Secrets with the credentials of the registry.'),
  })
  .describe('A Milvus 1.1.1 cluster.');

/** A configuration in which every fixed default is filled in. */
export type ParsedConfig = z.output<typeof clusterSchema>;
