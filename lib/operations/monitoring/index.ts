import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import { Construct } from 'constructs';
import { PodMonitor, PrometheusRule } from '../../../imports/monitoring.coreos.com';
import { objectLabels } from '../../kubernetes/labels';
import { apiObject } from '../../kubernetes/objects';
import type { PartProps } from '../../kubernetes/part';
import { EXPORTER_PORT_NAME } from '../../metadata/mysql';
import { PUSHGATEWAY_PORT_NAME } from '../pushgateway';
import { alerts } from './alerts';
import { dashboard } from './dashboard';
import { monitoredOf } from './monitored';

/** For the Prometheus Operator and Grafana: what to scrape, when to wake somebody, and what to look at. */
export class Monitoring extends Construct {
  /** What Prometheus scrapes; unset unless enabled. */
  public readonly podMonitor?: ApiObject;
  /** The alerts; unset unless enabled. */
  public readonly prometheusRule?: ApiObject;
  /** The ConfigMap with the dashboard; unset unless enabled. */
  public readonly dashboard?: ApiObject;

  public constructor(scope: Construct, id: string, { settings, names }: PartProps) {
    super(scope, id);
    const { podMonitor, prometheusRule, dashboard: board } = settings.monitoring;
    const monitored = monitoredOf(settings, names);
    const metadata = (
      name: string,
      labels: Readonly<Record<string, string>>,
      annotations: Readonly<Record<string, string>> = {},
    ) => ({
      name,
      labels: { ...settings.labels, ...labels, ...objectLabels(settings) },
      annotations: { ...settings.annotations, ...annotations },
    });

    if (podMonitor.enabled) {
      this.podMonitor = apiObject(
        this,
        'PodMonitor',
        PodMonitor.manifest({
          metadata: metadata(names.cluster, podMonitor.labels),
          spec: {
            selector: {
              matchLabels: {
                'app.kubernetes.io/instance': settings.instance,
                'app.kubernetes.io/name': settings.appName,
              },
            },
            podMetricsEndpoints: [
              // The labels that the servers have pushed are those of the series.
              ...(monitored.gateways
                ? [{ port: PUSHGATEWAY_PORT_NAME, interval: podMonitor.interval, honorLabels: true }]
                : []),
              ...(monitored.exporter ? [{ port: EXPORTER_PORT_NAME, interval: podMonitor.interval }] : []),
            ],
          },
        }),
      );
    }
    if (prometheusRule.enabled) {
      this.prometheusRule = apiObject(
        this,
        'PrometheusRule',
        PrometheusRule.manifest({
          metadata: metadata(names.cluster, prometheusRule.labels),
          spec: { groups: [{ name: `milvus.${settings.name}`, rules: alerts(monitored) }] },
        }),
      );
    }
    if (board.enabled) {
      this.dashboard = apiObject(
        this,
        'Dashboard',
        k8s.KubeConfigMap.manifest({
          metadata: metadata(names.dashboard, board.labels, board.annotations),
          data: { [`${settings.name}.json`]: `${JSON.stringify(dashboard(monitored), null, 1)}\n` },
        }),
      );
    }
  }
}
