import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { untilJobEnds } from '../lib/kubernetes/jobs';
import {
  blocks,
  commandsIn,
  type Document,
  documentOf,
  documents,
  inlineCode,
  shellBlocks,
} from './support/documents';
import { idOf, parse } from './support/manifests';
import { copyCheckout, ROOT } from './support/project';
import { find } from './support/requires';

/**
 * Every command of the documents is run here, as it stands, in a copy of what a clone has; or its block says that it
 * needs a cluster; or it is named below with the place that runs it.
 */
const directory = mkdtempSync(join(tmpdir(), 'docs-commands-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Where a command is run for real, and what stands there. */
type Elsewhere = readonly [file: string, words: string];
const isMissing = ([file, words]: Elsewhere) => !readFileSync(join(ROOT, file), 'utf8').includes(words);

/** By what npm is told to do. */
const RUN_ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  ci: ['.ci/run', 'npm ci'],
  test: ['package.json', 'jest.quick.config.js'],
  'run test:all': ['.ci/run', 'npm run test:all'],
  'run test:e2e': ['.github/workflows/e2e.yml', 'npm run test:e2e'],
};
/** What would take minutes is told to do less of the same. */
const LESS: Readonly<Record<string, string>> = {
  'run bench': '-- --runs 1 --clusters 1',
  'run test:update': '-- test/milvus-cluster.test.ts -t "as they are applied"',
};

/** A directory of programs that go before those of the machine. */
const bin = join(directory, 'bin');
mkdirSync(bin);
writeFileSync(
  join(bin, 'npm'),
  // `npm ci` with whatever flags would empty the node_modules that copies are linked to, which are those of this checkout.
  `#!/bin/sh
[ "$1" != ci ] || exit 0
case "$*" in ${Object.keys(RUN_ELSEWHERE)
    .map((command) => `"${command}"`)
    .join('|')}) exit 0 ;; esac
case "$1 $2" in
${Object.entries(LESS)
  .map(([command, more]) => `"${command}") set -- "$@" ${more} ;;`)
  .join('\n')}
esac
exec "${find('npm')}" "$@"
`,
);
chmodSync(join(bin, 'npm'), 0o755);

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function bash(script: string, cwd: string): Ran {
  return spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: [bin, join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
      // Whoever needs a cluster shall not find one by accident.
      KUBECONFIG: '/dev/null',
      // And whoever sets an option of npm sets it here, not for the user who runs the tests.
      npm_config_userconfig: join(directory, 'npmrc'),
      npm_config_update_notifier: 'false',
      CDK8S_CHECK_UPGRADE: 'false',
      CI: '',
      NO_COLOR: '1',
    },
  });
}

/**
 * One for all documents, each of which begins with what a clone has: the bundle of the sources is that of these very
 * files, and would be made anew in a copy of them.
 */
const copy = join(directory, 'copy');
const stampOf = (file: string): string => {
  const { size, mtimeNs, ctimeNs } = lstatSync(join(copy, file), { bigint: true });
  return `${size} ${mtimeNs} ${ctimeNs}`;
};
/** Directories and files, without what commands keep for the next ones. */
const found = (): Map<string, string> => {
  const stamps = new Map<string, string>();
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(copy, folder), { withFileTypes: true })) {
      const file = join(folder, entry.name);
      if (file === '.cache') continue;
      stamps.set(file, entry.isDirectory() ? '' : stampOf(file));
      if (entry.isDirectory()) walk(file);
    }
  };
  walk('');
  return stamps;
};
let cloned: Map<string, string>;
function checkout(): void {
  const now = found();
  for (const file of now.keys()) {
    if (!cloned.has(file)) rmSync(join(copy, file), { recursive: true, force: true });
  }
  for (const [file, stamp] of cloned) {
    if (now.get(file) === stamp) continue;
    cpSync(join(ROOT, file), join(copy, file), { recursive: true });
    if (stamp !== '') cloned.set(file, stampOf(file));
  }
}
beforeAll(() => {
  copyCheckout(copy);
  expect(bash('npm run synth', copy).status).toBe(0);
  rmSync(join(copy, 'dist'), { recursive: true });
  cloned = found();
}, 60_000);

const idsIn = (copy: string, file: string) => parse(readFileSync(join(copy, file), 'utf8')).map(idOf);

/** For each document with commands to run: what is there before, if anything, and what has to be there after. */
const OUTCOMES: Readonly<
  Record<
    string,
    { readonly before?: (copy: string) => void; readonly after: (copy: string, ran: Ran) => void }
  >
