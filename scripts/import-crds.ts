import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the typed constructs in imports/ from the CRDs in imports/crds/. `--no-save`, since the CLI would otherwise
 * rewrite cdk8s.yaml without its comments.
 */
const directory = join(__dirname, '..', 'imports');
for (const crd of readdirSync(join(directory, 'crds')).sort()) {
  execFileSync('cdk8s', ['import', '--no-save', '--output', directory, join(directory, 'crds', crd)], {
    stdio: 'inherit',
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' },
  });
}
