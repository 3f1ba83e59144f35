/** Regions of S3, which Milvus knows nothing of. */

/** The one that Milvus 1.1.1 signs for (AWS SDK 1.7.250 without a region). */
export const SIGNED_REGION = 'us-east-1';

const REGION = '[a-z]{2}(?:-[a-z]+)+-\\d+';
/** Of the storages that compare the region of a signature; others, as Ceph RGW, pass over it. */
const REGIONAL = [
  `s3(?:-fips|-external-1|-accelerate)?(?:\\.dualstack)?(?:[.-](${REGION}))?(?:\\.vpce)?\\.amazonaws\\.com(?:\\.cn)?`,
  `s3(?:\\.(${REGION}))?\\.wasabisys\\.com`,
].map((host) => new RegExp(`^(?:(.+)\\.)?${host}\\.?$`, 'i'));

interface Regional {
  readonly region: string;
  /** The name of a bucket, in front of that of the endpoint. */
  readonly bucket?: string;
}

/** The region that an endpoint is in, by its name; undefined where the name tells none, or it does not matter. */
export function regionOf(address: string | undefined): Regional | undefined {
  for (const pattern of REGIONAL) {
    const [found, prefix, region = SIGNED_REGION] = pattern.exec(address ?? '') ?? [];
    if (found === undefined) continue;
    // An interface endpoint has names of its own: bucket.vpce-1a2b3c.s3....
    const bucket = prefix === undefined || /(^|\.)vpce-/.test(prefix) ? undefined : prefix;
    return { region: region.toLowerCase(), bucket };
  }
  return undefined;
}