> = {
  'README.md': {
    after: (copy, { stderr }) => {
      expect(idsIn(copy, 'dist/milvus-test.k8s.yaml')).toContain('StatefulSet/milvus-test-mysql');
      // What from-helm has made of the chart's command is the scenario that the project is shipped with.
      bash('npm run synth', copy);
      expect(bash('npm run check', copy).status).toBe(0);
      expect(readFileSync(join(copy, 'milvus.yaml'), 'utf8')).toContain('storageClassName: csi-rbd-sc');
      expect(stderr).toContain('Synthesized dist/milvus-test.k8s.yaml');
    },
  },
  'README.zh-CN.md': {
    after: (copy) => expect(existsSync(join(copy, 'dist/Kustomization'))).toBe(true),
  },
  'CONTRIBUTING.md': {
    before: (copy) => {
      writeFileSync(join(copy, 'lib/badly-formatted.ts'), 'export const   a = [1,2]');
      rmSync(join(copy, 'milvus.schema.json'));
      const snapshot = join(copy, '__snapshots__/milvus-cluster.test.ts.snap');
      writeFileSync(snapshot, readFileSync(snapshot, 'utf8').replaceAll('milvus-test-writable', 'changed'));
    },
    after: (copy, { stdout }) => {
      for (const file of ['milvus.schema.json', '__snapshots__/milvus-cluster.test.ts.snap'])
        expect(readFileSync(join(copy, file), 'utf8')).toBe(readFileSync(join(ROOT, file), 'utf8'));
      expect(readFileSync(join(copy, 'lib/badly-formatted.ts'), 'utf8')).toBe('export const a = [1, 2];\n');
      expect(stdout).toContain('node synth.js / require(cdk8s-plus-25)');
    },
  },
  'docs/how-to/mirror-images.md': {
    after: (_, { stdout }) => {
      const official =
        'skopeo copy --all docker://mysql:5.7.44 docker://registry.example.com/mirror/library/mysql:5.7.44';
      expect(stdout.trim().split('\n')).toContain(official);
      expect(
        stdout.match(/^skopeo copy --all docker:\/\/\S+ docker:\/\/registry\.example\.com\/\S+$/gm),
      ).toHaveLength(6);
    },
  },
  'docs/how-to/operate.md': {
    after: (copy) => expect(existsSync(join(copy, 'dist/milvus-test.k8s.yaml'))).toBe(true),
  },
  'docs/how-to/review-in-pull-requests.md': {
    after: (copy) => expect(existsSync(join(copy, 'dist/milvus-test.k8s.yaml'))).toBe(true),
  },
  'docs/tutorial/first-cluster.md': {
    after: (copy) =>
      expect(idsIn(copy, 'dist/milvus.k8s.yaml')).toEqual(
        expect.arrayContaining(['StatefulSet/milvus-minio', 'PodDisruptionBudget/milvus-mishards']),
      ),
  },
  'examples/README.md': {
    after: (copy) => expect(idsIn(copy, 'dist/milvus.k8s.yaml')).toContain('StatefulSet/milvus-minio'),
  },
  'examples/quick-start/README.md': {
    after: (copy) => expect(idsIn(copy, 'dist/milvus.k8s.yaml')).toContain('StatefulSet/milvus-minio'),
  },
  'examples/fleet/README.md': {
    after: (copy) =>
      expect(idsIn(copy, 'dist/milvus-books/milvus-books.k8s.yaml')).toContain(
        'Deployment/milvus-books-readonly',
      ),
  },
  'docs/how-to/run-a-fleet.md': {
    after: (copy, { stdout, stderr }) => {
      expect(stderr).toContain('No differences: fleet is what the configuration gives.');
      expect(stdout).toContain('namespace: tenant-globex');
      expect(existsSync(join(copy, 'fleet.svg'))).toBe(true);
    },
  },
  'examples/many-kubernetes-clusters/README.md': {
    after: (copy, { stderr }) => {
      expect(existsSync(join(copy, 'examples/many-kubernetes-clusters/dist/us-1/music-us-1'))).toBe(true);
      expect(stderr).toContain('No differences: examples/many-kubernetes-clusters/dist is');
    },
  },
  'examples/promotion/README.md': {
    after: (copy) =>
      expect(idsIn(copy, 'dist/production/milvus.k8s.yaml')).toContain('Deployment/milvus-readonly'),
  },
  'examples/tenants/README.md': {
    after: (copy) =>
      expect(readFileSync(join(copy, 'quotas.yaml'), 'utf8')).toBe(
        readFileSync(join(ROOT, 'examples/tenants/quotas.yaml'), 'utf8'),
      ),
  },
  'examples/kustomize/README.md': {
    after: (copy, { stdout }) => {
      expect(parse(stdout.slice(stdout.indexOf('apiVersion'))).map(idOf)).toContain('Service/milvus');
      expect(existsSync(join(copy, 'examples/kustomize/dev/dist/milvus.k8s.yaml'))).toBe(true);
    },
  },
  'examples/migrated-release/README.md': {
    after: (copy, { stderr }) => {
      const file = 'examples/migrated-release/milvus.yaml';
      expect(readFileSync(join(copy, file), 'utf8')).toBe(readFileSync(join(ROOT, file), 'utf8'));
      expect(stderr).toContain('# 1. ');
    },
  },
};
/** Documents whose commands need a server that another test has. */
const BLOCKS_ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  'examples/ceph-rgw/README.md': ['test/e2e/radosgw.test.ts', "documentOf('examples/ceph-rgw/README.md')"],
  'examples/typescript/README.md': [
    'test/published-package.test.ts',
    "documentOf('examples/typescript/README.md')",
  ],
};

