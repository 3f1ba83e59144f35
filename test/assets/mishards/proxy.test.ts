import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { find, report, requires } from '../../support/requires';
import { killAll, type Running, run, start } from '../run';

const WORLD = path.join(__dirname, '../python/world');
const SCENARIOS = [
  ['test_readers', 'readers that leave, fail, or are another version'],
  ['test_lost_readers', 'readers that are lost, and come back'],
  ['test_network', 'readers on nodes that the network loses'],
  ['test_database', 'a database that restarts, hangs or refuses, and what is printed about it'],
  ['test_commands', 'what a client may ask, what the kubelet is told, and what does not start'],
  ['test_discovery', "mishards' own discoveries"],
] as const;

// The first python3 in PATH may be one without Debian's modules.
const MODULES = 'grpc, grpc_tools, pymysql, sqlalchemy';
const python = ['/usr/bin/python3', find('python3') ?? ''].find(
  (command) => spawnSync(command, ['-c', `import ${MODULES}`]).status === 0,
);
if (python === undefined) report(`a python3 with ${MODULES}`);

/** The beginning of a command that runs in network and mount namespaces of its own, as root or not. */
const inNamespaces = [['unshare'], ['unshare', '--map-root-user']]
  .map((command) => [...command, '--net', '--mount'])
  .find(([command = '', ...options]) => spawnSync(command, [...options, 'true']).status === 0);
if (inNamespaces === undefined) report('a network namespace');

const sources = ['MISHARDS_SOURCE', 'PYMILVUS_SOURCE'];
const genuine = sources.every((name) => (process.env[name] ?? '') !== '');
// The one thing that CI may skip: mishards and pymilvus can't be had there.
if (!genuine) console.info(`${sources.join(' and ')} are not set: the proxy is tested with stand-ins only`);

const possible = python !== undefined && requires('mariadbd', 'mariadb-install-db', 'unshare', 'ip', 'nft');

(possible ? describe : describe.skip).each(genuine ? ['standin', 'real'] : ['standin'])(
  'milvus_proxy in mishards (%s)',
  (kind) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'world-'));
    const running = new Map<string, Running>();

    beforeAll(async () => {
      const env = {
        PATH: process.env['PATH'] ?? '',
        PYTHONDONTWRITEBYTECODE: '1',
        WORLD: kind,
        WORLD_PREPARED: folder,
        ...Object.fromEntries(
          [...sources, 'MISHARDS_LIBRARIES', 'WORLD_TOLERANCE'].flatMap((name) => {
            const value = process.env[name];
            return value === undefined ? [] : [[name, value]];
          }),
        ),
      };
      const prepare = 'import sys, world; world.prepare(sys.argv[1])';
      const prepared = await run([python ?? '', '-c', prepare, folder], env, WORLD);
      expect(prepared.code === 0 ? '' : prepared.stderr).toBe('');
      for (const [module] of SCENARIOS) {
        const wrapper = module === 'test_network' ? inNamespaces : [];
        // All at once: most of the time they wait.
        if (wrapper !== undefined) {
          const command = [...wrapper, python ?? '', '-m', 'unittest', '-v', module];
          running.set(module, start(command, env, WORLD));
        }
      }
    }, 60_000);

    afterAll(() => {
      for (const each of running.values()) {
        if (each.child.exitCode === null) {
          killAll(each);
        }
      }
      rmSync(folder, { recursive: true });
    });

    for (const [module, what] of SCENARIOS) {
      const able = module !== 'test_network' || inNamespaces !== undefined;
      (able ? test : test.skip)(
        `${what}: ${module}.py`,
        async () => {
          const { code, stderr } = (await running.get(module)?.ended) ?? { stderr: 'not started' };
          // First, so that a failure shows what Python says. The stand-in has no discovery of Kubernetes.
          expect(stderr).toMatch(kind === 'real' ? /^OK$/m : /^OK( \(skipped=1\))?$/m);
          expect(code).toBe(0);
          expect(Number(/^Ran (\d+) test/m.exec(stderr)?.[1])).toBeGreaterThan(0);
        },
        240_000,
      );
    }
  },
);
