/**
 * The metrics that Milvus 1.1.1 really updates (PrometheusMetrics.h declares more: those stay at zero for ever, and are
 * left out here), by name, with what they mean. Each server pushes them every second, with the labels `cluster` and
 * `instance`.
 */
export const SERVER_METRICS: Readonly<Record<string, string>> = {
  keeping_alive_seconds_total: 'seconds since the start: a counter that begins anew with the process',
  query_response_summary: 'summary of the time of a search; `_count` counts searches',
  query_vector_response_summary: 'summary of the time per query vector; `_count` counts query vectors',
  query_vector_response_per_microsecond: 'query vectors answered per microsecond',
  search_data_duration_microseconds: 'time to search a segment, by type (index, raw)',
  search_index_files_bytes: 'size of the searched index files',
  search_raw_files_bytes: 'size of the searched raw files',
  search_file_size_total: 'searched files, by type',
  search_file_size_gauge: 'size of the last searched file, by type',
  add_vectors_request_total: 'insert requests, by outcome (success, fail)',
  add_vectors: 'vectors inserted, by outcome',
  add_vector_duration_microseconds: 'time of an insert',
  add_vectors_throughput_per_microsecond: 'vectors inserted per microsecond',
  build_index_duration_microseconds: 'time to build an index file',
  mem_table_merge_duration_microseconds: 'time to merge files',
  meta_access_total: 'accesses to the metadata',
  meta_access_duration_microseconds: 'time of an access to the metadata',
  disk_load_duration_microseconds: 'time to load a file',
  disk_load_size_bytes: 'size of the loaded files',
  disk_load_IO_speed_byte_per_microsec: 'speed of loading',
  disk_store_IO_speed_bytes_per_microseconds: 'speed of storing',
  cache_access_total: 'accesses to the cache',
  cache_usage_bytes: 'share of the cache that is used, in percent, whatever its name says (DBImpl.cpp)',
  gpu_cache_usage_bytes: 'share of the cache of the GPUs that is used, in percent',
  data_file_size_bytes: 'size of the data; with S3 without most of the indexed segments',
  CPU_usage_percent: 'CPU of the node, by core',
  CPU_temperature: 'temperature of the cores',
  RAM_usage_percent: 'memory of the process, in percent of the node, not of the limit of its container',
  octets_bytes_per_second: 'network of the node, by type (inoctets, outoctets)',
  Gpu_usage_percent: 'use of the GPUs',
  GPU_memory_usage_total: 'memory of the GPUs',
  GPU_temperature: 'temperature of the GPUs',
};

/** Metrics of others that alerts and dashboard use, by who has them. */
export const OTHER_METRICS: Readonly<Record<string, readonly string[]>> = {
  'push gateway': ['push_time_seconds'],
  'kube-state-metrics': [
    'kube_deployment_spec_replicas',
    'kube_deployment_status_replicas_available',
    'kube_statefulset_status_replicas_ready',
    'kube_pod_container_status_restarts_total',
    'kube_pod_container_resource_limits',
    'kube_cronjob_created',
    'kube_cronjob_next_schedule_time',
    'kube_cronjob_status_last_successful_time',
    'kube_job_status_failed',
    'kube_job_status_start_time',
  ],
  cAdvisor: ['container_memory_working_set_bytes', 'container_cpu_usage_seconds_total'],
  kubelet: ['kubelet_volume_stats_available_bytes', 'kubelet_volume_stats_capacity_bytes'],
  mysqld_exporter: [
    'mysql_up',
    'mysql_global_status_threads_connected',
    'mysql_global_variables_max_connections',
    'mysql_global_status_questions',
  ],
};
