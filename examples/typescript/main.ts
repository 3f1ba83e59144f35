import { App, JsonPatch } from 'cdk8s';
import { MilvusCluster } from 'cdk8s-milvus';

const app = new App({ outdir: process.env.CDK8S_OUTDIR ?? 'dist' });
const milvus = new MilvusCluster(app, 'milvus', {
  name: 'milvus',
  s3: { address: 'rgw.example.com', bucket: 'milvus' },
  readonly: { replicas: 3 },
});

// What has no option: the real field names, on the objects themselves.
milvus.writable.deployment.addJsonPatch(
  JsonPatch.add('/spec/template/spec/dnsConfig', { options: [{ name: 'ndots', value: '2' }] }),
);
milvus.mysql?.statefulSet.addJsonPatch(
  JsonPatch.add('/spec/persistentVolumeClaimRetentionPolicy', {
    whenDeleted: 'Retain',
    whenScaled: 'Retain',
  }),
);
app.synth();
