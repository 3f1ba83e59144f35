import type { Settings } from '../config/settings';
import { metricSources } from './metrics';

/** An image of a cluster. */
export interface ImageInfo {
  /** The option that names it: `images.milvus`. */
  readonly option: string;
  /** Where it comes from without a mirror. */
  readonly source: string;
  /** What the pods use: the source, or the mirror of imageRegistry. */
  readonly image: string;
  /** Whether it is pinned by digest; a tag can be moved. */
  readonly pinned: boolean;
  /** Whether this configuration uses it. */
  readonly used: boolean;
}

/** Every image that a cluster may use, in the order of the options. */
export function imagesOf(settings: Settings): readonly ImageInfo[] {
  const used = imagesInUse(settings);
  return (Object.keys(settings.images) as (keyof Settings['images'])[]).map((name) => ({
    option: `images.${name}`,
    source: settings.imageSources[name],
    image: settings.images[name],
    pinned: settings.images[name].includes('@sha256:'),
    used: used[name],
  }));
}

/** The smoke test is always there to be started, and with it the image that it runs in. */
function imagesInUse(settings: Settings): Readonly<Record<keyof Settings['images'], boolean>> {
  const { writable, readonly, mode, database, s3, backup, minio, admin, images } = settings;
  const servers = mode === 'cluster' ? [writable, readonly] : [writable];
  const { pushgateways, exporter } = metricSources(settings);
  return {
    milvus: servers.some(({ image }) => image === images.milvus),
    milvusGpu: servers.some(({ gpu }) => gpu !== undefined),
    mishards: true,
    mysql: database !== undefined,
    rclone: s3 !== undefined || backup !== undefined,
    haproxy: s3?.tls !== undefined,
    minio: minio !== undefined,
    pushgateway: pushgateways,
    mysqldExporter: exporter,
    admin: admin !== undefined,
  };
}
