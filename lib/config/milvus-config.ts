/* Generated from the schema in lib/config/schema by `npm run generate`; do not edit. */

/**
 * A Milvus 1.1.1 cluster.
 */
export interface MilvusConfig {
  /**
   * Name of the cluster: the prefix of every object, and the name of the Service that clients connect to.
   */
  readonly name: string;
  /**
   * `cluster`: mishards in front of one writable and any number of readers. `standalone`: one server that does everything.
   *
   * @default "cluster"
   */
  readonly mode?: 'cluster' | 'standalone';
  /**
   * Value of the label app.kubernetes.io/instance, which selects the pods. For a release taken over from the chart it is the name of the release.
   *
   * @default - name
   */
  readonly instance?: string;
  /**
   * Value of the label app.kubernetes.io/name, which selects the pods. It can not be changed on a running cluster.
   *
   * @default "milvus"
   */
  readonly appName?: string;
  /**
   * Namespace of every object.
   *
   * @default - none: `kubectl -n` or kustomize decides
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
   * The S3 storage of the vectors. Milvus 1.1.1 uses path-style requests, region us-east-1 and static keys.
   *
   * @default - none: the vectors are on the volume of storage.persistence, which a cluster without S3 has to enable
   */
  readonly s3?: {
    /**
     * Host name or IPv4 address of the S3 endpoint (Ceph RGW, MinIO, ...). Required unless `embedded` is true.
     *
     * @default - none; with `embedded`, the embedded MinIO
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
       * Use TLS to the S3 endpoint, and verify its certificate.
       *
       * @default false
       */
      readonly enabled?: boolean;
      /**
       * Secret with the certificate of a private CA, in the key `ca.crt`.
       *
       * @default - the CAs that the images trust
       */
      readonly caSecret?: string;
      /**
       * Name in the certificate, if the address is an IPv4 address. It is sent as SNI and Host.
       *
       * @default - the address, which then has to be a name
       */
      readonly serverName?: string;
    };
    /**
     * Bucket for the vectors, used by this cluster only. It must exist, unless createBucket is true.
     */
    readonly bucket: string;
    /**
     * Where the S3 keys come from.
     *
     * @default - the Secret `<name>-s3`
     */
    readonly credentials?: S3Credentials;
    /**
     * Create the bucket if it is missing, before the writable starts. The S3 key must have the right to create buckets.
     *
     * @default false
     */
    readonly createBucket?: boolean;
    /**
     * Seconds that a starting pod waits for the endpoint. Then it fails with a message, and tries again.
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
     * Prefix of the keys in the bucket, and directory of local copies in the pods. It can not be changed once there is data; a release taken over from the chart has /var/lib/milvus.
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
     * Seconds after which replaced files are deleted (storage.file_cleanup_timeout). Readers may still need them, so the server's own default of 10 is too short.
     *
     * @default 60
     */
    readonly fileCleanupTimeout?: number;
    /**
     * Size limit of the emptyDir for local copies. Its use grows slowly with the number of segments.
     *
     * @default "10Gi"
     */
    readonly sizeLimit?: string | number;
    /**
     * Volume for the directory `db` of storage.path: the vectors if there is no S3, and metadata in SQLite. All servers share it. Readers on other nodes need ReadWriteMany, e.g. NFS or CephFS. Argo CD and Flux do not delete the claim, unless `annotations` say otherwise.
     *
     * @default - enabled on a standalone server without S3 or with SQLite; 50Gi, ReadWriteMany (ReadWriteOnce on a standalone server), of the default StorageClass
     */
    readonly persistence?: Claim;
  };
  /**
   * The write-ahead log: inserts and deletes that are not flushed yet. The writable keeps it on a volume, never in S3.
   *
   * @default - the defaults of its keys
   */
  readonly wal?: {
    /**
     * Log inserts and deletes before they are acknowledged (wal.enable). Without the log, rows that are not flushed are lost when the process ends.
     *
     * @default true
     */
    readonly enabled?: boolean;
    /**
     * Start even if the log can not be replayed (wal.recovery_error_ignore). `true` can lose rows that were never flushed; `false` can crash-loop with "Wal init error!" even after a clean restart.
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
     * Volume of the log. Argo CD and Flux do not delete its claim, unless `annotations` say otherwise.
     *
     * @default - enabled, 10Gi, ReadWriteOnce, of the StorageClass of mysql.persistence
     */
    readonly persistence?: Claim;
  };
  /**
   * Settings of both roles, the writable and the readers.
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
       * HTTP listener for the probes (network.http.enable). Switch it off on nodes whose kernel has no IPv6: it can not bind there, and the probes then use the gRPC port.
       *
       * @default true
       */
      readonly httpEnabled?: boolean;
      /**
       * Port of the HTTP listener (network.http.port). It shows the credentials to anyone, so no Service exposes it.
       *
       * @default 19121
       */
      readonly httpPort?: number;
    };
    /**
     * What the servers log, and where.
     *
     * @default - the defaults of its keys
     */
    readonly logs?: {
      /**
       * Lowest level that is logged (logs.level). At `info` and `debug` Milvus 1.1.1 prints its credentials.
       *
       * @default "warning"
       */
      readonly level?: 'debug' | 'info' | 'warning' | 'error' | 'fatal';
      /**
       * Log trace messages as well (logs.trace.enable): the search library writes one for each search.
       *
       * @default false
       */
      readonly traceEnabled?: boolean;
      /**
       * Directory of the log files (logs.path). Milvus 1.1.1 needs it to be writable even if it logs to stdout only.
       *
       * @default "/var/lib/milvus/logs"
       */
      readonly path?: string;
      /**
       * Size at which a new log file begins (logs.max_log_file_size).
       *
       * @default "512MB"
       */
      readonly maxFileSize?: string;
      /**
       * Number of log files that are kept for each start of the server (logs.log_rotate_num); 0 keeps all.
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
       * Size limit of the emptyDir for the logs. A pod that exceeds it is evicted.
       *
       * @default "4Gi"
       */
      readonly sizeLimit?: string | number;
      /**
       * Volume for the log files of all servers, with a directory for each pod. It needs toFile: true. Argo CD and Flux do not delete its claim, unless `annotations` say otherwise.
       *
       * @default - disabled; otherwise 5Gi, ReadWriteMany (ReadWriteOnce with one server), of the default StorageClass
       */
      readonly persistence?: Claim;
    };
    /**
     * Memory of both roles. writable.cache and readonly.cache override it.
     *
     * @default - the defaults of its keys
     */
    readonly cache?: Cache;
    /**
     * Search engine of both roles. writable.engine and readonly.engine override it.
     *
     * @default - the defaults of its keys
     */
    readonly engine?: Engine;
    /**
     * GPUs of both roles. writable.gpu and readonly.gpu override it.
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
       * Host of a push gateway that already exists (metric.address). A shared push gateway keeps the series of pods that are gone.
       *
       * @default - each server has a push gateway in its pod
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
     * Files by name. They are in the volume `extra-config` of the pods of the servers; mount it with podTemplate. No credentials: it is a ConfigMap.
     *
     * @default - none
     */
    readonly extraConfigFiles?: {
      readonly [k: string]: string;
    };
    /**
     * Sections and keys of server_config.yaml that have no option: gpu.cache.enable, metric.instance_label, db_config.archive_disk_threshold, db_config.archive_days_threshold, tracing_config.json_config_path.
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
   * The server that takes writes, builds indexes and answers everything except searches.
   *
   * @default - the defaults of its keys
   */
  readonly writable?: {
    /**
     * Number of writables. It is always 1: two would destroy each other's files.
     *
     * @default 1
     */
    readonly replicas?: 1;
    /**
     * Largest index_file_size of your collections. It only sets the default of the memory limit: an index build needs about four times as much memory.
     *
     * @default "1GB"
     */
    readonly maxIndexFileSize?: string;
    /**
     * CPU and memory of the main container.
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
     * Changes to these pods, after the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
    /**
     * Pod Security Standard that the pods meet. `baseline` runs the server as root, for volumes whose files belong to root, such as those of a release taken over from the chart.
     *
     * @default - restricted; with storage.path /var/lib/milvus, baseline on the writable, and with storage.persistence on the readers
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
     * Seconds that the server may take to start, with replay of the log and preloading, before it is restarted.
     *
     * @default 1800
     */
    readonly startupTimeoutSeconds?: number;
    /**
     * Sections and keys of server_config.yaml that have no option: gpu.cache.enable, metric.instance_label, db_config.archive_disk_threshold, db_config.archive_days_threshold, tracing_config.json_config_path. They override those of `milvus.extraServerConfig`.
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
     * Number of readers, the pods that search. With two or more, searches go on if one is lost.
     *
     * @default 1
     */
    readonly replicas?: number;
    /**
     * How many pods a drain of nodes may take at the same time.
     *
     * @default - the defaults of its keys
     */
    readonly podDisruptionBudget?: PodDisruptionBudget;
    /**
     * Change the number of pods with the load, with a HorizontalPodAutoscaler.
     *
     * @default - the defaults of its keys
     */
    readonly autoscaling?: Autoscaling;
    /**
     * CPU and memory of the main container.
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
     * Changes to these pods, after the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
    /**
     * Pod Security Standard that the pods meet. `baseline` runs the server as root, for volumes whose files belong to root, such as those of a release taken over from the chart.
     *
     * @default - restricted; with storage.path /var/lib/milvus, baseline on the writable, and with storage.persistence on the readers
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
     * Seconds that the server may take to start, with replay of the log and preloading, before it is restarted.
     *
     * @default 1800
     */
    readonly startupTimeoutSeconds?: number;
    /**
     * Sections and keys of server_config.yaml that have no option: gpu.cache.enable, metric.instance_label, db_config.archive_disk_threshold, db_config.archive_days_threshold, tracing_config.json_config_path. They override those of `milvus.extraServerConfig`.
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
     * How many pods a drain of nodes may take at the same time.
     *
     * @default - the defaults of its keys
     */
    readonly podDisruptionBudget?: PodDisruptionBudget;
    /**
     * Change the number of pods with the load, with a HorizontalPodAutoscaler.
     *
     * @default - the defaults of its keys
     */
    readonly autoscaling?: Autoscaling;
    /**
     * Number of requests that each proxy serves at the same time, a thread for each (MAX_WORKERS).
     *
     * @default 50
     */
    readonly maxWorkers?: number;
    /**
     * How often a call tries to reach the writable, 30 seconds each time, before it fails (MAX_RETRY).
     *
     * @default 3
     */
    readonly maxRetry?: number;
    /**
     * Lowest level that is logged. INFO writes a line for each request.
     *
     * @default "WARNING"
     */
    readonly logLevel?: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';
    /**
     * How the proxy finds readers: `dns` asks a headless Service and needs no rights, `kubernetes` lists pods and needs rights for that, `static` takes staticHosts. It checks every second which of them answer.
     *
     * @default "dns"
     */
    readonly discovery?: 'dns' | 'kubernetes' | 'static';
    /**
     * Addresses of the readers for `discovery: static`, one for each reader, and never the writable. A name is resolved once.
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
       * How requests to trace are chosen (TRACING_SAMPLER_TYPE). samplerParam says how many.
       *
       * @default "probabilistic"
       */
      readonly samplerType?: 'const' | 'probabilistic' | 'ratelimiting';
      /**
       * For const 1 or 0, for probabilistic a share from 0 to 1, for ratelimiting the traces per second (TRACING_SAMPLER_PARAM).
       *
       * @default 0.01
       */
      readonly samplerParam?: number;
    };
    /**
     * Seconds between two looks for new readers.
     *
     * @default 5
     */
    readonly discoveryIntervalSeconds?: number;
    /**
     * Seconds that the DNS of Kubernetes may give an old answer: time to live plus caches, 30 each with kubeadm and in many clouds. A stopping reader goes on serving for this time plus discoveryIntervalSeconds.
     *
     * @default 60
     */
    readonly dnsCacheSeconds?: number;
    /**
     * Which commands of the client API are allowed. `restricted` refuses those that read credentials (get_config) or change settings (set_config); with `all` every client can read the credentials.
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
       * Connections that each proxy may open for a short time, in addition to poolSize (max_overflow).
       *
       * @default 0
       */
      readonly maxOverflow?: number;
      /**
       * Age at which a connection is replaced (pool_recycle). It must be below MySQL's wait_timeout.
       *
       * @default 300
       */
      readonly poolRecycleSeconds?: number;
      /**
       * Seconds that a request waits for a connection (pool_timeout).
       *
       * @default 30
       */
      readonly poolTimeoutSeconds?: number;
    };
    /**
     * CPU and memory of the main container.
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
     * Changes to these pods, after the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
  };
  /**
   * The Service `<name>` that clients connect to. Milvus 1.1.1 has no logins, so keep it inside: whoever reaches it can read and delete all data.
   *
   * @default - port 19530, of type ClusterIP
   */
  readonly service?: Service;
  /**
   * The MySQL server for the metadata, deployed with the cluster.
   *
   * @default - the defaults of its keys
   */
  readonly mysql?: {
    /**
     * Deploy MySQL with the cluster. If false and without externalMysql, a standalone server keeps its metadata in SQLite.
     *
     * @default true
     */
    readonly enabled?: boolean;
    /**
     * Name of the StatefulSet and its Service, and prefix of their other objects.
     *
     * @default - `<name>-mysql`
     */
    readonly name?: string;
    /**
     * Name of the database for the metadata: which collections, segments and indexes exist.
     *
     * @default "milvus"
     */
    readonly database?: string;
    /**
     * User that Milvus logs in as. The first start creates it, with rights on this database only.
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
       * Name of a Secret that you create yourself; the pods wait for it.
       *
       * @default - `<name>-mysql`, or mysql.name, when neither externalSecret nor inline is given
       */
      readonly existingSecret?: string;
      /**
       * The names of the keys in the Secret; the defaults are those of the Helm chart.
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
       * Add an ExternalSecret, from which the External Secrets Operator makes the Secret.
       */
      readonly externalSecret?: {
        /**
         * The SecretStore that the External Secrets Operator reads from.
         */
        readonly secretStoreRef: SecretStoreRef;
        /**
         * How often the operator reads the store again. 0s: only once.
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
       * For development only: the passwords themselves. They are written into the manifests, in a Secret.
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
     * @default - as many as the servers and proxies can open, at least 1000
     */
    readonly maxConnections?: number;
    /**
     * Volume of the metadata.
     *
     * @default - enabled, 4Gi, ReadWriteOnce, of the default StorageClass; subPath `data` on a new claim, the root on an existing one, as in the chart
     */
    readonly persistence?: Claim;
    /**
     * The Service of MySQL. Milvus 1.1.1 connects without TLS.
     *
     * @default - port 3306, of type ClusterIP
     */
    readonly service?: Service;
    /**
     * MySQL option files by name. They override the options of this project. No passwords: they are in a ConfigMap.
     *
     * @default - none
     */
    readonly configurationFiles?: {
      readonly [k: string]: string;
    };
    /**
     * Additional arguments of mysqld. They override all option files.
     *
     * @default []
     */
    readonly extraArgs?: readonly string[];
    /**
     * Scripts by name that run once, when the data directory is new. No passwords: they are in a ConfigMap.
     *
     * @default - none
     */
    readonly initializationFiles?: {
      readonly [k: string]: string;
    };
    /**
     * User id that MySQL runs as; 999 is the user `mysql` of the official image.
     *
     * @default 999
     */
    readonly runAsUser?: number;
    /**
     * Group id of the files on the volume.
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
       * Run a Prometheus exporter in the pod of MySQL. It logs in as the user of Milvus.
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
       * CPU and memory of the main container.
       *
       * @default - requests: cpu 50m, memory 64Mi; limits: cpu 500m, memory 128Mi
       */
      readonly resources?: Resources;
    };
    /**
     * Seconds that MySQL may take to start, with initialisation or crash recovery, before it is restarted.
     *
     * @default 1800
     */
    readonly startupTimeoutSeconds?: number;
    /**
     * CPU and memory of the main container.
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
     * Changes to these pods, after the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
  };
  /**
   * An existing MySQL server, used instead of deploying one.
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
     * Name of the database for the metadata. It must exist, and be used by this cluster only.
     *
     * @default "milvus"
     */
    readonly database?: string;
    /**
     * User that Milvus logs in as, with mysql_native_password. It needs CREATE, SELECT, INSERT, UPDATE and DELETE on the database.
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
       * Name of a Secret that you create yourself; the pods wait for it.
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
       * Add an ExternalSecret, from which the External Secrets Operator makes the Secret.
       */
      readonly externalSecret?: {
        /**
         * The SecretStore that the External Secrets Operator reads from.
         */
        readonly secretStoreRef: SecretStoreRef;
        /**
         * How often the operator reads the store again. 0s: only once.
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
       * For development only: the password itself. It is written into the manifests, in a Secret.
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
   * Seconds that a starting pod waits for a login to MySQL. Then it fails with a message, and tries again.
   *
   * @default 300
   */
  readonly mysqlWaitSeconds?: number;
  /**
   * The embedded MinIO of `s3.embedded`. The S3 keys are those of its root user.
   *
   * @default - the defaults of its keys
   */
  readonly minio?: {
    /**
     * Volume of the objects.
     *
     * @default - enabled, 20Gi, ReadWriteOnce, of the default StorageClass
     */
    readonly persistence?: Claim;
    /**
     * CPU and memory of the main container.
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
     * Changes to these pods, after the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
  };
  /**
   * The web interface milvus-em of Milvus 0.x, which is no longer maintained. It needs the HTTP API of a standalone server; mishards has none.
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
     * CPU and memory of the main container.
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
     * Changes to these pods, after the podTemplate of all pods, as a strategic merge patch over the pod template.
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
     * Deny all connections to and from the pods of the cluster, except those that it needs. Your network plugin must enforce NetworkPolicies.
     *
     * @default true
     */
    readonly enabled?: boolean;
    /**
     * Who may connect to Milvus. Milvus 1.1.1 has no logins, so this is the only access control.
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
     * @default - peers: an IPv4 address itself, the namespace of a Service for its name, otherwise every address; ports: s3.port, or all for a Service in another namespace
     */
    readonly s3?: Destination;
    /**
     * The external MySQL.
     *
     * @default - peers: an IPv4 address itself, the namespace of a Service for its name, otherwise every address; ports: externalMysql.port, or all for a Service in another namespace
     */
    readonly mysql?: Destination;
    /**
     * Who may scrape the push gateways and the MySQL exporter, if there are any.
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
       * @default - all
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
       * @default - all
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
   * Objects for the Prometheus Operator and Grafana. Switch on the metrics themselves with milvus.metrics and mysql.exporter.
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
       * Add a PodMonitor for the push gateways of the servers and for the MySQL exporter.
       *
       * @default false
       */
      readonly enabled?: boolean;
      /**
       * How often Prometheus scrapes the metrics, such as 30s.
       *
       * @default "30s"
       */
      readonly interval?: string;
      /**
       * Labels that your Prometheus selects PodMonitors by, e.g. release: prometheus.
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
       * Also alert on Deployments, claims and Jobs. These alerts need the metrics of kube-state-metrics and the kubelet.
       *
       * @default true
       */
      readonly kubeStateMetrics?: boolean;
      /**
       * Labels that your Prometheus selects PrometheusRules by.
       *
       * @default - none
       */
      readonly labels?: {
        readonly [k: string]: string;
      };
      /**
       * URL of a copy of docs/how-to/alerts.md that your people can read. Each alert links to its heading there (annotation `runbook_url`).
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
       * Labels that Grafana's sidecar finds dashboards by.
       *
       * @default - none
       */
      readonly labels?: {
        readonly [k: string]: string;
      };
      /**
       * Annotations, e.g. for the folder that the sidecar puts it into.
       *
       * @default - none
       */
      readonly annotations?: {
        readonly [k: string]: string;
      };
    };
  };
  /**
   * Backups to S3, and the Jobs in jobs/ that restore, verify and list them.
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
     * Back up the vectors as well: all objects in S3 that the metadata names, each copied only once for all backups.
     *
     * @default - true; false if the vectors are on a volume
     */
    readonly objects?: boolean;
    /**
     * When backups are made: a cron expression of five fields, in the time zone of the Kubernetes control plane, usually UTC.
     *
     * @default "17 3 * * *"
     */
    readonly schedule?: string;
    /**
     * Make no backups for now. Existing backups stay.
     *
     * @default false
     */
    readonly suspend?: boolean;
    /**
     * Number of backups that are kept. Older ones are deleted.
     *
     * @default 14
     */
    readonly keep?: number;
    /**
     * Seconds that a backup, a verification or a restore may take. The next backup goes on with what a stopped one has copied.
     *
     * @default - 21600; 3600 for the metadata only
     */
    readonly timeoutSeconds?: number;
    /**
     * Where the backups go. Keys that are left out are those of `s3`.
     *
     * @default - the defaults of its keys
     */
    readonly s3?: {
      /**
       * Host name or IPv4 address of another S3 endpoint.
       *
       * @default - s3.address
       */
      readonly address?: string;
      /**
       * Port of that endpoint.
       *
       * @default - s3.port; 443 or 80 if this section has its own tls
       */
      readonly port?: number;
      /**
       * TLS to that endpoint.
       *
       * @default - s3.tls; no TLS if this section has its own address
       */
      readonly tls?: {
        /**
         * Use TLS to that endpoint, and verify its certificate.
         *
         * @default false
         */
        readonly enabled?: boolean;
        /**
         * Secret with the certificate of a private CA, in the key `ca.crt`.
         *
         * @default - the CAs that the images trust
         */
        readonly caSecret?: string;
        /**
         * Name in the certificate, if the address is an IPv4 address. It is sent as SNI and Host.
         *
         * @default - the address, which then has to be a name
         */
        readonly serverName?: string;
      };
      /**
       * Region that requests to that endpoint are signed for. Many storages ignore it.
       *
       * @default - the region in the host name, for AWS and Wasabi; otherwise us-east-1
       */
      readonly region?: string;
      /**
       * Bucket of the backups, if it is another one.
       *
       * @default - s3.bucket
       */
      readonly bucket?: string;
      /**
       * Prefix of the backups in the bucket. It must be outside storage.path.
       *
       * @default - backup/<name>
       */
      readonly prefix?: string;
      /**
       * Where the keys for that storage come from: the Secret `<name>-backup-s3`, unless they name another.
       *
       * @default - s3.credentials
       */
      readonly credentials?: S3Credentials;
    };
    /**
     * Where a restore reads backups from, if they are those of another cluster. It copies their objects to s3.bucket and storage.path of this cluster.
     *
     * @default - the defaults of its keys
     */
    readonly restoreFrom?: {
      /**
       * Host name or IPv4 address of another S3 endpoint.
       *
       * @default - backup.s3.address
       */
      readonly address?: string;
      /**
       * Port of that endpoint.
       *
       * @default - backup.s3.port; 443 or 80 if this section has its own tls
       */
      readonly port?: number;
      /**
       * TLS to that endpoint.
       *
       * @default - backup.s3.tls; no TLS if this section has its own address
       */
      readonly tls?: {
        /**
         * Use TLS to that endpoint, and verify its certificate.
         *
         * @default false
         */
        readonly enabled?: boolean;
        /**
         * Secret with the certificate of a private CA, in the key `ca.crt`.
         *
         * @default - the CAs that the images trust
         */
        readonly caSecret?: string;
        /**
         * Name in the certificate, if the address is an IPv4 address. It is sent as SNI and Host.
         *
         * @default - the address, which then has to be a name
         */
        readonly serverName?: string;
      };
      /**
       * Region that requests to that endpoint are signed for. Many storages ignore it.
       *
       * @default - the region in the host name, for AWS and Wasabi; that of backup.s3 if the endpoint is the same; otherwise us-east-1
       */
      readonly region?: string;
      /**
       * Bucket of the backups, if it is another one.
       *
       * @default - backup.s3.bucket
       */
      readonly bucket?: string;
      /**
       * Prefix of the backups in the bucket. It must be outside storage.path.
       *
       * @default - backup.s3.prefix
       */
      readonly prefix?: string;
      /**
       * Where the keys for that storage come from: the Secret `<name>-restore-s3`, unless they name another.
       *
       * @default - backup.s3.credentials
       */
      readonly credentials?: S3Credentials;
    };
    /**
     * Restore a backup, with a Job `<name>-restore-<backup>`. As long as this key is set, Milvus is stopped and the CronJobs are suspended; remove it to start Milvus again.
     *
     * @default - no restore
     */
    readonly restore?: {
      /**
       * Name of the backup.
       */
      readonly backup: string;
      /**
       * Replace the metadata in the database; it is kept aside. Without it the database must be empty.
       *
       * @default false
       */
      readonly force?: boolean;
    };
    /**
     * Regular check that the latest backup can be read.
     *
     * @default - the defaults of its keys
     */
    readonly verify?: {
      /**
       * When the latest backup is read completely and its checksums are compared: a cron expression.
       *
       * @default - never; you can start the Job in jobs/
       */
      readonly schedule?: string;
    };
    /**
     * CPU and memory of the main container.
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
     * Changes to these pods, after the podTemplate of all pods, as a strategic merge patch over the pod template.
     *
     * @default - nothing
     */
    readonly podTemplate?: PodTemplate;
  };
  /**
   * The smoke test. It creates a collection, inserts, builds an index, searches, compares the results and drops the collection.
   *
   * @default - the defaults of its keys
   */
  readonly smokeTest?: {
    /**
     * When the smoke test runs: a cron expression.
     *
     * @default - never; you can start the Job in jobs/
     */
    readonly schedule?: string;
    /**
     * Seconds that a smoke test may take.
     *
     * @default 600
     */
    readonly timeoutSeconds?: number;
    /**
     * CPU and memory of the main container.
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
     * Changes to these pods, after the podTemplate of all pods, as a strategic merge patch over the pod template.
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
     * Image of rclone, which checks the S3 storage before the servers start, and copies backups.
     *
     * @default "rclone/rclone:1.68.2"
     */
    readonly rclone?: string;
    /**
     * Image of HAProxy, which speaks TLS to S3 for the servers (s3.tls).
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
     * Image of the push gateway in the pods of the servers (milvus.metrics).
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
   * Registry, and path, of a mirror that has all images. It has official images such as mysql under library/.
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
   * Changes to all pods of the cluster, those of Jobs included, as a strategic merge patch over the pod template.
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
   * Name of a Secret that you create yourself; the pods wait for it.
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
   * Add an ExternalSecret, from which the External Secrets Operator makes the Secret.
   */
  readonly externalSecret?: {
    /**
     * The SecretStore that the External Secrets Operator reads from.
     */
    readonly secretStoreRef: SecretStoreRef;
    /**
     * How often the operator reads the store again. 0s: only once.
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
   * For development only: the keys themselves. They are written into the manifests, in a Secret.
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
 * A volume that outlives its pods: whether there is one, and its PersistentVolumeClaim.
 *
 * @default - the defaults of its keys
 */
export interface Claim {
  /**
   * Whether there is a volume. Without it, the files are lost when the pod goes.
   *
   * @default - as the section says
   */
  readonly enabled?: boolean;
  /**
   * StorageClass of the claim, e.g. csi-rbd-sc. "" is for a volume that you created yourself.
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
   * An existing claim, used instead of a new one.
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
   * Memory for cached segments and indexes (cache.cache_size); it should hold the indexes that are searched.
   *
   * @default - what a memory limit that you set leaves; otherwise 4GB on readonly and 1GB on writable
   */
  readonly cacheSize?: string;
  /**
   * Memory for rows that are not flushed yet (cache.insert_buffer_size).
   *
   * @default - 1GB on writable, 64MB on readonly, which never inserts
   */
  readonly insertBufferSize?: string;
  /**
   * Share of the cache that stays when old entries are evicted, between 0 and 1 (cache.cpu_cache_threshold).
   *
   * @default - the server's own: 0.7
   */
  readonly cpuCacheThreshold?: number;
  /**
   * Put inserted data into the cache at once, so that the first search does not have to load it (cache.cache_insert_data).
   *
   * @default - the server's own: false
   */
  readonly cacheInsertData?: boolean;
  /**
   * Collections to load into the cache at start, or "*" for all (cache.preload_collection). Milvus 1.1.1 ends at start if one is missing or the cache is full.
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
   * Threads for search and index building (engine_config.omp_thread_num); at most the CPUs of the node. 0 means half of them.
   *
   * @default - the CPU limit, rounded down, at least 1
   */
  readonly ompThreadNum?: number;
  /**
   * Searches with at least this many query vectors use BLAS (engine_config.use_blas_threshold).
   *
   * @default - the server's own: 1100
   */
  readonly useBlasThreshold?: number;
  /**
   * CPU instruction set for searches (engine_config.simd_type); `auto` takes the best that the node has.
   *
   * @default - the server's own: auto
   */
  readonly simdType?: 'auto' | 'avx512' | 'avx2' | 'sse';
  /**
   * Small searches are combined into one, up to this many query vectors (engine_config.search_combine_nq).
   *
   * @default - the server's own: 64
   */
  readonly searchCombineNq?: number;
  /**
   * Largest number of partitions in a collection (engine_config.max_partition_num).
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
   * Run the GPU build of Milvus (images.milvusGpu), and request devices for it (gpu.enable).
   *
   * @default - false
   */
  readonly enabled?: boolean;
  /**
   * Memory on each device for cached data (gpu.cache_size).
   *
   * @default - 1GB
   */
  readonly cacheSize?: string;
  /**
   * Share of the cache that stays when old entries are evicted, between 0 and 1 (gpu.cache_threshold).
   *
   * @default - the server's own
   */
  readonly cacheThreshold?: number;
  /**
   * Searches with at least this many query vectors run on the GPU (gpu.gpu_search_threshold).
   *
   * @default - 1000
   */
  readonly gpuSearchThreshold?: number;
  /**
   * Devices for searches, by their number in the pod (gpu.search_devices): gpu0, gpu1.
   *
   * @default - gpu0
   */
  readonly searchDevices?: readonly string[];
  /**
   * Devices for index builds (gpu.build_index_devices).
   *
   * @default - gpu0
   */
  readonly buildIndexDevices?: readonly string[];
  /**
   * Number of devices that each pod requests.
   *
   * @default - as many as searchDevices and buildIndexDevices name
   */
  readonly count?: number;
  /**
   * Name of the resource that the device plugin offers.
   *
   * @default - nvidia.com/gpu
   */
  readonly resourceName?: string;
}
/**
 * CPU, memory and other resources of the main container of a pod.
 *
 * @default - the defaults of its keys
 */
export interface Resources {
  /**
   * What Kubernetes reserves for the container on its node.
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
 * Amounts by name: cpu, memory, ephemeral-storage, hugepages-2Mi, or a resource of a device plugin such as example.com/fpga.
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
 * Overrides of `milvus.logs` for a role.
 *
 * @default - the defaults of its keys
 */
export interface RoleLogs {
  /**
   * Lowest level that is logged (logs.level). At `info` and `debug` Milvus 1.1.1 prints its credentials.
   *
   * @default - that of milvus.logs.level
   */
  readonly level?: 'debug' | 'info' | 'warning' | 'error' | 'fatal';
  /**
   * Log trace messages as well (logs.trace.enable): the search library writes one for each search.
   *
   * @default - that of milvus.logs.traceEnabled
   */
  readonly traceEnabled?: boolean;
  /**
   * Size at which a new log file begins (logs.max_log_file_size).
   *
   * @default - that of milvus.logs.maxFileSize
   */
  readonly maxFileSize?: string;
  /**
   * Number of log files that are kept for each start of the server (logs.log_rotate_num); 0 keeps all.
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
 * A PodDisruptionBudget.
 *
 * @default - the defaults of its keys
 */
export interface PodDisruptionBudget {
  /**
   * Add a PodDisruptionBudget, so that a drain of nodes takes only some of the pods at a time.
   *
   * @default - true with more than one pod
   */
  readonly enabled?: boolean;
  /**
   * Pods that may be missing at the same time: a number, or a share such as 25%.
   *
   * @default - 1
   */
  readonly maxUnavailable?: number | string;
  /**
   * Pods that must stay, instead of maxUnavailable.
   *
   * @default - none
   */
  readonly minAvailable?: number | string;
  /**
   * Whether pods that are not ready may always be evicted. Use AlwaysAllow from Kubernetes 1.27 on; older versions refuse the field.
   *
   * @default - left to Kubernetes
   */
  readonly unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow';
}
/**
 * A HorizontalPodAutoscaler, by CPU only: the memory of Milvus grows to its cache size and stays there.
 *
 * @default - the defaults of its keys
 */
export interface Autoscaling {
  /**
   * Let a HorizontalPodAutoscaler set the number of pods. It needs metrics-server.
   *
   * @default false
   */
  readonly enabled?: boolean;
  /**
   * Smallest number of pods.
   *
   * @default - replicas
   */
  readonly minReplicas?: number;
  /**
   * Largest number of pods.
   *
   * @default - three times minReplicas
   */
  readonly maxReplicas?: number;
  /**
   * Target for the average CPU use of the pods, in percent of their CPU request.
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
   * Type of the Service. ClusterIP is for clients inside Kubernetes, LoadBalancer and NodePort also for clients outside.
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
   * Address to request for the load balancer.
   *
   * @default - chosen by the load balancer
   */
  readonly loadBalancerIP?: string;
  /**
   * Ranges of addresses that may use the load balancer, such as 192.0.2.0/24.
   *
   * @default - all addresses
   */
  readonly loadBalancerSourceRanges?: readonly string[];
  /**
   * Additional addresses on which the nodes accept traffic for the Service.
   *
   * @default []
   */
  readonly externalIPs?: readonly string[];
  /**
   * Additional annotations of this Service, such as those for a load balancer.
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
   * Which pods. They are in the namespaces of namespaceSelector, or without it in the namespace of the cluster.
   *
   * @default - none
   */
  readonly podSelector?: LabelSelector;
  /**
   * Which namespaces. Without podSelector, all of their pods.
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
     * Ranges within cidr that are left out.
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
   * Labels that must all match.
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
   * Key of the label.
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
 * A destination that the pods of the cluster connect to.
 *
 * @default - the defaults of its keys
 */
export interface Destination {
  /**
   * The pods, namespaces or addresses.
   *
   * @default - as the section says
   */
  readonly peers?: readonly NetworkPolicyPeer[];
  /**
   * The ports. For a Service, those of its pods.
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
   * Number of the port, or its name in the pods.
   *
   * @default - all
   */
  readonly port?: number | string;
  /**
   * Last port of a range that begins with port.
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