const anywhere = ({ text }: Document) =>
  shellBlocks(text)
    .map((block) => block.anywhere)
    .filter((commands) => commandsIn(commands).length > 0);
const withCommands = documents.filter((document) => anywhere(document).length > 0);

test('every document with commands is known here, and no other', () => {
  expect([...Object.keys(OUTCOMES), ...Object.keys(BLOCKS_ELSEWHERE)].sort()).toEqual(
    withCommands.map(({ name }) => name),
  );
});

test('what is run elsewhere is there', () => {
  expect([...Object.values(RUN_ELSEWHERE), ...Object.values(BLOCKS_ELSEWHERE)].filter(isMissing)).toEqual([]);
});

test.each(Object.entries(OUTCOMES))(
  'the commands of %s do what it says',
  (name, { before, after }) => {
    checkout();
    before?.(copy);
    const ran = bash(anywhere(documentOf(name)).join('\n'), copy);
    expect({ status: ran.status, stderr: ran.status === 0 ? '' : ran.stderr }).toEqual({
      status: 0,
      stderr: '',
    });
    after(copy, ran);
  },
  120_000,
);

test('after the mark that a cluster is needed, it is: nothing is hidden there that could be run', () => {
  for (const { name, text } of documents) {
    const marked = shellBlocks(text).flatMap(({ withCluster }) => commandsIn(withCluster));
    // The values of a release, which from-helm goes on from, are in the cluster: docs.test.ts runs it with others.
    const needsNone = marked.filter(
      (command) =>
        !/^((until )?kubectl|helm|kind|(E2E_KEEP=1 )?npm run (backups|diff|job|restore|status|test:e2e)|mysql>)/.test(
          command,
        ) && !/ -f values\.yaml .*--adopt|(\||; do) kubectl | --run\b/.test(command),
    );
    expect({ name, needsNone }).toEqual({ name, needsNone: [] });
  }
});

test('a Job is waited for with the one line that ends with it, whatever becomes of it', () => {
  const commands = documents.flatMap(({ text }) =>
    shellBlocks(text).flatMap(({ withCluster }) => commandsIn(withCluster)),
  );
  const replaced = commands.flatMap((command, index) => {
    const [job] =
      /(?<=^kubectl replace --force -f dist\/jobs\/)[\w-]+(?=\.k8s\.yaml$)|(?<=^kubectl create job .*)backup-now$/.exec(
        command,
      ) ?? [];
    return job === undefined ? [] : [[job, commands[index + 1] ?? ''] as const];
  });
  expect(replaced.length).toBeGreaterThan(5);
  // Without a line after it: it is told elsewhere how to look.
  const followed = replaced.filter(([job, next]) => next.includes(`job/${job}`));
  expect(followed.length).toBeGreaterThan(5);
  for (const [job, next] of followed) expect(next).toBe(untilJobEnds('kubectl', job));
  // What fails while a container has not started, and what never ends with a Job that failed.
  const texts = [
    ...documents.map(({ text }) => text),
    ...['lib/output/summary.ts', 'lib/helm/adoption.ts'].map((file) =>
      readFileSync(join(ROOT, file), 'utf8'),
    ),
  ];
  for (const text of texts) {
    expect(text).not.toMatch(/pod-running-timeout|logs (-f|--follow).* job\/|wait --for=condition=complete/);
  }
});

test('the commands that the README gives for the cluster are those that synth ends with', () => {
  checkout();
  const { stderr } = bash('npm run synth', copy);
  const printed = commandsIn(stderr.slice(stderr.indexOf('Next:\n') + 'Next:\n'.length));
  expect(printed).toHaveLength(7);
  for (const name of ['README.md', 'README.zh-CN.md']) {
    const [commands] = shellBlocks(documentOf(name).text)
      .map(({ withCluster }) => commandsIn(withCluster))
      .filter((found) => found.length > 0);
    expect(commands).toEqual(printed);
  }
});

