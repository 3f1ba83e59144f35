/** What Node.js has without an import. */
export { Buffer } from 'buffer/';
export const process = { env: {}, pid: 1, platform: 'browser', argv: [], cwd: () => '/' };
