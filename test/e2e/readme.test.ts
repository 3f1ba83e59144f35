import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandsIn, documentOf, shellBlocks } from '../support/documents';
import { copyCheckout } from '../support/project';
import { describeOnServer } from '../support/requires';

/** From a clone to applied manifests, with nothing but the README. An API server is enough: no pod has to run. */
describeOnServer('the README on the API server of KUBECONFIG', () => {
  const directory = mkdtempSync(join(tmpdir(), 'readme-'));
  const project = join(directory, 'clone');
  const namespace = `readme-${process.pid}`;
  const bash = (script: string) => {
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: project,
      encoding: 'utf8',
      env: {
        ...process.env,
        KUBECONFIG: join(directory, 'kubeconfig'),
        S3_ACCESS_KEY: 'access',
        S3_SECRET_KEY: 's3/cr+et=',
      },
    });
    return { status, output: stdout + stderr };
  };
  const done = (script: string): string => {
    const { status, output } = bash(script);
    expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
    return output;
  };

  beforeAll(() => {
    copyCheckout(project);
    cpSync(String(process.env['KUBECONFIG']), join(directory, 'kubeconfig'));
    done(
      `kubectl create namespace ${namespace} && kubectl config set-context --current --namespace=${namespace}`,
    );
  });
  afterAll(() => {
    bash(`kubectl delete namespace ${namespace} --wait=false`);
    rmSync(directory, { recursive: true });
  });

  test('its commands are taken, and applying again would change nothing', () => {
    done('npm run synth');
    const [commands = []] = shellBlocks(documentOf('README.md').text)
      .map(({ withCluster }) => commandsIn(withCluster))
      .filter((found) => found.length > 0);
    const withoutPods = commands.filter((command) => !/ (rollout|logs|port-forward) /.test(command));
    expect(withoutPods).toHaveLength(4);
    done(withoutPods.join('\n'));
    expect(done('npm run diff')).toContain('No differences');
    expect(done('kubectl get job,statefulset,persistentvolumeclaim -o name')).toContain(
      'persistentvolumeclaim/milvus-test-writable-wal',
    );
    // A small change of the configuration is a small difference, and exit code 1.
    done('sed -i "s/replicas: 1/replicas: 2/" milvus.yaml && npm run synth');
    const { status, output } = bash('npm run --silent diff');
    expect(status).toBe(1);
    expect(output).toContain('+  replicas: 2');
    expect(output).toContain('There are differences');
  }, 120_000);
});