test('the client of the how-to does what it says', () => {
  const [client = ''] = blocks(documentOf('docs/how-to/connect.md').text, 'python');
  const { stdout, stderr } = spawnSync('python3', ['-W', 'error', '-c', client], {
    encoding: 'utf8',
    env: {
      ...process.env,
      PYTHONPATH: join(ROOT, 'test/assets/python/pymilvus'),
      PYTHONDONTWRITEBYTECODE: '1',
      FAKE_MILVUS_LOG: join(directory, 'fake-milvus'),
    },
  });
  expect({ stdout, stderr }).toEqual({ stdout: `${/# (.*)\n$/.exec(client)?.[1]}\n`, stderr: '' });
});

test('the policy of the how-to has the four rights that a server tries at its start', () => {
  const [policy = ''] = blocks(documentOf('docs/how-to/prepare-s3.md').text, 'json');
  const { Statement } = JSON.parse(policy) as { Statement: readonly { Action: readonly string[] }[] };
  const tried = readFileSync(join(ROOT, 'assets/s3-preflight.sh'), 'utf8').match(/(?<=right=)s3:\w+/g) ?? [];
  expect(Statement.flatMap(({ Action }) => Action).sort()).toEqual(
    [...new Set(tried)].filter((right) => right !== 's3:CreateBucket').sort(),
  );
});

describe('commands in running text', () => {
  const NEEDS_CLUSTER =
    /(^|&& )((kubectl|helm) (?!kustomize)[a-z-]+ \S+ \S|npm run (backups|diff|job|restore|status)|npm run (export|import) -- .*--run\b|kind )/;
  const inline = documents.flatMap(({ name, text }) =>
    inlineCode(text).map((command) => ({ name, command })),
  );

  test('where one needs a cluster, the document says so', () => {
    const names = new Set(
      inline.filter(({ command }) => NEEDS_CLUSTER.test(command)).map(({ name }) => name),
    );
    expect(names.size).toBeGreaterThan(5);
    const silent = [...names].filter(
      (name) => !/need the cluster|needs the cluster|需要访问集群/.test(documentOf(name).text),
    );
    expect(silent).toEqual([]);
  });

  /** Where each runs that is not run below. */
  const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
    'npx cdk8s-milvus synth -c milvus.yaml -o dist': [
      'test/published-package.test.ts',
      "'cdk8s-milvus', 'synth'",
    ],
    'npx cdk8s-milvus check -c milvus.yaml -o dist': [
      'test/published-package.test.ts',
      "'cdk8s-milvus', 'check'",
    ],
    'npm run site': ['.github/workflows/site.yml', '- run: npm run site\n'],
    // These go on until they are stopped.
    'npm run site -- --dev': ['site/build.mjs', "process.argv.includes('--dev')"],
    'npm run synth -- --watch': ['test/cli/watch.test.ts', "'--watch', ...args"],
    'npm run site:test': ['.github/workflows/site.yml', '- run: npm run site:test\n'],
    'npm run lint': ['package.json', '"test": "npm run lint && '],
    // A name, without what it is to work on.
    'npm run from-helm': ['test/helm/from-helm.test.ts', 'fromHelm('],
    'npm install ./cdk8s-milvus-0.1.0.tgz': ['test/published-package.test.ts', 'npm install ./'],
    'npm install': ['test/published-package.test.ts', 'npm install ./'],
  };
  const commands = [
    ...new Set(
      inline
        .map(({ command }) => command)
        .filter(
          (command) => /^(\w+=\S+ )*(npm|npx|node|cdk8s) \S/.test(command) && !NEEDS_CLUSTER.test(command),
        ),
    ),
  ].sort();

  test('those that are run elsewhere are there, and in a document', () => {
    expect(commands).toEqual(expect.arrayContaining(Object.keys(ELSEWHERE)));
    expect(Object.values(ELSEWHERE).filter(isMissing)).toEqual([]);
  });

  test('all others run', () => {
    checkout();
    expect(bash('npm run synth', copy).status).toBe(0);
    // What a block has as well has been run above.
    const inBlocks = documents.flatMap((document) => anywhere(document).flatMap(commandsIn));
    const others = commands.filter((one) => ELSEWHERE[one] === undefined && !inBlocks.includes(one));
    expect(others).not.toEqual([]);
    for (const command of others) {
      const { status, stderr } = bash(command.replaceAll('<name>', 'milvus-test'), copy);
      expect({ command, status, stderr: status === 0 ? '' : stderr }).toEqual({
        command,
        status: 0,
        stderr: '',
      });
    }
    expect(existsSync(join(copy, 'cluster.svg'))).toBe(true);
  }, 180_000);
});
