import * as z from 'zod';
import { rule } from '../rules';

/** Names that a person chooses. */

/** Longest derived name is `<name>-readonly-discovery` (19 more characters; a Service name has at most 63). */
export const LONGEST_NAME = 40;

export const clusterName = rule(
  z
    .string()
    .max(LONGEST_NAME)
    .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/),
  `a name of at most ${LONGEST_NAME} lower-case letters, digits and hyphens that begins with a letter`,
  'It is the prefix of every object and the name of the Service that clients use; the rest of the 63 characters of a Service name is needed for endings such as "-readonly-discovery".',
);

/**
 * As Ceph RGW (with relaxed names) and older S3 take it; what the storage really has, the check before the start finds.
 * Milvus 1.1.1 itself checks nothing, and a "/" or ":" would be part of another name for it.
 */
export const bucket = () =>
  rule(
    z.string().regex(/^(?!.*\.\.)(?!\d+(\.\d+){3}$)[A-Za-z0-9][\w.-]{0,253}[A-Za-z0-9]$/),
    'a bucket name: letters, digits, dots, hyphens and underscores, 2 to 255 of them, beginning and ending with a letter or digit; no IPv4 address, no ".."',
    'One bucket belongs to one cluster.',
  );

/** The prefix of the objects of a part, when it is not to follow from the name of the cluster. */
export const objectPrefix = rule(
  z
    .string()
    .max(52)
    .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/),
  'a name of at most 52 lower-case letters, digits and hyphens that begins with a letter',
);
