import type { Settings } from '../config/settings';

/** What of a cluster can be scraped. */
export interface MetricSources {
  /** Whether a push gateway runs beside each server: metrics are wanted, and no other gateway is named. */
  readonly pushgateways: boolean;
  /** Whether the exporter runs beside MySQL. */
  readonly exporter: boolean;
}

export function metricSources({ milvus: { metrics }, mysql }: Settings): MetricSources {
  return {
    pushgateways: metrics.enabled && metrics.address === undefined,
    exporter: mysql?.exporter.enabled === true,
  };
}
