import * as z from 'zod';
import { annotations, count, cronSchedule, flag, host, labels, port, rule, scrapeInterval } from '../rules';
import { RESOURCE_DEFAULTS } from '../sizing';
import { s3Credentials, s3Tls } from './credentials';
import { bucket } from './names';
import { service } from './service';
import { claim, workload } from './workload';

/** What a cluster has besides Milvus and its metadata. */

export const minio = z
  .strictObject({
    persistence: claim(
      'Volume of the objects.',
      'enabled, 20Gi, ReadWriteOnce, of the default StorageClass',
      { enabled: true, size: '20Gi', accessModes: ['ReadWriteOnce'] },
    ),
    ...workload(RESOURCE_DEFAULTS.minio),
  })
  .prefault({})
  .describe('The embedded MinIO of `s3.embedded`. The S3 keys are those of its root user.');

/** A place of backups, whose defaults are those of another section. */
const backupStorage = (of: 's3' | 'backup.s3') =>
  z
    .strictObject({
      address: host('a host name or IPv4 address, without scheme, port or path')
        .optional()
        .describe(`Host name or IPv4 address of another S3 endpoint.\n\n@default - ${of}.address`),
      port: port()
        .optional()
        .describe(
          `Port of that endpoint.\n\n@default - ${of}.port; 443 or 80 if this section has its own tls`,
        ),
      tls: s3Tls('that endpoint')
        .optional()
        .describe(
          `TLS to that endpoint.\n\n@default - ${of}.tls; no TLS if this section has its own address`,
        ),
      region: rule(z.string().regex(/^[a-z0-9-]{1,64}$/), 'a region such as eu-central-1')
        .optional()
        .describe(
          `Region that requests to that endpoint are signed for. Many storages ignore it.\n\n@default - the region in the host name, for AWS and Wasabi; ${of === 's3' ? 'otherwise us-east-1' : 'that of backup.s3 if the endpoint is the same; otherwise us-east-1'}`,
        ),
      bucket: bucket()
        .optional()
        .describe(`Bucket of the backups, if it is another one.\n\n@default - ${of}.bucket`),
      prefix: rule(
        z.string().regex(/^(?!(.*\/)?\.{1,2}(\/|$))[\w!.*'()=+@,:~-]+(\/[\w!.*'()=+@,:~-]+)*$/),
        'a prefix of keys such as backup/milvus, without a "/" at either end',
      )
        .optional()
        .describe(
          `Prefix of the backups in the bucket. It must be outside storage.path.\n\n@default - ${of === 's3' ? 'backup/<name>' : 'backup.s3.prefix'}`,
        ),
      credentials: s3Credentials
        .optional()
        .describe(
          `Where the keys for that storage come from: the Secret \`<name>-${of === 's3' ? 'backup' : 'restore'}-s3\`, unless they name another.\n\n@default - ${of}.credentials`,
        ),
    })
    .prefault({});

export const backup = z
  .strictObject({
    enabled: flag().default(false).describe('Back up metadata and vectors regularly, to S3.'),
    objects: flag()
      .optional()
      .describe(
        'Back up the vectors as well: all objects in S3 that the metadata names, each copied only once for all backups.\n\n@default - true; false if the vectors are on a volume',
      ),
    schedule: cronSchedule()
      .default('17 3 * * *')
      .describe(
        'When backups are made: a cron expression of five fields, in the time zone of the Kubernetes control plane, usually UTC.',
      ),
    suspend: flag().default(false).describe('Make no backups for now. Existing backups stay.'),
    keep: count(1, 10000, 'backups')
      .default(14)
      .describe('Number of backups that are kept. Older ones are deleted.'),
    timeoutSeconds: count(60, 604800, 'seconds')
      .optional()
      .describe(
        'Seconds that a backup, a verification or a restore may take. The next backup goes on with what a stopped one has copied.\n\n@default - 21600; 3600 for the metadata only',
      ),
    s3: backupStorage('s3').describe('Where the backups go. Keys that are left out are those of `s3`.'),
    restoreFrom: backupStorage('backup.s3').describe(
      'Where a restore reads backups from, if they are those of another cluster. It copies their objects to s3.bucket and storage.path of this cluster.',
    ),
    restore: z
      .strictObject({
        backup: rule(
          z.string().regex(/^\d{8}T\d{6}Z$/),
          'the name of a backup such as 20260701T021500Z',
          '`cdk8s-milvus backups` lists them. `latest` is none: what is declared has to be the same tomorrow.',
        ).describe('Name of the backup.'),
        force: flag()
          .default(false)
          .describe(
            'Replace the metadata in the database; it is kept aside. Without it the database must be empty.',
          ),
      })
      .optional()
      .describe(
        'Restore a backup, with a Job `<name>-restore-<backup>`. As long as this key is set, Milvus is stopped and the CronJobs are suspended; remove it to start Milvus again.\n\n@default - no restore',
      ),
    verify: z
      .strictObject({
        schedule: cronSchedule()
          .optional()
          .describe(
            'When the latest backup is read completely and its checksums are compared: a cron expression.\n\n@default - never; you can start the Job in jobs/',
          ),
      })
      .prefault({})
      .describe('Regular check that the latest backup can be read.'),
    ...workload(RESOURCE_DEFAULTS.backup),
  })
  .prefault({})
  .describe('Backups to S3, and the Jobs in jobs/ that restore, verify and list them.');

