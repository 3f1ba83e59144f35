/** Loaded before the app: takes away what WITHOUT names, so that one sees what it gives. */
const os = require('node:os');
const vm = require('node:vm');

const TAKE_AWAY = {
  /** On one core the app starts no worker threads. */
  threads: () => {
    const [first] = os.cpus();
    os.cpus = () => [first];
  },
  /** The machine code of an earlier run. */
  code: () => {
    vm.Script = class extends vm.Script {
      constructor(text, options) {
        super(text, { ...options, cachedData: undefined });
      }
    };
  },
};
TAKE_AWAY[process.env.WITHOUT]?.();
