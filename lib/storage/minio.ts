import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { MINIO_PORT, type MinioSettings, type S3Settings } from '../config/settings';
import { persistentVolume, withClaimTemplate } from '../kubernetes/objects';
import { Part, type PartProps } from '../kubernetes/part';
import { containerSecurity, emptyDir, podOf, resourceRequirements, secretEnv } from '../kubernetes/pod';

export interface MinioProps extends PartProps {
  readonly minio: MinioSettings;
  readonly s3: S3Settings;
}

const DATA_VOLUME = 'data';

/** The embedded S3 storage: one MinIO, for a first try. Its root user has the keys that Milvus uses. */
export class Minio extends Part {
  /** The server, with its claim. */
  public readonly statefulSet: ApiObject;
  /** The Service that Milvus connects to. */
  public readonly service: ApiObject;
  /** The Service that gives the pod its name. */
  public readonly headlessService: ApiObject;
  /** Name of the Service. */
  public readonly host: string;
  /** Port of the Service. */
  public readonly port = MINIO_PORT;

  public constructor(scope: Construct, id: string, { settings, names, minio, s3 }: MinioProps) {
    super(scope, id, settings, 'minio');
    const { credentials } = s3;
    this.host = names.minio;

    const health = (path: string) => ({
      httpGet: { path: `/minio/health/${path}`, port: k8s.IntOrString.fromString('s3') },
      periodSeconds: 10,
      timeoutSeconds: 5,
    });
    const container: k8s.Container = {
      name: 'minio',
      image: settings.images.minio,
      imagePullPolicy: settings.imagePullPolicy,
      args: ['server', '/data', '--address', `:${MINIO_PORT}`],
      env: [
        secretEnv('MINIO_ROOT_USER', credentials.secretName, credentials.keys.accessKey),
        secretEnv('MINIO_ROOT_PASSWORD', credentials.secretName, credentials.keys.secretKey),
        { name: 'MINIO_BROWSER', value: 'off' },
        { name: 'MINIO_UPDATE', value: 'off' },
        { name: 'HOME', value: '/tmp' },
      ],
      ports: [{ name: 's3', containerPort: MINIO_PORT, protocol: 'TCP' }],
      startupProbe: { ...health('live'), failureThreshold: 30 },
      readinessProbe: { ...health('ready'), failureThreshold: 3 },
      livenessProbe: { ...health('live'), failureThreshold: 6 },
      resources: resourceRequirements(minio.resources),
      securityContext: containerSecurity(),
      volumeMounts: [
        { name: DATA_VOLUME, mountPath: '/data', subPath: minio.persistence.subPath },
        { name: 'tmp', mountPath: '/tmp' },
      ],
    };

    this.statefulSet = this.workload(
      withClaimTemplate(
        k8s.KubeStatefulSet.manifest({
          metadata: this.metadata(names.minio, minio),
          spec: {
            replicas: 1,
            serviceName: names.minioHeadless,
            selector: { matchLabels: { ...this.selectorLabels } },
            template: {},
          },
        }),
        DATA_VOLUME,
        minio.persistence,
      ),
      podOf({
        patches: settings.podTemplates.minio,
        selectorLabels: this.selectorLabels,
        containers: [container],
        volumes: [...persistentVolume(DATA_VOLUME, minio.persistence), emptyDir('tmp', '64Mi')],
      }),
    );
    const { headlessService, service } = this.services(names.minio, names.minioHeadless, [
      { name: 's3', port: this.port },
    ]);
    this.headlessService = headlessService;
    this.service = service;
  }
}
