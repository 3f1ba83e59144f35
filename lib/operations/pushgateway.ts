import { k8s } from 'cdk8s-plus-25';
import type { Settings } from '../config/settings';
import { metricSources } from '../inventory/metrics';
import { containerSecurity, resourceRequirements } from '../kubernetes/pod';

/** Name of the port that Prometheus scrapes. */
export const PUSHGATEWAY_PORT_NAME = 'pushgateway';

/**
 * A push gateway beside the server: 1.1.1 has nothing to scrape, and a gateway that several pods share keeps the series
 * of those that are gone for ever. Empty unless metrics are wanted and no other gateway is named.
 */
export function pushgateway(settings: Settings): k8s.Container[] {
  if (!metricSources(settings).pushgateways) return [];
  const { milvus, images, imagePullPolicy } = settings;
  const { port } = milvus.metrics;
  const health = (path: string) => ({
    httpGet: { path, port: k8s.IntOrString.fromString(PUSHGATEWAY_PORT_NAME) },
    periodSeconds: 20,
    timeoutSeconds: 5,
  });
  return [
    {
      name: 'pushgateway',
      image: images.pushgateway,
      imagePullPolicy,
      args: [`--web.listen-address=:${port}`],
      ports: [{ name: PUSHGATEWAY_PORT_NAME, containerPort: port, protocol: 'TCP' }],
      readinessProbe: health('/-/ready'),
      livenessProbe: { ...health('/-/healthy'), failureThreshold: 6 },
      resources: resourceRequirements({
        requests: { cpu: '20m', memory: '32Mi' },
        limits: { cpu: '200m', memory: '128Mi' },
      }),
      securityContext: containerSecurity(),
    },
  ];
}
