/** `[registry/]repository[:tag][@digest]`; a registry has a dot or a port, or is localhost. */
const IMAGE =
  /^(?:((?:[a-z0-9-]+\.)[a-z0-9.-]+(?::\d+)?|[a-z0-9-]+:\d+|localhost(?::\d+)?)\/)?([^:@]+)(?::([^@]+))?/;

/**
 * The same image from a mirror. Official images of Docker Hub, which are written without a path, are under
 * `library/` there, as the Hub itself and pull-through caches name them.
 * @param registry registry and path of the mirror; undefined leaves the image as it is
 */
export function mirrored(image: string, registry: string | undefined): string {
  if (registry === undefined) return image;
  const [, host] = IMAGE.exec(image) ?? [];
  const path = host === undefined ? image : image.slice(host.length + 1);
  const onHub = host === undefined || host === 'docker.io';
  const repository = onHub && !path.includes('/') ? `library/${path}` : path;
  return `${registry}/${repository}`;
}

/** What an image is called: `registry/team/milvus:v1` is `team/milvus`, `milvus` and `v1`. */
export function imageParts(image: string): {
  readonly repository: string;
  readonly name: string;
  readonly tag: string;
} {
  const [, , repository = '', tag = ''] = IMAGE.exec(image) ?? [];
  return { repository, name: repository.split('/').at(-1) ?? '', tag };
}

/** The version that the tag tells, e.g. [5, 7] for `mysql:5.7.44`, [9] for `mysql:9`; undefined without a numeric tag. */
export function imageVersion(image: string): readonly [major: number, minor?: number] | undefined {
  const tag = IMAGE.exec(image)?.[3];
  const [, major, minor] = /^(\d+)(?:\.(\d+))?/.exec(tag ?? '') ?? [];
  if (major === undefined) return undefined;
  return minor === undefined ? [Number(major)] : [Number(major), Number(minor)];
}
