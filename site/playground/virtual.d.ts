declare module 'virtual:project-files' {
  /** The programs that pods run, and configurations to start from, by their paths in the project. */
  export const files: Readonly<Record<string, string>>;
}
declare module 'path-browserify' {
  import path from 'node:path/posix';
  export default path;
}
