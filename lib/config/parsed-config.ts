import { clusterSchema } from './schema';

/** Never called: the compiler writes its result out, so that the declarations of the package are free of zod's types. */
const parse = (input: unknown) => clusterSchema.parse(input);

/** A configuration with the fixed defaults filled in. */
export type ParsedConfig = ReturnType<typeof parse>;
