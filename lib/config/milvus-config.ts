/* Generated from the schema in schema.ts by `npm run generate`; do not edit. */

/**
 * A Milvus 1.1.1 cluster.
 */
export interface MilvusConfig {
  /**
   * Name of the cluster: prefix of every object, and the Service that clients connect to.
   */
  readonly name: string;
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
   * The S3 storage of the vectors. Milvus 1.1.1: plain HTTP, path style, region us-east-1, static keys.
   */
  readonly s3: {
    /**
     * Host name or IPv4 address of the S3 endpoint (Ceph RGW, MinIO, ...), which must answer plain HTTP. Required unless `embedded`.
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
     * @default 80
     */
    readonly port?: number;
    /**
     * Bucket for the vectors; one per cluster.
     */
    readonly bucket: string;
    /**
     * Where the S3 keys come from: one of existingSecret, externalSecret, inline.
     *
     * @default - the defaults of its keys
     */
    readonly credentials?: {
      /**
       * Name of a Secret that exists already, or that you create before the pods can start.
       *
       * @default - `<name>-s3` or `<name>-mysql`, when neither externalSecret nor inline is given
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
        readonly secretStoreRef: {
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
        };
        /**
         * How often the operator reads the store again.
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
          readonly accessKey: {
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
          };
          /**
           * The secret key in the store.
           */
          readonly secretKey: {
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
          };
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
    };
    /**
     * Create the bucket before the writable starts, when it is missing and the key may create it.
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
   * Paths and files.
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
  };
  /**
   * The write-ahead log of the writable; on local disk, never in S3.
   *
   * @default - the defaults of its keys
   */
  readonly wal?: {
    /**
     * Directory of the write-ahead log.
     *
     * @default "/var/lib/milvus/wal"
     */
    readonly path?: string;
    /**
     * Memory for the write-ahead log (wal.buffer_size).
     *
     * @default "256MB"
     */
    readonly bufferSize?: string;
    /**
     * Start although the log can not be replayed (wal.recovery_error_ignore). `false` crash-loops with "Wal init error!" even on a kept log after clean restarts; `true` can lose rows that were never flushed.
     *
     * @default true
     */
    readonly recoveryErrorIgnore?: boolean;
    /**
     * The volume of the log.
     *
     * @default - the defaults of its keys
     */
    readonly persistence?: {
      /**
       * Keep the log on a PersistentVolumeClaim; otherwise in an emptyDir.
       *
       * @default true
       */
      readonly enabled?: boolean;
      /**
       * StorageClass of the claim, e.g. csi-rbd-sc.
       *
       * @default - that of mysql.persistence
       */
      readonly storageClassName?: string;
      /**
       * Size of the claim.
       *
       * @default "10Gi"
       */
      readonly size?: string | number;
      /**
       * Access modes of the claim.
       *
       * @default ["ReadWriteOnce"]
       */
      readonly accessModes?: readonly ('ReadWriteOnce' | 'ReadWriteOncePod' | 'ReadWriteMany')[];
      /**
       * A claim that exists already, used instead of a new one.
       *
       * @default - a new claim
       */
      readonly existingClaim?: string;
      /**
       * Annotations of the claim.
       *
       * @default - none
       */
      readonly annotations?: {
        readonly [k: string]: string;
      };
    };
  };
  /**
   * What the servers of both roles share.
   *
   * @default - the defaults of its keys
   */
  readonly milvus?: {
    /**
     * Time zone of the servers, as an offset from UTC.
     *
     * @default "UTC+0"
     */
    readonly timezone?: string;
    /**
     * Ports inside the pods.
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
       * Port of the HTTP listener, which shows the credentials to anyone: no Service exposes it.
       *
       * @default 19121
       */
      readonly httpPort?: number;
    };
    /**
     * Logging of the servers.
     *
     * @default - the defaults of its keys
     */
    readonly logs?: {
      /**
       * Least level that is logged. At `info` and `debug` 1.1.1 prints its credentials.
       *
       * @default "warning"
       */
      readonly level?: 'debug' | 'info' | 'warning' | 'error' | 'fatal';
      /**
       * Trace messages, those of faiss among them (logs.trace.enable).
       *
       * @default false
       */
      readonly traceEnabled?: boolean;
      /**
       * Log to stdout, where `kubectl logs` finds it.
       *
       * @default true
       */
      readonly toStdout?: boolean;
      /**
       * Log to files in `path` as well.
       *
       * @default false
       */
      readonly toFile?: boolean;
      /**
       * Directory of the log files; 1.1.1 wants it writable even when it logs to stdout alone.
       *
       * @default "/var/lib/milvus/logs"
       */
      readonly path?: string;
      /**
       * Size at which a log file is changed.
       *
       * @default "512MB"
       */
      readonly maxFileSize?: string;
      /**
       * Log files kept; 0 keeps all.
       *
       * @default 4
       */
      readonly rotateNum?: number;
      /**
       * Limit of the emptyDir that holds the logs; a pod that exceeds it is evicted.
       *
       * @default "4Gi"
       */
      readonly sizeLimit?: string | number;
    };
    /**
     * Memory of both roles; writable.cache and readonly.cache override it.
     *
     * @default - the defaults of its keys
     */
    readonly cache?: {
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
       * Put inserted data into the cache at once (cache.cache_insert_data).
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
    };
    /**
     * Search engine of both roles; writable.engine and readonly.engine override it.
     *
     * @default - the defaults of its keys
     */
    readonly engine?: {
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
       * Instruction set (engine_config.simd_type).
       *
       * @default - the server's own: auto
       */
      readonly simdType?: 'auto' | 'avx512' | 'avx2' | 'sse';
      /**
       * Query vectors up to which searches are combined (engine_config.search_combine_nq).
       *
       * @default - the server's own: 64
       */
      readonly searchCombineNq?: number;
      /**
       * Partitions that a collection may have (engine_config.max_partition_num).
       *
       * @default - the server's own: 4096
       */
      readonly maxPartitionNum?: number;
    };
    /**
     * Metrics of the servers; 1.1.1 can only push.
     *
     * @default - the defaults of its keys
     */
    readonly metrics?: {
      /**
       * Push metrics to a Prometheus push gateway, every second.
       *
       * @default false
       */
      readonly enabled?: boolean;
      /**
       * Host of the push gateway.
       *
       * @default "127.0.0.1"
       */
      readonly address?: string;
      /**
       * Port of the push gateway.
       *
       * @default 9091
       */
      readonly port?: number;
      /**
       * Value of the label `cluster`.
       *
       * @default - name of the cluster
       */
      readonly clusterLabel?: string;
    };
    /**
     * Sections and keys of server_config.yaml that have no option of their own; merged last. Credentials and keys that an option sets are refused.
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
     * Always 1.
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
     * Seconds that a pod gets to stop. It flushes, and waits for merges and a running index build.
     *
     * @default 300
     */
    readonly terminationGracePeriodSeconds?: number;
    /**
     * CPU and memory of the main container.
     *
     * @default - the defaults of its keys
     */
    readonly resources?: {
      /**
       * What the scheduler sets aside.
       *
       * @default - the defaults of its keys
       */
      readonly requests?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 500m CPU, and the memory limit
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 500m CPU, and the memory limit
         */
        readonly memory?: string | number;
      };
      /**
       * What the container may use at most.
       *
       * @default - the defaults of its keys
       */
      readonly limits?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 2 CPUs, and memory for cache, buffers and index builds
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 2 CPUs, and memory for cache, buffers and index builds
         */
        readonly memory?: string | number;
      };
    };
    /**
     * Labels that a node must have, besides `kubernetes.io/arch: amd64` (the images are amd64 only).
     *
     * @default - none
     */
    readonly nodeSelector?: {
      readonly [k: string]: string;
    };
    /**
     * Taints that the pods tolerate.
     *
     * @default []
     */
    readonly tolerations?: readonly {
      /**
       * Taint key.
       *
       * @default - every key, with operator Exists
       */
      readonly key?: string;
      /**
       * How the value is compared.
       *
       * @default - Equal
       */
      readonly operator?: 'Equal' | 'Exists';
      /**
       * Taint value.
       *
       * @default - none
       */
      readonly value?: string;
      /**
       * Taint effect.
       *
       * @default - every effect
       */
      readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
      /**
       * Seconds a NoExecute taint is tolerated.
       *
       * @default - for ever
       */
      readonly tolerationSeconds?: number;
    }[];
    /**
     * Affinity rules, as in a pod spec.
     *
     * @default - none
     */
    readonly affinity?: {
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly nodeAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAntiAffinity?: {
        readonly [k: string]: unknown;
      };
    };
    /**
     * PriorityClass of the pods.
     *
     * @default - the cluster's default
     */
    readonly priorityClassName?: string;
    /**
     * Additional labels on the pods; never part of a selector.
     *
     * @default - none
     */
    readonly podLabels?: {
      readonly [k: string]: string;
    };
    /**
     * Additional annotations on the pods.
     *
     * @default - none
     */
    readonly podAnnotations?: {
      readonly [k: string]: string;
    };
    /**
     * Overrides of `milvus.cache` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly cache?: {
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
       * Put inserted data into the cache at once (cache.cache_insert_data).
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
    };
    /**
     * Overrides of `milvus.engine` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly engine?: {
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
       * Instruction set (engine_config.simd_type).
       *
       * @default - the server's own: auto
       */
      readonly simdType?: 'auto' | 'avx512' | 'avx2' | 'sse';
      /**
       * Query vectors up to which searches are combined (engine_config.search_combine_nq).
       *
       * @default - the server's own: 64
       */
      readonly searchCombineNq?: number;
      /**
       * Partitions that a collection may have (engine_config.max_partition_num).
       *
       * @default - the server's own: 4096
       */
      readonly maxPartitionNum?: number;
    };
    /**
     * Seconds that the server may take to start (WAL replay, preloading) before it is restarted.
     *
     * @default 1800
     */
    readonly startupTimeoutSeconds?: number;
    /**
     * Sections and keys of server_config.yaml that have no option of their own; merged last over `milvus.extraServerConfig`. Credentials and keys that an option sets are refused.
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
     * Number of readers.
     *
     * @default 1
     */
    readonly replicas?: number;
    /**
     * Seconds that a pod gets to stop. A reader has nothing to flush.
     *
     * @default 30
     */
    readonly terminationGracePeriodSeconds?: number;
    /**
     * CPU and memory of the main container.
     *
     * @default - the defaults of its keys
     */
    readonly resources?: {
      /**
       * What the scheduler sets aside.
       *
       * @default - the defaults of its keys
       */
      readonly requests?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 500m CPU, and the memory limit
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 500m CPU, and the memory limit
         */
        readonly memory?: string | number;
      };
      /**
       * What the container may use at most.
       *
       * @default - the defaults of its keys
       */
      readonly limits?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 2 CPUs, and memory for the cache
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 2 CPUs, and memory for the cache
         */
        readonly memory?: string | number;
      };
    };
    /**
     * Labels that a node must have, besides `kubernetes.io/arch: amd64` (the images are amd64 only).
     *
     * @default - none
     */
    readonly nodeSelector?: {
      readonly [k: string]: string;
    };
    /**
     * Taints that the pods tolerate.
     *
     * @default []
     */
    readonly tolerations?: readonly {
      /**
       * Taint key.
       *
       * @default - every key, with operator Exists
       */
      readonly key?: string;
      /**
       * How the value is compared.
       *
       * @default - Equal
       */
      readonly operator?: 'Equal' | 'Exists';
      /**
       * Taint value.
       *
       * @default - none
       */
      readonly value?: string;
      /**
       * Taint effect.
       *
       * @default - every effect
       */
      readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
      /**
       * Seconds a NoExecute taint is tolerated.
       *
       * @default - for ever
       */
      readonly tolerationSeconds?: number;
    }[];
    /**
     * Affinity rules, as in a pod spec.
     *
     * @default - none
     */
    readonly affinity?: {
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly nodeAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAntiAffinity?: {
        readonly [k: string]: unknown;
      };
    };
    /**
     * PriorityClass of the pods.
     *
     * @default - the cluster's default
     */
    readonly priorityClassName?: string;
    /**
     * Additional labels on the pods; never part of a selector.
     *
     * @default - none
     */
    readonly podLabels?: {
      readonly [k: string]: string;
    };
    /**
     * Additional annotations on the pods.
     *
     * @default - none
     */
    readonly podAnnotations?: {
      readonly [k: string]: string;
    };
    /**
     * Overrides of `milvus.cache` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly cache?: {
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
       * Put inserted data into the cache at once (cache.cache_insert_data).
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
    };
    /**
     * Overrides of `milvus.engine` for this role.
     *
     * @default - the defaults of its keys
     */
    readonly engine?: {
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
       * Instruction set (engine_config.simd_type).
       *
       * @default - the server's own: auto
       */
      readonly simdType?: 'auto' | 'avx512' | 'avx2' | 'sse';
      /**
       * Query vectors up to which searches are combined (engine_config.search_combine_nq).
       *
       * @default - the server's own: 64
       */
      readonly searchCombineNq?: number;
      /**
       * Partitions that a collection may have (engine_config.max_partition_num).
       *
       * @default - the server's own: 4096
       */
      readonly maxPartitionNum?: number;
    };
    /**
     * Seconds that the server may take to start (WAL replay, preloading) before it is restarted.
     *
     * @default 1800
     */
    readonly startupTimeoutSeconds?: number;
    /**
     * Sections and keys of server_config.yaml that have no option of their own; merged last over `milvus.extraServerConfig`. Credentials and keys that an option sets are refused.
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
     * Number of proxies.
     *
     * @default 1
     */
    readonly replicas?: number;
    /**
     * Threads that serve requests (MAX_WORKERS).
     *
     * @default 50
     */
    readonly maxWorkers?: number;
    /**
     * Tries to connect to a server, of 30 seconds each (MAX_RETRY); a search that meets a dead reader hangs that long.
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
     * How readers are found: `dns` is our plugin (a headless Service, no rights needed, survives errors); `kubernetes` is the stock plugin, which needs to list pods and stops for good when a reader can not be reached in time.
     *
     * @default "dns"
     */
    readonly discovery?: 'dns' | 'kubernetes';
    /**
     * Seconds between looks for readers.
     *
     * @default 5
     */
    readonly discoveryIntervalSeconds?: number;
    /**
     * Connections to MySQL.
     *
     * @default - the defaults of its keys
     */
    readonly database?: {
      /**
       * Connections kept open per proxy (pool_size).
       *
       * @default 50
       */
      readonly poolSize?: number;
      /**
       * Connections beyond poolSize (max_overflow).
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
     * Seconds that a pod gets to stop. Running searches have this long, after the pod has left the Service.
     *
     * @default 30
     */
    readonly terminationGracePeriodSeconds?: number;
    /**
     * CPU and memory of the main container.
     *
     * @default - the defaults of its keys
     */
    readonly resources?: {
      /**
       * What the scheduler sets aside.
       *
       * @default - the defaults of its keys
       */
      readonly requests?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 250m CPU, 256Mi
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 250m CPU, 256Mi
         */
        readonly memory?: string | number;
      };
      /**
       * What the container may use at most.
       *
       * @default - the defaults of its keys
       */
      readonly limits?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 2 CPUs, 1Gi
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 2 CPUs, 1Gi
         */
        readonly memory?: string | number;
      };
    };
    /**
     * Labels that a node must have, besides `kubernetes.io/arch: amd64` (the images are amd64 only).
     *
     * @default - none
     */
    readonly nodeSelector?: {
      readonly [k: string]: string;
    };
    /**
     * Taints that the pods tolerate.
     *
     * @default []
     */
    readonly tolerations?: readonly {
      /**
       * Taint key.
       *
       * @default - every key, with operator Exists
       */
      readonly key?: string;
      /**
       * How the value is compared.
       *
       * @default - Equal
       */
      readonly operator?: 'Equal' | 'Exists';
      /**
       * Taint value.
       *
       * @default - none
       */
      readonly value?: string;
      /**
       * Taint effect.
       *
       * @default - every effect
       */
      readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
      /**
       * Seconds a NoExecute taint is tolerated.
       *
       * @default - for ever
       */
      readonly tolerationSeconds?: number;
    }[];
    /**
     * Affinity rules, as in a pod spec.
     *
     * @default - none
     */
    readonly affinity?: {
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly nodeAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAntiAffinity?: {
        readonly [k: string]: unknown;
      };
    };
    /**
     * PriorityClass of the pods.
     *
     * @default - the cluster's default
     */
    readonly priorityClassName?: string;
    /**
     * Additional labels on the pods; never part of a selector.
     *
     * @default - none
     */
    readonly podLabels?: {
      readonly [k: string]: string;
    };
    /**
     * Additional annotations on the pods.
     *
     * @default - none
     */
    readonly podAnnotations?: {
      readonly [k: string]: string;
    };
  };
  /**
   * The Service `<name>` that clients connect to. Who reaches it can read every credential (`get_config`): keep it inside.
   *
   * @default - the defaults of its keys
   */
  readonly service?: {
    /**
     * Type of the Service.
     *
     * @default "ClusterIP"
     */
    readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
    /**
     * Port that clients connect to.
     *
     * @default 19530
     */
    readonly port?: number;
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
     * Address asked from the load balancer.
     *
     * @default - chosen by it
     */
    readonly loadBalancerIP?: string;
    /**
     * Addresses that may use the load balancer; Milvus 1.1.1 knows no passwords.
     *
     * @default []
     */
    readonly loadBalancerSourceRanges?: readonly string[];
    /**
     * Additional addresses that reach the Service.
     *
     * @default []
     */
    readonly externalIPs?: readonly string[];
    /**
     * Annotations of this Service.
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
  };
  /**
   * The MySQL 5.7 server of the metadata, deployed with the cluster.
   *
   * @default - the defaults of its keys
   */
  readonly mysql?: {
    /**
     * Database of the metadata.
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
       * @default - `<name>-s3` or `<name>-mysql`, when neither externalSecret nor inline is given
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
        readonly secretStoreRef: {
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
        };
        /**
         * How often the operator reads the store again.
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
          readonly rootPassword: {
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
          };
          /**
           * The user's password in the store.
           */
          readonly password: {
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
          };
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
     * @default - the defaults of its keys
     */
    readonly persistence?: {
      /**
       * Keep the metadata on a PersistentVolumeClaim; otherwise in an emptyDir.
       *
       * @default true
       */
      readonly enabled?: boolean;
      /**
       * StorageClass of the claim, e.g. csi-rbd-sc.
       *
       * @default - the cluster's default StorageClass
       */
      readonly storageClassName?: string;
      /**
       * Size of the claim.
       *
       * @default "4Gi"
       */
      readonly size?: string | number;
      /**
       * Access modes of the claim.
       *
       * @default ["ReadWriteOnce"]
       */
      readonly accessModes?: readonly ('ReadWriteOnce' | 'ReadWriteOncePod' | 'ReadWriteMany')[];
      /**
       * A claim that exists already, used instead of a new one.
       *
       * @default - a new claim
       */
      readonly existingClaim?: string;
      /**
       * Annotations of the claim.
       *
       * @default - none
       */
      readonly annotations?: {
        readonly [k: string]: string;
      };
      /**
       * Directory on the volume that holds the data.
       *
       * @default - `data` on a new claim; the root of an existing claim, where the chart keeps it
       */
      readonly subPath?: string;
    };
    /**
     * Seconds that MySQL may take to start (first initialisation, crash recovery) before it is restarted.
     *
     * @default 1800
     */
    readonly startupTimeoutSeconds?: number;
    /**
     * Seconds that a pod gets to stop. InnoDB writes its buffers back.
     *
     * @default 120
     */
    readonly terminationGracePeriodSeconds?: number;
    /**
     * CPU and memory of the main container.
     *
     * @default - the defaults of its keys
     */
    readonly resources?: {
      /**
       * What the scheduler sets aside.
       *
       * @default - the defaults of its keys
       */
      readonly requests?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 250m CPU, and the memory limit
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 250m CPU, and the memory limit
         */
        readonly memory?: string | number;
      };
      /**
       * What the container may use at most.
       *
       * @default - the defaults of its keys
       */
      readonly limits?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 1 CPU, 1Gi
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 1 CPU, 1Gi
         */
        readonly memory?: string | number;
      };
    };
    /**
     * Labels that a node must have, besides `kubernetes.io/arch: amd64` (the images are amd64 only).
     *
     * @default - none
     */
    readonly nodeSelector?: {
      readonly [k: string]: string;
    };
    /**
     * Taints that the pods tolerate.
     *
     * @default []
     */
    readonly tolerations?: readonly {
      /**
       * Taint key.
       *
       * @default - every key, with operator Exists
       */
      readonly key?: string;
      /**
       * How the value is compared.
       *
       * @default - Equal
       */
      readonly operator?: 'Equal' | 'Exists';
      /**
       * Taint value.
       *
       * @default - none
       */
      readonly value?: string;
      /**
       * Taint effect.
       *
       * @default - every effect
       */
      readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
      /**
       * Seconds a NoExecute taint is tolerated.
       *
       * @default - for ever
       */
      readonly tolerationSeconds?: number;
    }[];
    /**
     * Affinity rules, as in a pod spec.
     *
     * @default - none
     */
    readonly affinity?: {
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly nodeAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAntiAffinity?: {
        readonly [k: string]: unknown;
      };
    };
    /**
     * PriorityClass of the pods.
     *
     * @default - the cluster's default
     */
    readonly priorityClassName?: string;
    /**
     * Additional labels on the pods; never part of a selector.
     *
     * @default - none
     */
    readonly podLabels?: {
      readonly [k: string]: string;
    };
    /**
     * Additional annotations on the pods.
     *
     * @default - none
     */
    readonly podAnnotations?: {
      readonly [k: string]: string;
    };
  };
  /**
   * A MySQL server that exists already, used instead of deploying one.
   *
   * @default - none: MySQL is deployed
   */
  readonly externalMysql?: {
    /**
     * Host name or IPv4 address.
     */
    readonly host: string;
    /**
     * Port.
     *
     * @default 3306
     */
    readonly port?: number;
    /**
     * Database of the metadata; it must exist.
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
       * @default - `<name>-s3` or `<name>-mysql`, when neither externalSecret nor inline is given
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
        readonly secretStoreRef: {
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
        };
        /**
         * How often the operator reads the store again.
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
          readonly password: {
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
          };
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
     * @default - the defaults of its keys
     */
    readonly persistence?: {
      /**
       * Keep the objects on a PersistentVolumeClaim; otherwise in an emptyDir.
       *
       * @default true
       */
      readonly enabled?: boolean;
      /**
       * StorageClass of the claim, e.g. csi-rbd-sc.
       *
       * @default - the cluster's default StorageClass
       */
      readonly storageClassName?: string;
      /**
       * Size of the claim.
       *
       * @default "20Gi"
       */
      readonly size?: string | number;
      /**
       * Access modes of the claim.
       *
       * @default ["ReadWriteOnce"]
       */
      readonly accessModes?: readonly ('ReadWriteOnce' | 'ReadWriteOncePod' | 'ReadWriteMany')[];
      /**
       * A claim that exists already, used instead of a new one.
       *
       * @default - a new claim
       */
      readonly existingClaim?: string;
      /**
       * Annotations of the claim.
       *
       * @default - none
       */
      readonly annotations?: {
        readonly [k: string]: string;
      };
    };
    /**
     * Seconds that a pod gets to stop. MinIO writes through.
     *
     * @default 30
     */
    readonly terminationGracePeriodSeconds?: number;
    /**
     * CPU and memory of the main container.
     *
     * @default - the defaults of its keys
     */
    readonly resources?: {
      /**
       * What the scheduler sets aside.
       *
       * @default - the defaults of its keys
       */
      readonly requests?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 100m CPU, 256Mi
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 100m CPU, 256Mi
         */
        readonly memory?: string | number;
      };
      /**
       * What the container may use at most.
       *
       * @default - the defaults of its keys
       */
      readonly limits?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 1 CPU, 1Gi
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 1 CPU, 1Gi
         */
        readonly memory?: string | number;
      };
    };
    /**
     * Labels that a node must have, besides `kubernetes.io/arch: amd64` (the images are amd64 only).
     *
     * @default - none
     */
    readonly nodeSelector?: {
      readonly [k: string]: string;
    };
    /**
     * Taints that the pods tolerate.
     *
     * @default []
     */
    readonly tolerations?: readonly {
      /**
       * Taint key.
       *
       * @default - every key, with operator Exists
       */
      readonly key?: string;
      /**
       * How the value is compared.
       *
       * @default - Equal
       */
      readonly operator?: 'Equal' | 'Exists';
      /**
       * Taint value.
       *
       * @default - none
       */
      readonly value?: string;
      /**
       * Taint effect.
       *
       * @default - every effect
       */
      readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
      /**
       * Seconds a NoExecute taint is tolerated.
       *
       * @default - for ever
       */
      readonly tolerationSeconds?: number;
    }[];
    /**
     * Affinity rules, as in a pod spec.
     *
     * @default - none
     */
    readonly affinity?: {
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly nodeAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAntiAffinity?: {
        readonly [k: string]: unknown;
      };
    };
    /**
     * PriorityClass of the pods.
     *
     * @default - the cluster's default
     */
    readonly priorityClassName?: string;
    /**
     * Additional labels on the pods; never part of a selector.
     *
     * @default - none
     */
    readonly podLabels?: {
      readonly [k: string]: string;
    };
    /**
     * Additional annotations on the pods.
     *
     * @default - none
     */
    readonly podAnnotations?: {
      readonly [k: string]: string;
    };
  };
  /**
   * Backups of the metadata, and the Job that restores one (in jobs/, started by hand).
   *
   * @default - the defaults of its keys
   */
  readonly backup?: {
    /**
     * Dump the metadata regularly and keep the dumps in S3.
     *
     * @default false
     */
    readonly enabled?: boolean;
    /**
     * When, as a cron expression (UTC, or as the cluster is set).
     *
     * @default "17 3 * * *"
     */
    readonly schedule?: string;
    /**
     * Pause the schedule.
     *
     * @default false
     */
    readonly suspend?: boolean;
    /**
     * How many of the newest backups are kept.
     *
     * @default 14
     */
    readonly keep?: number;
    /**
     * Seconds that a backup or a restore may take.
     *
     * @default 3600
     */
    readonly timeoutSeconds?: number;
    /**
     * Where the backups go.
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
       * @default - s3.port
       */
      readonly port?: number;
      /**
       * Speak HTTPS to it: here it is rclone that speaks, not Milvus.
       *
       * @default false
       */
      readonly tls?: boolean;
      /**
       * Another bucket.
       *
       * @default - s3.bucket
       */
      readonly bucket?: string;
      /**
       * Where in the bucket, outside storage.path.
       *
       * @default - backup/<name>
       */
      readonly prefix?: string;
      /**
       * The keys for it.
       *
       * @default - s3.credentials
       */
      readonly credentials?: {
        /**
         * Name of a Secret that exists already, or that you create before the pods can start.
         *
         * @default - `<name>-s3` or `<name>-mysql`, when neither externalSecret nor inline is given
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
          readonly secretStoreRef: {
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
          };
          /**
           * How often the operator reads the store again.
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
            readonly accessKey: {
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
            };
            /**
             * The secret key in the store.
             */
            readonly secretKey: {
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
            };
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
      };
    };
    /**
     * CPU and memory of the main container.
     *
     * @default - the defaults of its keys
     */
    readonly resources?: {
      /**
       * What the scheduler sets aside.
       *
       * @default - the defaults of its keys
       */
      readonly requests?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 100m CPU, 128Mi
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 100m CPU, 128Mi
         */
        readonly memory?: string | number;
      };
      /**
       * What the container may use at most.
       *
       * @default - the defaults of its keys
       */
      readonly limits?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 1 CPU, 512Mi
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 1 CPU, 512Mi
         */
        readonly memory?: string | number;
      };
    };
    /**
     * Labels that a node must have, besides `kubernetes.io/arch: amd64` (the images are amd64 only).
     *
     * @default - none
     */
    readonly nodeSelector?: {
      readonly [k: string]: string;
    };
    /**
     * Taints that the pods tolerate.
     *
     * @default []
     */
    readonly tolerations?: readonly {
      /**
       * Taint key.
       *
       * @default - every key, with operator Exists
       */
      readonly key?: string;
      /**
       * How the value is compared.
       *
       * @default - Equal
       */
      readonly operator?: 'Equal' | 'Exists';
      /**
       * Taint value.
       *
       * @default - none
       */
      readonly value?: string;
      /**
       * Taint effect.
       *
       * @default - every effect
       */
      readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
      /**
       * Seconds a NoExecute taint is tolerated.
       *
       * @default - for ever
       */
      readonly tolerationSeconds?: number;
    }[];
    /**
     * Affinity rules, as in a pod spec.
     *
     * @default - none
     */
    readonly affinity?: {
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly nodeAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAntiAffinity?: {
        readonly [k: string]: unknown;
      };
    };
    /**
     * PriorityClass of the pods.
     *
     * @default - the cluster's default
     */
    readonly priorityClassName?: string;
    /**
     * Additional labels on the pods; never part of a selector.
     *
     * @default - none
     */
    readonly podLabels?: {
      readonly [k: string]: string;
    };
    /**
     * Additional annotations on the pods.
     *
     * @default - none
     */
    readonly podAnnotations?: {
      readonly [k: string]: string;
    };
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
     * CPU and memory of the main container.
     *
     * @default - the defaults of its keys
     */
    readonly resources?: {
      /**
       * What the scheduler sets aside.
       *
       * @default - the defaults of its keys
       */
      readonly requests?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 50m CPU, 128Mi
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 50m CPU, 128Mi
         */
        readonly memory?: string | number;
      };
      /**
       * What the container may use at most.
       *
       * @default - the defaults of its keys
       */
      readonly limits?: {
        /**
         * CPU cores, e.g. 2 or 500m.
         *
         * @default - 1 CPU, 512Mi
         */
        readonly cpu?: string | number;
        /**
         * Memory, e.g. 8Gi.
         *
         * @default - 1 CPU, 512Mi
         */
        readonly memory?: string | number;
      };
    };
    /**
     * Labels that a node must have, besides `kubernetes.io/arch: amd64` (the images are amd64 only).
     *
     * @default - none
     */
    readonly nodeSelector?: {
      readonly [k: string]: string;
    };
    /**
     * Taints that the pods tolerate.
     *
     * @default []
     */
    readonly tolerations?: readonly {
      /**
       * Taint key.
       *
       * @default - every key, with operator Exists
       */
      readonly key?: string;
      /**
       * How the value is compared.
       *
       * @default - Equal
       */
      readonly operator?: 'Equal' | 'Exists';
      /**
       * Taint value.
       *
       * @default - none
       */
      readonly value?: string;
      /**
       * Taint effect.
       *
       * @default - every effect
       */
      readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
      /**
       * Seconds a NoExecute taint is tolerated.
       *
       * @default - for ever
       */
      readonly tolerationSeconds?: number;
    }[];
    /**
     * Affinity rules, as in a pod spec.
     *
     * @default - none
     */
    readonly affinity?: {
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly nodeAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAffinity?: {
        readonly [k: string]: unknown;
      };
      /**
       * As in a pod spec.
       *
       * @default - none
       */
      readonly podAntiAffinity?: {
        readonly [k: string]: unknown;
      };
    };
    /**
     * PriorityClass of the pods.
     *
     * @default - the cluster's default
     */
    readonly priorityClassName?: string;
    /**
     * Additional labels on the pods; never part of a selector.
     *
     * @default - none
     */
    readonly podLabels?: {
      readonly [k: string]: string;
    };
    /**
     * Additional annotations on the pods.
     *
     * @default - none
     */
    readonly podAnnotations?: {
      readonly [k: string]: string;
    };
  };
  /**
   * Images by tag, by digest, or both.
   *
   * @default - the defaults of its keys
   */
  readonly images?: {
    /**
     * Milvus server.
     *
     * @default "milvusdb/milvus:1.1.1-cpu-d061621-330cc6"
     */
    readonly milvus?: string;
    /**
     * Proxy.
     *
     * @default "milvusdb/mishards:1.1.1"
     */
    readonly mishards?: string;
    /**
     * MySQL server and client; 5.7, or 8.0 with native passwords.
     *
     * @default "mysql:5.7.44"
     */
    readonly mysql?: string;
    /**
     * S3 checks before the servers start; transport of backups.
     *
     * @default "rclone/rclone:1.68.2"
     */
    readonly rclone?: string;
    /**
     * The embedded S3 storage (s3.embedded).
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
   * When images are pulled.
   *
   * @default "IfNotPresent"
   */
  readonly imagePullPolicy?: 'IfNotPresent' | 'Always' | 'Never';
  /**
   * Secrets with the credentials of the registry.
   *
   * @default []
   */
  readonly imagePullSecrets?: readonly string[];
}