export const smokeTest = z
  .strictObject({
    schedule: cronSchedule()
      .optional()
      .describe(
        'When the smoke test runs: a cron expression.\n\n@default - never; you can start the Job in jobs/',
      ),
    timeoutSeconds: count(120, 86400, 'seconds').default(600).describe('Seconds that a smoke test may take.'),
    ...workload(RESOURCE_DEFAULTS.smokeTest),
  })
  .prefault({})
  .describe(
    'The smoke test. It creates a collection, inserts, builds an index, searches, compares the results and drops the collection.',
  );

export const admin = z
  .strictObject({
    enabled: flag().default(false).describe('Deploy the web interface.'),
    replicas: count(1, 100, 'pods').default(1).describe('Number of pods of the web interface.'),
    service: service('The Service `<name>-admin`. The interface asks for no password.', 3000),
    ...workload(RESOURCE_DEFAULTS.admin),
  })
  .prefault({})
  .describe(
    'The web interface milvus-em of Milvus 0.x, which is no longer maintained. It needs the HTTP API of a standalone server; mishards has none.',
  );

const emitted = (what: string) => flag().default(false).describe(`Add ${what}.`);

export const monitoring = z
  .strictObject({
    podMonitor: z
      .strictObject({
        enabled: emitted('a PodMonitor for the push gateways of the servers and for the MySQL exporter'),
        interval: scrapeInterval()
          .default('30s')
          .describe('How often Prometheus scrapes the metrics, such as 30s.'),
        labels: labels()
          .default({})
          .describe('Labels that your Prometheus selects PodMonitors by, e.g. release: prometheus.'),
      })
      .prefault({})
      .describe('What the Prometheus Operator scrapes.'),
    prometheusRule: z
      .strictObject({
        enabled: emitted('a PrometheusRule with alerts, each with a runbook'),
        kubeStateMetrics: flag()
          .default(true)
          .describe(
            'Also alert on Deployments, claims and Jobs. These alerts need the metrics of kube-state-metrics and the kubelet.',
          ),
        labels: labels().default({}).describe('Labels that your Prometheus selects PrometheusRules by.'),
        runbookUrl: rule(z.string().regex(/^https?:\/\/[^\s#]+$/), 'an http or https URL without "#"')
          .optional()
          .describe(
            'URL of a copy of docs/how-to/alerts.md that your people can read. Each alert links to its heading there (annotation `runbook_url`).\n\n@default - no link; the annotation `runbook` has the path and heading',
          ),
      })
      .prefault({})
      .describe('Alerts for Prometheus.'),
    dashboard: z
      .strictObject({
        enabled: emitted('a ConfigMap with a Grafana dashboard'),
        labels: labels()
          .default({ grafana_dashboard: '1' })
          .describe("Labels that Grafana's sidecar finds dashboards by."),
        annotations: annotations()
          .default({})
          .describe('Annotations, e.g. for the folder that the sidecar puts it into.'),
      })
      .prefault({})
      .describe('The dashboard for Grafana.'),
  })
  .prefault({})
  .describe(
    'Objects for the Prometheus Operator and Grafana. Switch on the metrics themselves with milvus.metrics and mysql.exporter.',
  );
