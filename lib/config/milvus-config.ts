/* Generated from the schema in lib/config/schema by `npm run generate`; do not edit. */

/**
 * A Milvus 1.1.1 cluster.
 */
export interface MilvusConfig {
  /**
   * Name of the cluster: prefix of every object, and the Service that clients connect to.
   */
  readonly name: string;
  /**
   * `cluster`: mishards in front of one writable and any number of readers. `standalone`: one server that does it all.
   *
   * @default "cluster"
   */
  readonly mode?: 'cluster' | 'standalone';
  /**
   * Value of the label app.kubernetes.io/instance, by which the pods are selected; for a Helm release the name of the release.
   *
   * @default - name
   */
  readonly instance?: string;
  /**
   * Value of the label app.kubernetes.io/name, by which the pods are selected. It can not be changed on a running cluster.
   *
   * @default "milvus"
   */
  readonly appName?: string;
  /**
   * Namespace of every object.
   *
   * @default - none: `kubectl -n` or kustomize decide
   */
  readonly namespace?: string;
  /**
   * Additional labels on every object (not on pods).
   *
   * @default - none
   */
  readonly labels?: {
    readonly [k: string]: string;
  };
  /**
   * Additional annotations on every object (not on pods).
   *
   * @default - none
   */
  readonly annotations?: {
    readonly [k: string]: string;
  };
  /**
   * The S3 storage of the vectors. Milvus 1.1.1: path style, region us-east-1, static keys.
   *
   * @default - none: the vectors are on the volume of storage.persistence, which a cluster without S3 has to ask for
   */
  readonly s3?: {
    /**
     * Host name or IPv4 address of the S3 endpoint (Ceph RGW, MinIO, ...). Required unless `embedded`.
     *
     * @default - none; the embedded MinIO with `embedded`
     */
    readonly address?: string;
    /**
     * Deploy a MinIO of one pod with the cluster, for a first try on kind or minikube. Not for production: one disk, one process, no backup.
     *
     * @default false
     */
    readonly embedded?: boolean;
    /**
     * Port of the S3 endpoint.
     *
     * @default - 80, or 443 with tls
     */
    readonly port?: number;
    /**
     * TLS to the S3 endpoint.
     *
     * @default - the defaults of its keys
     */
    readonly tls?: {
      /**
       * Speak TLS to the S3 endpoint, and verify its certificate.
       *
       * @default false
       */
      readonly enabled?: boolean;
      /**
       * Secret whose key `ca.crt` has the certificate of the CA, for one that is not publicly known.
       *
       * @default - the CAs that the images trust
       */
      readonly caSecret?: string;
      /**
       * Name in the certificate, when the address is an IPv4 address. The endpoint is called by it (SNI, Host).
       *
       * @default - the address, which then has to be a name
       */
      readonly serverName?: string;
    };
    /**
     * Bucket for the vectors. It must exist (or see createBucket), and belong to this cluster alone.
     */
    readonly bucket: string;
    /**
     * The S3 keys; of a Secret `<name>-s3` unless they say another.
     *
     * @default - the Secret `<name>-s3`
     */
    readonly credentials?: S3Credentials;
    /**
     * Create the bucket before the writable starts, when it is missing and the key may create it; readers wait for it.
     *
     * @default false
     */
    readonly createBucket?: boolean;
    /**
     * Seconds that a pod waits for the endpoint at start before it fails with a message and is retried.
     *
     * @default 300
     */
    readonly waitSeconds?: number;
  };
  /**
   * How the servers store vectors: paths, flushes and local copies.
   *
   * @default - the defaults of its keys
   */
  readonly storage?: {
    /**
     * The prefix of the keys in the bucket, and the directory of local copies; equal on all nodes and fixed for the life of the data. An adopted chart release has /var/lib/milvus.
     *
     * @default "/var/lib/milvus/data"
     */
    readonly path?: string;
    /**
     * Seconds between regular flushes to S3 (storage.auto_flush_interval); 0 switches them off.
     *
     * @default 1
     */
    readonly autoFlushInterval?: number;
    /**
     * Seconds after which replaced files are erased (storage.file_cleanup_timeout). Readers may still want them; the server's own default of 10 is too short for that.
     *
     * @default 60
     */
    readonly fileCleanupTimeout?: number;
    /**
     * Limit of the emptyDir for local copies; it grows slowly with the number of segments.
     *
     * @default "10Gi"
     */
    readonly sizeLimit?: string | number;
    /**
     * The volume of the vectors where there is no S3, and of the metadata in SQLite: the directory `db` of storage.path, which all servers share. Readers on other nodes need ReadWriteMany, e.g. NFS or CephFS. Argo CD and Flux leave its claim, unless `annotations` say otherwise.
     *
     * @default - enabled on a standalone server without S3 or with SQLite; 50Gi, ReadWriteMany (ReadWriteOnce on a standalone server), of the default StorageClass
     */
    readonly persistence?: Claim;
  };
  /**
   * The write-ahead log: what was written and is not flushed yet. The writable keeps it on a volume, never in S3.
   *
   * @default - the defaults of its keys
   */
  readonly wal?: {
    /**
     * Log inserts and deletes before they are acknowledged (wal.enable). Without it rows that are not flushed go with the process.
     *
     * @default true
     */
    readonly enabled?: boolean;
    /**
     * Start although the log can not be replayed (wal.recovery_error_ignore). `false` crash-loops with "Wal init error!" even on a kept log after clean restarts; `true` can lose rows that were never flushed.
     *
     * @default true
     */
    readonly recoveryErrorIgnore?: boolean;
    /**
     * Memory for the write-ahead log (wal.buffer_size).
     *
     * @default "256MB"
     */
    readonly bufferSize?: string;
    /**
     * Directory of the write-ahead log.
     *
     * @default "/var/lib/milvus/wal"
     */
    readonly path?: string;
    /**
     * The volume of the log. Argo CD and Flux leave its claim, unless `annotations` say otherwise.
     *
     * @default - enabled, 10Gi, ReadWriteOnce, of the StorageClass of mysql.persistence
     */
    readonly persistence?: Claim;
  };
  /**
   * Settings of both kinds of servers, writable and readers.
   *
   * @default - the defaults of its keys
   */
  readonly milvus?: {
    /**
     * Time zone of the servers, as an offset from UTC (general.timezone).
     *
     * @default "UTC+0"
     */
    readonly timezone?: string;
    /**
     * Ports on which the servers listen inside their pods.
     *
     * @default - the defaults of its keys
     */
    readonly network?: {
      /**
       * Port on which the servers speak gRPC (network.bind.port).
       *
       * @default 19530
       */
      readonly port?: number;
      /**
       * HTTP listener for the probes (network.http.enable). Switch it off on nodes without IPv6 in the kernel, where it can not bind; probes then use the gRPC port.
       *
       * @default true
       */
      readonly httpEnabled?: boolean;
      /**
       * Port of the HTTP listener, which shows the credentials to anyone (network.http.port): no Service exposes it.
       *
       * @default 19121
       */
      readonly httpPort?: number;
    };
    /**
     * What the servers log, and where to.
     *
     * @default - the defaults of its keys
     */
    readonly logs?: {
      /**
       * Least level that is logged (logs.level). At `info` and `debug` 1.1.1 prints its credentials.
       *
       * @default "warning"
       */
      readonly level?: 'debug' | 'info' | 'warning' | 'error' | 'fatal';
      /**
       * Log trace messages as well (logs.trace.enable); faiss, the search library, writes one for each search.
       *
       * @default false
       */
      readonly traceEnabled?: boolean;
      /**
       * Directory of the log files (logs.path); 1.1.1 wants it writable even when it logs to stdout alone.
       *
       * @default "/var/lib/milvus/logs"
       */
      readonly path?: string;
      /**
       * Size at which a log file is closed and the next one begun (logs.max_log_file_size).
       *
       * @default "512MB"
       */
      readonly maxFileSize?: string;
      /**
       * Log files kept, of those that one start of the server has written (logs.log_rotate_num); 0 keeps all.
       *
       * @default 4
       */
      readonly rotateNum?: number;
      /**
       * Log to stdout, where `kubectl logs` finds it (logs.log_to_stdout).
       *
       * @default true
       */
      readonly toStdout?: boolean;
      /**
       * Log to files in milvus.logs.path as well (logs.log_to_file).
       *
       * @default false
       */
      readonly toFile?: boolean;
      /**
       * Limit of the emptyDir that holds the logs; a pod that exceeds it is evicted.
       *
       * @default "4Gi"
       */
      readonly sizeLimit?: string | number;
      /**
       * The volume of the log files: one claim for all servers, each pod in a directory of its own; wants toFile. Argo CD and Flux leave it, unless `annotations` say otherwise.
       *
       * @default - disabled; otherwise 5Gi, ReadWriteMany (ReadWriteOnce with one server), of the default StorageClass
       */
      readonly persistence?: Claim;
    };
    /**
     * Memory of both roles; writable.cache and readonly.cache override it.
     *
     * @default - the defaults of its keys
     */
    readonly cache?: Cache;
    /**
     * Search engine of both roles; writable.engine and readonly.engine override it.
     *
     * @default - the defaults of its keys
     */
    readonly engine?: Engine;
    /**
     * GPUs of both roles; writable.gpu and readonly.gpu override it.
     *
     * @default - the defaults of its keys
     */
    readonly gpu?: Gpu;
    /**
     * Metrics for Prometheus. Milvus 1.1.1 can only push them to a push gateway.
     *
     * @default - the defaults of its keys
     */
    readonly metrics?: {
      /**
       * Push metrics to a Prometheus push gateway, every second (metric.enable).
       *
       * @default false
       */
      readonly enabled?: boolean;
      /**
       * Host of a push gateway that exists already (metric.address). One that is shared keeps the series of pods that are gone.
       *
       * @default - a push gateway beside each server, in its pod
       */
      readonly address?: string;
      /**
       * Port of the push gateway (metric.port).
       *
       * @default 9091
       */
      readonly port?: number;
      /**
       * Value of the label `cluster` (metric.cluster_label).
       *
       * @default - name of the cluster
       */
      readonly clusterLabel?: string;
    };
    /**
     * Files by name, in a ConfigMap that the pods of the servers have as the volume `extra-config`, to be mounted by podTemplate. No credentials.
     *
     * @default - none
     */
    readonly extraConfigFiles?: {
      readonly [k: string]: string;
    };
    /**
     * Sections and keys of server_config.yaml that have no option of their own (gpu.cache.enable, metric.instance_label, db_config.archive_disk_threshold, db_config.archive_days_threshold, tracing_config.json_config_path); merged last. Credentials and keys that an option sets are refused.
     *
     * @default - none
     */
    readonly extraServerConfig?: {
      readonly [k: string]: {
        readonly [k: string]: string | number | boolean | string[];
      };
    };
  };
  /**
   * The server that takes writes, builds indexes and answers everything but searches.
   *
   * @default - the defaults of its keys
   */
  readonly writable?: {
    /**
     * Number of writables: always 1, since two would destroy each other's files.
     *
     * @default 1
     */
    readonly replicas?: 1;
    /**
     * The largest index_file_size that clients create collections with; used for sizing alone: an index build needs about four times as much memory.
     *
     * @default "1GB"
     */
    readonly maxIndexFileSize?: string;
    /**
     * What the main container gets.
     *
     * @default - requests: cpu 500m, memory as the limit; limits: cpu 2, memory enough for cache, buffers and index builds
     */
    readonly resources?: Resources;
    /**
     * Additional annotations on the Deployment, StatefulSet or CronJob itself.
     *
     * @default - none
     */
    readonly annotations?: {
      readonly [k: string]: string;
    };
    /**
     * What is to be otherwise with its pods, over the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
    /**
     * Pod Security Standard that the pods meet. `baseline` runs the server as root: for directories that belong to root, as those of an adopted chart release do.
     *
     * @default - restricted; baseline for what an adopted storage.path of /var/lib/milvus takes to write: the writable, and with storage.persistence the readers
     */
    readonly securityProfile?: 'restricted' | 'baseline';
    /**
     * Overrides of `milvus.logs` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly logs?: RoleLogs;
    /**
     * Overrides of `milvus.gpu` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly gpu?: Gpu;
    /**
     * Overrides of `milvus.cache` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly cache?: Cache;
    /**
     * Overrides of `milvus.engine` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly engine?: Engine;
    /**
     * Seconds that the server may take to start (WAL replay, preloading) before it is restarted.
     *
     * @default 1800
     */
    readonly startupTimeoutSeconds?: number;
    /**
     * Sections and keys of server_config.yaml that have no option of their own (gpu.cache.enable, metric.instance_label, db_config.archive_disk_threshold, db_config.archive_days_threshold, tracing_config.json_config_path); merged last over `milvus.extraServerConfig`. Credentials and keys that an option sets are refused.
     *
     * @default - none
     */
    readonly extraServerConfig?: {
      readonly [k: string]: {
        readonly [k: string]: string | number | boolean | string[];
      };
    };
  };
  /**
   * The servers that search.
   *
   * @default - the defaults of its keys
   */
  readonly readonly?: {
    /**
     * Number of readers, the pods that search. With two or more, searches go on when one is lost.
     *
     * @default 1
     */
    readonly replicas?: number;
    /**
     * How many pods may be away at once while nodes are drained.
     *
     * @default - the defaults of its keys
     */
    readonly podDisruptionBudget?: PodDisruptionBudget;
    /**
     * More pods under load, fewer without: a HorizontalPodAutoscaler.
     *
     * @default - the defaults of its keys
     */
    readonly autoscaling?: Autoscaling;
    /**
     * What the main container gets.
     *
     * @default - requests: cpu 500m, memory as the limit; limits: cpu 2, memory enough for the cache
     */
    readonly resources?: Resources;
    /**
     * Additional annotations on the Deployment, StatefulSet or CronJob itself.
     *
     * @default - none
     */
    readonly annotations?: {
      readonly [k: string]: string;
    };
    /**
     * What is to be otherwise with its pods, over the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
    /**
     * Pod Security Standard that the pods meet. `baseline` runs the server as root: for directories that belong to root, as those of an adopted chart release do.
     *
     * @default - restricted; baseline for what an adopted storage.path of /var/lib/milvus takes to write: the writable, and with storage.persistence the readers
     */
    readonly securityProfile?: 'restricted' | 'baseline';
    /**
     * Overrides of `milvus.logs` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly logs?: RoleLogs;
    /**
     * Overrides of `milvus.gpu` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly gpu?: Gpu;
    /**
     * Overrides of `milvus.cache` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly cache?: Cache;
    /**
     * Overrides of `milvus.engine` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly engine?: Engine;
    /**
     * Seconds that the server may take to start (WAL replay, preloading) before it is restarted.
     *
     * @default 1800
     */
    readonly startupTimeoutSeconds?: number;
    /**
     * Sections and keys of server_config.yaml that have no option of their own (gpu.cache.enable, metric.instance_label, db_config.archive_disk_threshold, db_config.archive_days_threshold, tracing_config.json_config_path); merged last over `milvus.extraServerConfig`. Credentials and keys that an option sets are refused.
     *
     * @default - none
     */
    readonly extraServerConfig?: {
      readonly [k: string]: {
        readonly [k: string]: string | number | boolean | string[];
      };
    };
  };
  /**
   * The proxy that clients connect to.
   *
   * @default - the defaults of its keys
   */
  readonly mishards?: {
    /**
     * Number of proxies, the pods that clients connect to.
     *
     * @default 1
     */
    readonly replicas?: number;
    /**
     * How many pods may be away at once while nodes are drained.
     *
     * @default - the defaults of its keys
     */
    readonly podDisruptionBudget?: PodDisruptionBudget;
    /**
     * More pods under load, fewer without: a HorizontalPodAutoscaler.
     *
     * @default - the defaults of its keys
     */
    readonly autoscaling?: Autoscaling;
    /**
     * Threads that serve requests in each proxy (MAX_WORKERS): so many calls run at once.
     *
     * @default 50
     */
    readonly maxWorkers?: number;
    /**
     * Tries to connect to the writable, of 30 seconds each (MAX_RETRY): so long a call waits for one that is away.
     *
     * @default 3
     */
    readonly maxRetry?: number;
    /**
     * Least level that is logged; INFO is a line per request.
     *
     * @default "WARNING"
     */
    readonly logLevel?: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';
    /**
     * How readers are found: `dns` asks a headless Service, without any rights; `kubernetes` is that of mishards, which lists pods and needs rights for it; `static` takes staticHosts. Whoever is found is asked every second whether it answers.
     *
     * @default "dns"
     */
    readonly discovery?: 'dns' | 'kubernetes' | 'static';
    /**
     * Readers of the static discovery, each with an address of its own; never the writable. A name is resolved once.
     *
     * @default - the Service `<name>-readonly`, which is enough for one reader
     */
    readonly staticHosts?: readonly string[];
    /**
     * Traces of the requests, for Jaeger.
     *
     * @default - the defaults of its keys
     */
    readonly tracing?: {
      /**
       * Send traces to a Jaeger agent.
       *
       * @default false
       */
      readonly enabled?: boolean;
      /**
       * Name of the tracer plugin (TRACER_CLASS_NAME).
       *
       * @default "jaeger"
       */
      readonly className?: string;
      /**
       * Host of the agent (TRACING_REPORTING_HOST).
       *
       * @default "jaeger"
       */
      readonly host?: string;
      /**
       * UDP port of the agent (TRACING_REPORTING_PORT).
       *
       * @default 5775
       */
      readonly port?: number;
      /**
       * Name of the service in the traces (TRACING_SERVICE_NAME).
       *
       * @default - name of the cluster
       */
      readonly serviceName?: string;
      /**
       * How the requests are chosen that are traced (TRACING_SAMPLER_TYPE); samplerParam says how many.
       *
       * @default "probabilistic"
       */
      readonly samplerType?: 'const' | 'probabilistic' | 'ratelimiting';
      /**
       * 1 or 0 for const, a share for probabilistic, traces a second for ratelimiting (TRACING_SAMPLER_PARAM).
       *
       * @default 0.01
       */
      readonly samplerParam?: number;
    };
    /**
     * Seconds after which a proxy looks again which readers there are.
     *
     * @default 5
     */
    readonly discoveryIntervalSeconds?: number;
    /**
     * Longest time for which the cluster's DNS gives an old answer: time to live and caches, 30 seconds each with kubeadm and in many clouds. A reader that is to stop serves on for so long, and for one look for readers.
     *
     * @default 60
     */
    readonly dnsCacheSeconds?: number;
    /**
     * What clients may ask the server with the command API: `restricted` answers no secret (get_config of the S3 keys and of the URI with the MySQL password, or of everything) and changes no setting (set_config); `all` passes everything on, so that every client knows the credentials.
     *
     * @default "restricted"
     */
    readonly commands?: 'restricted' | 'all';
    /**
     * Connections of each proxy to MySQL.
     *
     * @default - the defaults of its keys
     */
    readonly database?: {
      /**
       * Connections to MySQL that each proxy keeps open (pool_size).
       *
       * @default 50
       */
      readonly poolSize?: number;
      /**
       * Connections that each proxy may open beyond poolSize, for a short time (max_overflow).
       *
       * @default 0
       */
      readonly maxOverflow?: number;
      /**
       * Age at which a connection is replaced (pool_recycle); below MySQL's wait_timeout.
       *
       * @default 300
       */
      readonly poolRecycleSeconds?: number;
      /**
       * Seconds a request waits for a connection (pool_timeout).
       *
       * @default 30
       */
      readonly poolTimeoutSeconds?: number;
    };
    /**
     * What the main container gets.
     *
     * @default - requests: cpu 250m, memory 256Mi; limits: cpu 2, memory 1Gi
     */
    readonly resources?: Resources;
    /**
     * Additional annotations on the Deployment, StatefulSet or CronJob itself.
     *
     * @default - none
     */
    readonly annotations?: {
      readonly [k: string]: string;
    };
    /**
     * What is to be otherwise with its pods, over the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
  };
  /**
   * The Service `<name>` that clients connect to. Who reaches it can read every credential (`get_config`; Milvus 1.1.1 knows no passwords): keep it inside.
   *
   * @default - port 19530, of type ClusterIP
   */
  readonly service?: Service;
  /**
   * The MySQL 5.7 server of the metadata, deployed with the cluster.
   *
   * @default - the defaults of its keys
   */
  readonly mysql?: {
    /**
     * Deploy MySQL with the cluster. Without it, and without externalMysql, a standalone server keeps its metadata in SQLite.
     *
     * @default true
     */
    readonly enabled?: boolean;
    /**
     * Name of the StatefulSet and its Service, and prefix of what belongs to them.
     *
     * @default - `<name>-mysql`
     */
    readonly name?: string;
    /**
     * Name of the database that holds the metadata: which collections, segments and indexes there are.
     *
     * @default "milvus"
     */
    readonly database?: string;
    /**
     * User that Milvus logs in as; made at the first start, with rights on this database alone.
     *
     * @default "milvus"
     */
    readonly user?: string;
    /**
     * Where the MySQL passwords come from: one of existingSecret, externalSecret, inline.
     *
     * @default - the defaults of its keys
     */
    readonly credentials?: {
      /**
       * Name of a Secret that exists already, or that you create before the pods can start.
       *
       * @default - `<name>-mysql`, or mysql.name, when neither externalSecret nor inline is given
       */
      readonly existingSecret?: string;
      /**
       * The names of the keys in the Secret (by default those of the chart).
       *
       * @default - the defaults of its keys
       */
      readonly keys?: {
        /**
         * Key in the Secret that holds the root password.
         *
         * @default "mysql-root-password"
         */
        readonly rootPassword?: string;
        /**
         * Key in the Secret that holds the user's password.
         *
         * @default "mysql-password"
         */
        readonly password?: string;
      };
      /**
       * Emits an ExternalSecret; the External Secrets Operator makes the Secret from it.
       */
      readonly externalSecret?: {
        /**
         * The SecretStore that the External Secrets Operator reads from.
         */
        readonly secretStoreRef: SecretStoreRef;
        /**
         * How often the operator reads the store again; 0s for once.
         *
         * @default "1h"
         */
        readonly refreshInterval?: string;
        /**
         * Where each credential is in the store.
         */
        readonly remoteRefs: {
          /**
           * The root password in the store.
           */
          readonly rootPassword: RemoteRef;
          /**
           * The user's password in the store.
           */
          readonly password: RemoteRef;
        };
      };
      /**
       * For development only: the passwords themselves; they end in a Secret in the manifests.
       */
      readonly inline?: {
        /**
         * Password of root@localhost.
         */
        readonly rootPassword: string;
        /**
         * Password of the user that Milvus logs in as.
         */
        readonly password: string;
      };
    };
    /**
     * Connections that the server allows (max_connections).
     *
     * @default - what the servers and proxies can open, at least 1000
     */
    readonly maxConnections?: number;
    /**
     * The volume of the metadata.
     *
     * @default - enabled, 4Gi, ReadWriteOnce, of the default StorageClass; subPath `data` on a new claim, and the root of an existing one, where the chart keeps it
     */
    readonly persistence?: Claim;
    /**
     * The Service that Milvus reaches MySQL by. MySQL 5.7 is spoken without TLS.
     *
     * @default - port 3306, of type ClusterIP
     */
    readonly service?: Service;
    /**
     * Option files by name; read after our own, so that they win.
     *
     * @default - none
     */
    readonly configurationFiles?: {
      readonly [k: string]: string;
    };
    /**
     * Additional arguments of mysqld; they win over all option files.
     *
     * @default []
     */
    readonly extraArgs?: readonly string[];
    /**
     * Scripts by name that run once, when the data directory is new. No passwords: they end in a ConfigMap.
     *
     * @default - none
     */
    readonly initializationFiles?: {
      readonly [k: string]: string;
    };
    /**
     * User that MySQL runs as; 999 is the `mysql` of the official image.
     *
     * @default 999
     */
    readonly runAsUser?: number;
    /**
     * Group of the volume.
     *
     * @default - runAsUser
     */
    readonly fsGroup?: number;
    /**
     * Metrics of MySQL, on the port `metrics` (9104) of its pod and Service.
     *
     * @default - the defaults of its keys
     */
    readonly exporter?: {
      /**
       * Run a Prometheus exporter beside MySQL; it logs in as the user of Milvus.
       *
       * @default false
       */
      readonly enabled?: boolean;
      /**
       * Additional flags of mysqld_exporter.
       *
       * @default []
       */
      readonly flags?: readonly string[];
      /**
       * What the main container gets.
       *
       * @default - requests: cpu 50m, memory 64Mi; limits: cpu 500m, memory 128Mi
       */
      readonly resources?: Resources;
    };
    /**
     * Seconds that MySQL may take to start (first initialisation, crash recovery) before it is restarted.
     *
     * @default 1800
     */
    readonly startupTimeoutSeconds?: number;
    /**
     * What the main container gets.
     *
     * @default - requests: cpu 250m, memory as the limit; limits: cpu 1, memory 1Gi
     */
    readonly resources?: Resources;
    /**
     * Additional annotations on the Deployment, StatefulSet or CronJob itself.
     *
     * @default - none
     */
    readonly annotations?: {
      readonly [k: string]: string;
    };
    /**
     * What is to be otherwise with its pods, over the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
  };
  /**
   * A MySQL server that exists already, used instead of deploying one.
   *
   * @default - none: MySQL is deployed
   */
  readonly externalMysql?: {
    /**
     * Host name or IPv4 address of the MySQL server.
     */
    readonly host: string;
    /**
     * Port of the MySQL server.
     *
     * @default 3306
     */
    readonly port?: number;
    /**
     * Name of the database that holds the metadata. It must exist, and belong to this cluster alone.
     *
     * @default "milvus"
     */
    readonly database?: string;
    /**
     * User; it needs CREATE, SELECT, INSERT, UPDATE and DELETE on the database, by mysql_native_password.
     *
     * @default "milvus"
     */
    readonly user?: string;
    /**
     * Where the MySQL password comes from: one of existingSecret, externalSecret, inline.
     *
     * @default - the defaults of its keys
     */
    readonly credentials?: {
      /**
       * Name of a Secret that exists already, or that you create before the pods can start.
       *
       * @default - `<name>-mysql`, when neither externalSecret nor inline is given
       */
      readonly existingSecret?: string;
      /**
       * The names of the keys in the Secret.
       *
       * @default - the defaults of its keys
       */
      readonly keys?: {
        /**
         * Key in the Secret that holds the user's password.
         *
         * @default "mysql-password"
         */
        readonly password?: string;
      };
      /**
       * Emits an ExternalSecret; the External Secrets Operator makes the Secret from it.
       */
      readonly externalSecret?: {
        /**
         * The SecretStore that the External Secrets Operator reads from.
         */
        readonly secretStoreRef: SecretStoreRef;
        /**
         * How often the operator reads the store again; 0s for once.
         *
         * @default "1h"
         */
        readonly refreshInterval?: string;
        /**
         * Where each credential is in the store.
         */
        readonly remoteRefs: {
          /**
           * The user's password in the store.
           */
          readonly password: RemoteRef;
        };
      };
      /**
       * For development only: the password itself; it ends in a Secret in the manifests.
       */
      readonly inline?: {
        /**
         * Password of the user that Milvus logs in as.
         */
        readonly password: string;
      };
    };
  };
  /**
   * Seconds that a pod waits for a login to MySQL at start before it fails with a message and is retried.
   *
   * @default 300
   */
  readonly mysqlWaitSeconds?: number;
  /**
   * The embedded MinIO of `s3.embedded`; its root user has the S3 keys.
   *
   * @default - the defaults of its keys
   */
  readonly minio?: {
    /**
     * The volume of the objects.
     *
     * @default - enabled, 20Gi, ReadWriteOnce, of the default StorageClass
     */
    readonly persistence?: Claim;
    /**
     * What the main container gets.
     *
     * @default - requests: cpu 100m, memory 256Mi; limits: cpu 1, memory 1Gi
     */
    readonly resources?: Resources;
    /**
     * Additional annotations on the Deployment, StatefulSet or CronJob itself.
     *
     * @default - none
     */
    readonly annotations?: {
      readonly [k: string]: string;
    };
    /**
     * What is to be otherwise with its pods, over the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
  };
  /**
   * The web interface milvus-em of 0.x. It speaks the HTTP of a server, which mishards does not have, and nobody maintains it: for a standalone server, and off by default.
   *
   * @default - the defaults of its keys
   */
  readonly admin?: {
    /**
     * Deploy the web interface.
     *
     * @default false
     */
    readonly enabled?: boolean;
    /**
     * Number of pods of the web interface.
     *
     * @default 1
     */
    readonly replicas?: number;
    /**
     * The Service `<name>-admin`. The interface asks for no password.
     *
     * @default - port 3000, of type ClusterIP
     */
    readonly service?: Service;
    /**
     * What the main container gets.
     *
     * @default - requests: cpu 50m, memory 64Mi; limits: cpu 500m, memory 256Mi
     */
    readonly resources?: Resources;
    /**
     * Additional annotations on the Deployment, StatefulSet or CronJob itself.
     *
     * @default - none
     */
    readonly annotations?: {
      readonly [k: string]: string;
    };
    /**
     * What is to be otherwise with its pods, over the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
  };
  /**
   * Who may connect to the pods of the cluster, and what they may connect to.
   *
   * @default - the defaults of its keys
   */
  readonly networkPolicy?: {
    /**
     * Deny everything to and from the pods of the cluster, then allow what it needs. Takes a network plugin that enforces NetworkPolicies.
     *
     * @default true
     */
    readonly enabled?: boolean;
    /**
     * Who may connect to Milvus: whoever does can read its credentials.
     *
     * @default - the defaults of its keys
     */
    readonly clients?: {
      /**
       * Who may connect to Milvus.
       *
       * @default - the pods of the same namespace; with a Service of type NodePort or LoadBalancer, or externalIPs, every address as well
       */
      readonly peers?: readonly NetworkPolicyPeer[];
    };
    /**
     * The S3 storage.
     *
     * @default - peers: an IPv4 address itself; for the name of a Service its namespace; for any other name every address; ports: s3.port; for a Service in another namespace all
     */
    readonly s3?: Destination;
    /**
     * The external MySQL.
     *
     * @default - peers: an IPv4 address itself; for the name of a Service its namespace; for any other name every address; ports: externalMysql.port; for a Service in another namespace all
     */
    readonly mysql?: Destination;
    /**
     * Who may scrape the push gateways and the MySQL exporter, where there are any.
     *
     * @default - the defaults of its keys
     */
    readonly prometheus?: {
      /**
       * Prometheus.
       *
       * @default - pods with the label app.kubernetes.io/name: prometheus, in any namespace
       */
      readonly peers?: readonly NetworkPolicyPeer[];
    };
    /**
     * The API server, for mishards.discovery kubernetes.
     *
     * @default - the defaults of its keys
     */
    readonly apiServer?: Destination;
    /**
     * The DNS server.
     *
     * @default - peers: pods with the label k8s-app: kube-dns in any namespace, and the node-local cache at 169.254.20.10; ports: 53
     */
    readonly dns?: Destination;
    /**
     * Additional ingress rules of all pods of the cluster, as in a NetworkPolicy.
     *
     * @default []
     */
    readonly extraIngress?: readonly {
      /**
       * The pods, namespaces or addresses at the other end.
       *
       * @default - everybody
       */
      readonly from?: readonly NetworkPolicyPeer[];
      /**
       * Ports to which the rule is limited.
       *
       * @default - all
       */
      readonly ports?: readonly NetworkPolicyPort[];
    }[];
    /**
     * Additional egress rules of all pods of the cluster, as in a NetworkPolicy.
     *
     * @default []
     */
    readonly extraEgress?: readonly {
      /**
       * The pods, namespaces or addresses at the other end.
       *
       * @default - everybody
       */
      readonly to?: readonly NetworkPolicyPeer[];
      /**
       * Ports to which the rule is limited.
       *
       * @default - all
       */
      readonly ports?: readonly NetworkPolicyPort[];
    }[];
  };
  /**
   * For the Prometheus Operator and Grafana; the metrics themselves are milvus.metrics and mysql.exporter.
   *
   * @default - the defaults of its keys
   */
  readonly monitoring?: {
    /**
     * What the Prometheus Operator scrapes.
     *
     * @default - the defaults of its keys
     */
    readonly podMonitor?: {
      /**
       * Add a PodMonitor for the push gateways beside the servers and the MySQL exporter.
       *
       * @default false
       */
      readonly enabled?: boolean;
      /**
       * How often Prometheus asks for the metrics, such as 30s.
       *
       * @default "30s"
       */
      readonly interval?: string;
      /**
       * Labels by which your Prometheus chooses PodMonitors, e.g. release: prometheus.
       *
       * @default - none
       */
      readonly labels?: {
        readonly [k: string]: string;
      };
    };
    /**
     * Alerts for Prometheus.
     *
     * @default - the defaults of its keys
     */
    readonly prometheusRule?: {
      /**
       * Add a PrometheusRule with alerts, each with a runbook.
       *
       * @default false
       */
      readonly enabled?: boolean;
      /**
       * Alert on Deployments, claims and Jobs too, by kube-state-metrics and the kubelet.
       *
       * @default true
       */
      readonly kubeStateMetrics?: boolean;
      /**
       * Labels by which your Prometheus chooses PrometheusRules.
       *
       * @default - none
       */
      readonly labels?: {
        readonly [k: string]: string;
      };
      /**
       * Where your people read docs/how-to/alerts.md, in the version that you use: alerts link to their heading in it (annotation `runbook_url`).
       *
       * @default - no link; the annotation `runbook` has the path and heading
       */
      readonly runbookUrl?: string;
    };
    /**
     * The dashboard for Grafana.
     *
     * @default - the defaults of its keys
     */
    readonly dashboard?: {
      /**
       * Add a ConfigMap with a Grafana dashboard.
       *
       * @default false
       */
      readonly enabled?: boolean;
      /**
       * Labels by which Grafana's sidecar finds dashboards.
       *
       * @default - none
       */
      readonly labels?: {
        readonly [k: string]: string;
      };
      /**
       * Annotations, e.g. the folder that the sidecar puts it into.
       *
       * @default - none
       */
      readonly annotations?: {
        readonly [k: string]: string;
      };
    };
  };
  /**
   * Backups, and the Jobs that restore, verify and list them (in jobs/, started by hand).
   *
   * @default - the defaults of its keys
   */
  readonly backup?: {
    /**
     * Back up metadata and vectors regularly, to S3.
     *
     * @default false
     */
    readonly enabled?: boolean;
    /**
     * Back up the vectors as well: the objects in S3 that the metadata names, each once for all backups.
     *
     * @default - true; false with the vectors on a volume, which can't be backed up so
     */
    readonly objects?: boolean;
    /**
     * When backups are made, as a cron expression of five fields; in UTC, unless Kubernetes is set otherwise.
     *
     * @default "17 3 * * *"
     */
    readonly schedule?: string;
    /**
     * Make no backups for now; what is there stays.
     *
     * @default false
     */
    readonly suspend?: boolean;
    /**
     * How many backups are kept; older ones are deleted.
     *
     * @default 14
     */
    readonly keep?: number;
    /**
     * Seconds that a backup, a verification or a restore may take. What a backup has copied by then the next one need not copy.
     *
     * @default - 21600; 3600 for the metadata alone
     */
    readonly timeoutSeconds?: number;
    /**
     * Where the backups go. What is left out is that of `s3`.
     *
     * @default - the defaults of its keys
     */
    readonly s3?: {
      /**
       * Host of another S3 endpoint.
       *
       * @default - s3.address
       */
      readonly address?: string;
      /**
       * Port of that endpoint.
       *
       * @default - s3.port; with tls of its own 443, or 80
       */
      readonly port?: number;
      /**
       * TLS to that endpoint.
       *
       * @default - s3.tls; none to an address of its own
       */
      readonly tls?: {
        /**
         * Speak TLS to that endpoint, and verify its certificate.
         *
         * @default false
         */
        readonly enabled?: boolean;
        /**
         * Secret whose key `ca.crt` has the certificate of the CA, for one that is not publicly known.
         *
         * @default - the CAs that the images trust
         */
        readonly caSecret?: string;
        /**
         * Name in the certificate, when the address is an IPv4 address. The endpoint is called by it (SNI, Host).
         *
         * @default - the address, which then has to be a name
         */
        readonly serverName?: string;
      };
      /**
       * Region that requests to that endpoint are signed for; many storages pass over it.
       *
       * @default - that of an endpoint of AWS or Wasabi, by its name; otherwise us-east-1
       */
      readonly region?: string;
      /**
       * Bucket of the backups, when it is another one.
       *
       * @default - s3.bucket
       */
      readonly bucket?: string;
      /**
       * Beginning of the keys of the backups in the bucket; outside storage.path.
       *
       * @default - backup/<name>
       */
      readonly prefix?: string;
      /**
       * The keys for it; of a Secret `<name>-backup-s3` unless they say another.
       *
       * @default - s3.credentials
       */
      readonly credentials?: S3Credentials;
    };
    /**
     * Where the Job of the restore takes backups from: those of another cluster, for a copy of it (its objects go to s3.bucket and storage.path of this one).
     *
     * @default - the defaults of its keys
     */
    readonly restoreFrom?: {
      /**
       * Host of another S3 endpoint.
       *
       * @default - backup.s3.address
       */
      readonly address?: string;
      /**
       * Port of that endpoint.
       *
       * @default - backup.s3.port; with tls of its own 443, or 80
       */
      readonly port?: number;
      /**
       * TLS to that endpoint.
       *
       * @default - backup.s3.tls; none to an address of its own
       */
      readonly tls?: {
        /**
         * Speak TLS to that endpoint, and verify its certificate.
         *
         * @default false
         */
        readonly enabled?: boolean;
        /**
         * Secret whose key `ca.crt` has the certificate of the CA, for one that is not publicly known.
         *
         * @default - the CAs that the images trust
         */
        readonly caSecret?: string;
        /**
         * Name in the certificate, when the address is an IPv4 address. The endpoint is called by it (SNI, Host).
         *
         * @default - the address, which then has to be a name
         */
        readonly serverName?: string;
      };
      /**
       * Region that requests to that endpoint are signed for; many storages pass over it.
       *
       * @default - that of an endpoint of AWS or Wasabi, by its name; that of backup.s3 at its endpoint; otherwise us-east-1
       */
      readonly region?: string;
      /**
       * Bucket of the backups, when it is another one.
       *
       * @default - backup.s3.bucket
       */
      readonly bucket?: string;
      /**
       * Beginning of the keys of the backups in the bucket; outside storage.path.
       *
       * @default - backup.s3.prefix
       */
      readonly prefix?: string;
      /**
       * The keys for it; of a Secret `<name>-restore-s3` unless they say another.
       *
       * @default - backup.s3.credentials
       */
      readonly credentials?: S3Credentials;
    };
    /**
     * Bring a backup back. While this is there, Milvus is stopped, the CronJobs are suspended, and the Job of the restore is in the manifest, as `<name>-restore-<backup>`. Without it Milvus starts again.
     *
     * @default - none is brought back
     */
    readonly restore?: {
      /**
       * Name of the backup.
       */
      readonly backup: string;
      /**
       * Replace what is in the database, which otherwise has to be empty. It is kept aside.
       *
       * @default false
       */
      readonly force?: boolean;
    };
    /**
     * Regular proof that a backup can be read.
     *
     * @default - the defaults of its keys
     */
    readonly verify?: {
      /**
       * Read the latest backup again regularly, all bytes of it, and compare checksums.
       *
       * @default - never; it is a Job in jobs/ that you start
       */
      readonly schedule?: string;
    };
    /**
     * What the main container gets.
     *
     * @default - requests: cpu 100m, memory 128Mi; limits: cpu 1, memory 512Mi
     */
    readonly resources?: Resources;
    /**
     * Additional annotations on the Deployment, StatefulSet or CronJob itself.
     *
     * @default - none
     */
    readonly annotations?: {
      readonly [k: string]: string;
    };
    /**
     * What is to be otherwise with its pods, over the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
  };
  /**
   * The smoke test: creates a collection, inserts, indexes, searches, compares, drops.
   *
   * @default - the defaults of its keys
   */
  readonly smokeTest?: {
    /**
     * Run the smoke test regularly, as a canary.
     *
     * @default - never; it is a Job in jobs/ that you start
     */
    readonly schedule?: string;
    /**
     * Seconds that a smoke test may take.
     *
     * @default 600
     */
    readonly timeoutSeconds?: number;
    /**
     * What the main container gets.
     *
     * @default - requests: cpu 50m, memory 128Mi; limits: cpu 1, memory 512Mi
     */
    readonly resources?: Resources;
    /**
     * Additional annotations on the Deployment, StatefulSet or CronJob itself.
     *
     * @default - none
     */
    readonly annotations?: {
      readonly [k: string]: string;
    };
    /**
     * What is to be otherwise with its pods, over the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
  };
  /**
   * The images of the pods, each as repository:tag, repository@sha256:..., or both.
   *
   * @default - the defaults of its keys
   */
  readonly images?: {
    /**
     * Image of the Milvus server, built for CPUs.
     *
     * @default "milvusdb/milvus:1.1.1-cpu-d061621-330cc6"
     */
    readonly milvus?: string;
    /**
     * Image of the proxy.
     *
     * @default "milvusdb/mishards:1.1.1"
     */
    readonly mishards?: string;
    /**
     * Image of the MySQL server and client: 5.7, or 8.0 with native passwords.
     *
     * @default "mysql:5.7.44"
     */
    readonly mysql?: string;
    /**
     * Image with rclone. It checks the S3 storage before the servers start, and copies backups.
     *
     * @default "rclone/rclone:1.68.2"
     */
    readonly rclone?: string;
    /**
     * Image of the proxy beside the servers that speaks TLS to S3 (s3.tls).
     *
     * @default "haproxy:2.8.10"
     */
    readonly haproxy?: string;
    /**
     * Image of the Milvus server built for GPUs, for roles with gpu.enabled.
     *
     * @default "milvusdb/milvus:1.1.1-gpu-d061621-330cc6"
     */
    readonly milvusGpu?: string;
    /**
     * Image of the push gateway beside the servers (milvus.metrics).
     *
     * @default "prom/pushgateway:v1.10.0"
     */
    readonly pushgateway?: string;
    /**
     * Image of the exporter with the metrics of MySQL (mysql.exporter).
     *
     * @default "prom/mysqld-exporter:v0.16.0"
     */
    readonly mysqldExporter?: string;
    /**
     * Image of the web interface (admin).
     *
     * @default "milvusdb/milvus-em:v0.4.3"
     */
    readonly admin?: string;
    /**
     * Image of MinIO, the embedded S3 storage (s3.embedded).
     *
     * @default "quay.io/minio/minio:RELEASE.2024-12-18T13-15-44Z"
     */
    readonly minio?: string;
  };
  /**
   * Registry (and path) of a mirror that all images come from; official images are under library/.
   *
   * @default - the registries that the images name
   */
  readonly imageRegistry?: string;
  /**
   * When a node pulls the images, as in Kubernetes.
   *
   * @default "IfNotPresent"
   */
  readonly imagePullPolicy?: 'IfNotPresent' | 'Always' | 'Never';
  /**
   * What is to be otherwise with all pods of the cluster, those of Jobs included, as a strategic merge patch over the pod template.
   *
   * @default - nothing
   */
  readonly podTemplate?: PodTemplate;
}
/**
 * Where the S3 keys come from: one of existingSecret, externalSecret, inline.
 *
 * @default - the defaults of its keys
 */
export interface S3Credentials {
  /**
   * Name of a Secret that exists already, or that you create before the pods can start.
   *
   * @default - that of the section, when neither externalSecret nor inline is given
   */
  readonly existingSecret?: string;
  /**
   * The names of the keys in the Secret.
   *
   * @default - the defaults of its keys
   */
  readonly keys?: {
    /**
     * Key in the Secret that holds the access key.
     *
     * @default "access-key"
     */
    readonly accessKey?: string;
    /**
     * Key in the Secret that holds the secret key.
     *
     * @default "secret-key"
     */
    readonly secretKey?: string;
  };
  /**
   * Emits an ExternalSecret; the External Secrets Operator makes the Secret from it.
   */
  readonly externalSecret?: {
    /**
     * The SecretStore that the External Secrets Operator reads from.
     */
    readonly secretStoreRef: SecretStoreRef;
    /**
     * How often the operator reads the store again; 0s for once.
     *
     * @default "1h"
     */
    readonly refreshInterval?: string;
    /**
     * Where each credential is in the store.
     */
    readonly remoteRefs: {
      /**
       * The access key in the store.
       */
      readonly accessKey: RemoteRef;
      /**
       * The secret key in the store.
       */
      readonly secretKey: RemoteRef;
    };
  };
  /**
   * For development only: the keys themselves; they end in a Secret in the manifests.
   */
  readonly inline?: {
    /**
     * The access key.
     */
    readonly accessKey: string;
    /**
     * The secret key.
     */
    readonly secretKey: string;
  };
}
/**
 * A SecretStore of the External Secrets Operator.
 */
export interface SecretStoreRef {
  /**
   * Name of the store.
   */
  readonly name: string;
  /**
   * Kind of the store.
   *
   * @default "SecretStore"
   */
  readonly kind?: 'SecretStore' | 'ClusterSecretStore';
}
/**
 * A value in an external store.
 */
export interface RemoteRef {
  /**
   * Path or name of the entry in the external store.
   */
  readonly key: string;
  /**
   * Property within the entry.
   *
   * @default - the whole entry
   */
  readonly property?: string;
}
/**
 * A PersistentVolumeClaim, and whether there is one.
 *
 * @default - the defaults of its keys
 */
export interface Claim {
  /**
   * Whether there is one; otherwise the files go with the pod.
   *
   * @default - as the section says
   */
  readonly enabled?: boolean;
  /**
   * StorageClass of the claim, e.g. csi-rbd-sc; "" for a volume that was made by hand.
   *
   * @default - as the section says
   */
  readonly storageClassName?: '' | string;
  /**
   * Size of the volume, such as 20Gi.
   *
   * @default - as the section says
   */
  readonly size?: string | number;
  /**
   * Access modes of the volume, as in Kubernetes.
   *
   * @default - as the section says
   */
  readonly accessModes?: readonly ('ReadWriteOnce' | 'ReadWriteOncePod' | 'ReadWriteMany')[];
  /**
   * A claim that exists already, used instead of a new one.
   *
   * @default - a new claim
   */
  readonly existingClaim?: string;
  /**
   * Directory on the volume that is used.
   *
   * @default - the root, unless the section says otherwise
   */
  readonly subPath?: string;
  /**
   * Additional annotations of the claim.
   *
   * @default - none
   */
  readonly annotations?: {
    readonly [k: string]: string;
  };
}
/**
 * Memory of a server.
 *
 * @default - the defaults of its keys
 */
export interface Cache {
  /**
   * Memory for cached segments and indexes (cache.cache_size); it should hold the index of the data that is searched.
   *
   * @default - what the memory limit leaves, when that is set; otherwise 4GB on readonly and 1GB on writable
   */
  readonly cacheSize?: string;
  /**
   * Memory for rows that are not flushed yet (cache.insert_buffer_size). Without it 1.1.1 refuses to start.
   *
   * @default - 1GB on writable, 64MB on readonly, which never inserts
   */
  readonly insertBufferSize?: string;
  /**
   * Share of the cache that is kept when it is cleaned (cache.cpu_cache_threshold).
   *
   * @default - the server's own: 0.7
   */
  readonly cpuCacheThreshold?: number;
  /**
   * Put inserted data into the cache at once, so that the first search need not load it (cache.cache_insert_data).
   *
   * @default - the server's own: false
   */
  readonly cacheInsertData?: boolean;
  /**
   * Collections to load into the cache at start (cache.preload_collection). A missing collection, or a full cache, makes 1.1.1 stop at start.
   *
   * @default - none
   */
  readonly preloadCollections?: readonly string[];
}
/**
 * The search engine of a server.
 *
 * @default - the defaults of its keys
 */
export interface Engine {
  /**
   * Threads for search and index building (engine_config.omp_thread_num); at most the node's CPUs, 0 means half of them.
   *
   * @default - the CPU limit, rounded down, at least 1
   */
  readonly ompThreadNum?: number;
  /**
   * Number of query vectors from which BLAS is used (engine_config.use_blas_threshold).
   *
   * @default - the server's own: 1100
   */
  readonly useBlasThreshold?: number;
  /**
   * Instruction set of the CPU that searches use (engine_config.simd_type); `auto` takes the best that the node has.
   *
   * @default - the server's own: auto
   */
  readonly simdType?: 'auto' | 'avx512' | 'avx2' | 'sse';
  /**
   * Number of query vectors up to which searches are combined into one (engine_config.search_combine_nq).
   *
   * @default - the server's own: 64
   */
  readonly searchCombineNq?: number;
  /**
   * Most partitions that a collection may have (engine_config.max_partition_num).
   *
   * @default - the server's own: 4096
   */
  readonly maxPartitionNum?: number;
}
/**
 * GPUs of a server.
 *
 * @default - the defaults of its keys
 */
export interface Gpu {
  /**
   * Run the GPU build, images.milvusGpu, and give it devices (gpu.enable).
   *
   * @default - false
   */
  readonly enabled?: boolean;
  /**
   * Memory of each device for cached data (gpu.cache_size).
   *
   * @default - 1GB
   */
  readonly cacheSize?: string;
  /**
   * Share of the cache that is kept when it is cleaned (gpu.cache_threshold).
   *
   * @default - the server's own
   */
  readonly cacheThreshold?: number;
  /**
   * Query vectors from which a search runs on the GPU (gpu.gpu_search_threshold).
   *
   * @default - 1000
   */
  readonly gpuSearchThreshold?: number;
  /**
   * Devices that search, as the pod numbers them (gpu.search_devices).
   *
   * @default - gpu0
   */
  readonly searchDevices?: readonly string[];
  /**
   * Devices that build indexes (gpu.build_index_devices).
   *
   * @default - gpu0
   */
  readonly buildIndexDevices?: readonly string[];
  /**
   * Devices that each pod asks for.
   *
   * @default - as many as searchDevices and buildIndexDevices name
   */
  readonly count?: number;
  /**
   * Resource of the device plugin.
   *
   * @default - nvidia.com/gpu
   */
  readonly resourceName?: string;
}
/**
 * What the main container of a pod gets.
 *
 * @default - the defaults of its keys
 */
export interface Resources {
  /**
   * What Kubernetes sets aside for the container on its node.
   *
   * @default - the defaults of its keys
   */
  readonly requests?: ResourceAmounts;
  /**
   * What the container may use at most.
   *
   * @default - the defaults of its keys
   */
  readonly limits?: ResourceAmounts;
}
/**
 * Amounts by name: cpu, memory, ephemeral-storage, hugepages-2Mi, or what a device plugin offers (example.com/fpga).
 *
 * @default - the defaults of its keys
 */
export interface ResourceAmounts {
  /**
   * CPU cores, such as 2 or 500m (half a core).
   *
   * @default - as the section says
   */
  readonly cpu?: string | number;
  /**
   * Memory, such as 8Gi.
   *
   * @default - as the section says
   */
  readonly memory?: string | number;
  readonly [k: string]: string | number | undefined;
}
/**
 * A PodTemplateSpec or a part of one, in Kubernetes' own words.
 *
 * @default - none
 */
export interface PodTemplate {
  readonly [k: string]: unknown;
}
/**
 * What a role logs otherwise than `milvus.logs`.
 *
 * @default - the defaults of its keys
 */
export interface RoleLogs {
  /**
   * Least level that is logged (logs.level). At `info` and `debug` 1.1.1 prints its credentials.
   *
   * @default - that of milvus.logs.level
   */
  readonly level?: 'debug' | 'info' | 'warning' | 'error' | 'fatal';
  /**
   * Log trace messages as well (logs.trace.enable); faiss, the search library, writes one for each search.
   *
   * @default - that of milvus.logs.traceEnabled
   */
  readonly traceEnabled?: boolean;
  /**
   * Size at which a log file is closed and the next one begun (logs.max_log_file_size).
   *
   * @default - that of milvus.logs.maxFileSize
   */
  readonly maxFileSize?: string;
  /**
   * Log files kept, of those that one start of the server has written (logs.log_rotate_num); 0 keeps all.
   *
   * @default - that of milvus.logs.rotateNum
   */
  readonly rotateNum?: number;
  /**
   * Log to stdout, where `kubectl logs` finds it (logs.log_to_stdout).
   *
   * @default - that of milvus.logs.toStdout
   */
  readonly toStdout?: boolean;
  /**
   * Log to files in milvus.logs.path as well (logs.log_to_file).
   *
   * @default - that of milvus.logs.toFile
   */
  readonly toFile?: boolean;
}
/**
 * How many pods may be missing.
 *
 * @default - the defaults of its keys
 */
export interface PodDisruptionBudget {
  /**
   * Limit how many pods a drain of nodes takes at once.
   *
   * @default - true with more than one pod
   */
  readonly enabled?: boolean;
  /**
   * Pods that may be missing, a number or a share such as 25%.
   *
   * @default - 1
   */
  readonly maxUnavailable?: number | string;
  /**
   * Pods that have to be there, instead of maxUnavailable.
   *
   * @default - none
   */
  readonly minAvailable?: number | string;
  /**
   * Whether pods that are not ready may always go; AlwaysAllow is right from Kubernetes 1.27 on, older ones refuse the field.
   *
   * @default - left to Kubernetes
   */
  readonly unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow';
}
/**
 * By CPU alone: the memory of Milvus grows to its cache size and stays there.
 *
 * @default - the defaults of its keys
 */
export interface Autoscaling {
  /**
   * Let a HorizontalPodAutoscaler decide the number of pods; needs metrics-server.
   *
   * @default false
   */
  readonly enabled?: boolean;
  /**
   * Least number of pods.
   *
   * @default - replicas
   */
  readonly minReplicas?: number;
  /**
   * Most pods.
   *
   * @default - three times minReplicas
   */
  readonly maxReplicas?: number;
  /**
   * CPU that the pods use on average, in percent of what they request.
   *
   * @default 70
   */
  readonly targetCPUUtilizationPercentage?: number;
}
/**
 * How a Service is reached.
 *
 * @default - the defaults of its keys
 */
export interface Service {
  /**
   * Port on which the Service is reached.
   *
   * @default - as the section says
   */
  readonly port?: number;
  /**
   * Type of the Service, as in Kubernetes: ClusterIP is for clients inside the cluster, LoadBalancer and NodePort also for those outside.
   *
   * @default "ClusterIP"
   */
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  /**
   * Port on the nodes, with NodePort or LoadBalancer.
   *
   * @default - chosen by Kubernetes
   */
  readonly nodePort?: number;
  /**
   * Fixed address inside the cluster.
   *
   * @default - chosen by Kubernetes
   */
  readonly clusterIP?: string;
  /**
   * Address that the load balancer is asked for.
   *
   * @default - chosen by it
   */
  readonly loadBalancerIP?: string;
  /**
   * Ranges of addresses that may use the load balancer, such as 192.0.2.0/24.
   *
   * @default - all that reach it
   */
  readonly loadBalancerSourceRanges?: readonly string[];
  /**
   * Additional addresses that reach the Service.
   *
   * @default []
   */
  readonly externalIPs?: readonly string[];
  /**
   * Additional annotations of this Service, such as those that a load balancer reads.
   *
   * @default - none
   */
  readonly annotations?: {
    readonly [k: string]: string;
  };
  /**
   * Additional labels of this Service.
   *
   * @default - none
   */
  readonly labels?: {
    readonly [k: string]: string;
  };
}
/**
 * One end of a connection, as in a NetworkPolicy.
 *
 * @default - the defaults of its keys
 */
export interface NetworkPolicyPeer {
  /**
   * Pods, in the namespaces of namespaceSelector; without it in that of the cluster.
   *
   * @default - none
   */
  readonly podSelector?: LabelSelector;
  /**
   * Namespaces in which the pods are; without podSelector all of their pods.
   *
   * @default - none
   */
  readonly namespaceSelector?: LabelSelector;
  /**
   * Addresses outside Kubernetes.
   *
   * @default - none
   */
  readonly ipBlock?: {
    /**
     * Range of addresses, such as 192.0.2.0/24.
     */
    readonly cidr: string;
    /**
     * Ranges within it that are left out.
     *
     * @default - none
     */
    readonly except?: readonly string[];
  };
}
/**
 * A label selector; an empty one selects everything.
 *
 * @default - the defaults of its keys
 */
export interface LabelSelector {
  /**
   * Labels that all have to be there.
   *
   * @default - none
   */
  readonly matchLabels?: {
    readonly [k: string]: string;
  };
  /**
   * Requirements on labels, as in a NetworkPolicy.
   *
   * @default - none
   */
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}
/**
 * A requirement on a label.
 */
export interface LabelSelectorRequirement {
  /**
   * Label that is looked at.
   */
  readonly key: string;
  /**
   * How the label is compared with the values.
   */
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  /**
   * Values, with In and NotIn.
   *
   * @default - none, with Exists and DoesNotExist
   */
  readonly values?: readonly string[];
}
/**
 * What the pods of the cluster connect to.
 *
 * @default - the defaults of its keys
 */
export interface Destination {
  /**
   * The pods, namespaces or addresses there.
   *
   * @default - as the section says
   */
  readonly peers?: readonly NetworkPolicyPeer[];
  /**
   * Ports of the pods or hosts there; behind a Service those of its pods.
   *
   * @default - as the section says
   */
  readonly ports?: readonly number[];
}
/**
 * A port, as in a NetworkPolicy.
 *
 * @default - the defaults of its keys
 */
export interface NetworkPolicyPort {
  /**
   * Number, or name of a port of the pods.
   *
   * @default - all
   */
  readonly port?: number | string;
  /**
   * Last of a range that begins with port.
   *
   * @default - none
   */
  readonly endPort?: number;
  /**
   * Protocol of the port.
   *
   * @default - TCP
   */
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
}
