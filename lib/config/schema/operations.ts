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
      'The volume of the objects.',
      'enabled, 20Gi, ReadWriteOnce, of the default StorageClass',
      { enabled: true, size: '20Gi', accessModes: ['ReadWriteOnce'] },
    ),
    ...workload(RESOURCE_DEFAULTS.minio),
  })
  .prefault({})
  .describe('The embedded MinIO of `s3.embedded`; its root user has the S3 keys.');

/** A place of backups, whose defaults are those of another section. */
const backupStorage = (of: 's3' | 'backup.s3') =>
  z
    .strictObject({
      address: host('a host name or IPv4 address, without scheme, port or path')
        .optional()
        .describe(`Host of another S3 endpoint.\n\n@default - ${of}.address`),
      port: port()
        .optional()
        .describe(`Port of that endpoint.\n\n@default - ${of}.port; with tls of its own 443, or 80`),
      tls: s3Tls('that endpoint')
        .optional()
        .describe(`TLS to that endpoint.\n\n@default - ${of}.tls; none to an address of its own`),
      region: rule(z.string().regex(/^[a-z0-9-]{1,64}$/), 'a region such as eu-central-1')
        .optional()
        .describe(
          `Region that requests to that endpoint are signed for; many storages pass over it.\n\n@default - that of an endpoint of AWS or Wasabi, by its name; ${of === 's3' ? 'otherwise us-east-1' : 'that of backup.s3 at its endpoint; otherwise us-east-1'}`,
        ),
      bucket: bucket()
        .optional()
        .describe(`Bucket of the backups, when it is another one.\n\n@default - ${of}.bucket`),
      prefix: rule(
        z.string().regex(/^(?!(.*\/)?\.{1,2}(\/|$))[\w!.*'()=+@,:~-]+(\/[\w!.*'()=+@,:~-]+)*$/),
        'a prefix of keys such as backup/milvus, without a "/" at either end',
      )
        .optional()
        .describe(
          `Beginning of the keys of the backups in the bucket; outside storage.path.\n\n@default - ${of === 's3' ? 'backup/<name>' : 'backup.s3.prefix'}`,
        ),
      credentials: s3Credentials
        .optional()
        .describe(
          `The keys for it; of a Secret \`<name>-${of === 's3' ? 'backup' : 'restore'}-s3\` unless they say another.\n\n@default - ${of}.credentials`,
        ),
    })
    .prefault({});

export const backup = z
  .strictObject({
    enabled: flag().default(false).describe('Back up metadata and vectors regularly, to S3.'),
    objects: flag()
      .optional()
      .describe(
        "Back up the vectors as well: the objects in S3 that the metadata names, each once for all backups.\n\n@default - true; false with the vectors on a volume, which can't be backed up so",
      ),
    schedule: cronSchedule()
      .default('17 3 * * *')
      .describe(
        'When backups are made, as a cron expression of five fields; in UTC, unless Kubernetes is set otherwise.',
      ),
    suspend: flag().default(false).describe('Make no backups for now; what is there stays.'),
    keep: count(1, 10000, 'backups')
      .default(14)
      .describe('How many backups are kept; older ones are deleted.'),
    timeoutSeconds: count(60, 604800, 'seconds')
      .optional()
      .describe(
        'Seconds that a backup, a verification or a restore may take. What a backup has copied by then the next one need not copy.\n\n@default - 21600; 3600 for the metadata alone',
      ),
    s3: backupStorage('s3').describe('Where the backups go. What is left out is that of `s3`.'),
    restoreFrom: backupStorage('backup.s3').describe(
      'Where the Job of the restore takes backups from: those of another cluster, for a copy of it (its objects go to s3.bucket and storage.path of this one).',
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
          .describe('Replace what is in the database, which otherwise has to be empty. It is kept aside.'),
      })
      .optional()
      .describe(
        'Bring a backup back. While this is there, Milvus is stopped, the CronJobs are suspended, and the Job of the restore is in the manifest, as `<name>-restore-<backup>`. Without it Milvus starts again.\n\n@default - none is brought back',
      ),
    verify: z
      .strictObject({
        schedule: cronSchedule()
          .optional()
          .describe(
            'Read the latest backup again regularly, all bytes of it, and compare checksums.\n\n@default - never; it is a Job in jobs/ that you start',
          ),
      })
      .prefault({})
      .describe('Regular proof that a backup can be read.'),
    ...workload(RESOURCE_DEFAULTS.backup),
  })
  .prefault({})
  .describe('Backups, and the Jobs that restore, verify and list them (in jobs/, started by hand).');

export const smokeTest = z
  .strictObject({
    schedule: cronSchedule()
      .optional()
      .describe(
        'Run the smoke test regularly, as a canary.\n\n@default - never; it is a Job in jobs/ that you start',
      ),
    timeoutSeconds: count(120, 86400, 'seconds').default(600).describe('Seconds that a smoke test may take.'),
    ...workload(RESOURCE_DEFAULTS.smokeTest),
  })
  .prefault({})
  .describe('The smoke test: creates a collection, inserts, indexes, searches, compares, drops.');

export const admin = z
  .strictObject({
    enabled: flag().default(false).describe('Deploy the web interface.'),
    replicas: count(1, 100, 'pods').default(1).describe('Number of pods of the web interface.'),
    service: service('The Service `<name>-admin`. The interface asks for no password.', 3000),
    ...workload(RESOURCE_DEFAULTS.admin),
  })
  .prefault({})
  .describe(
    'The web interface milvus-em of 0.x. It speaks the HTTP of a server, which mishards does not have, and nobody maintains it: for a standalone server, and off by default.',
  );

const emitted = (what: string) => flag().default(false).describe(`Add ${what}.`);

export const monitoring = z
  .strictObject({
    podMonitor: z
      .strictObject({
        enabled: emitted('a PodMonitor for the push gateways beside the servers and the MySQL exporter'),
        interval: scrapeInterval()
          .default('30s')
          .describe('How often Prometheus asks for the metrics, such as 30s.'),
        labels: labels()
          .default({})
          .describe('Labels by which your Prometheus chooses PodMonitors, e.g. release: prometheus.'),
      })
      .prefault({})
      .describe('What the Prometheus Operator scrapes.'),
    prometheusRule: z
      .strictObject({
        enabled: emitted('a PrometheusRule with alerts, each with a runbook'),
        kubeStateMetrics: flag()
          .default(true)
          .describe('Alert on Deployments, claims and Jobs too, by kube-state-metrics and the kubelet.'),
        labels: labels().default({}).describe('Labels by which your Prometheus chooses PrometheusRules.'),
        runbookUrl: rule(z.string().regex(/^https?:\/\/[^\s#]+$/), 'an http or https URL without "#"')
          .optional()
          .describe(
            'Where your people read docs/how-to/alerts.md, in the version that you use: alerts link to their heading in it (annotation `runbook_url`).\n\n@default - no link; the annotation `runbook` has the path and heading',
          ),
      })
      .prefault({})
      .describe('Alerts for Prometheus.'),
    dashboard: z
      .strictObject({
        enabled: emitted('a ConfigMap with a Grafana dashboard'),
        labels: labels()
          .default({ grafana_dashboard: '1' })
          .describe("Labels by which Grafana's sidecar finds dashboards."),
        annotations: annotations()
          .default({})
          .describe('Annotations, e.g. the folder that the sidecar puts it into.'),
      })
      .prefault({})
      .describe('The dashboard for Grafana.'),
  })
  .prefault({})
  .describe(
    'For the Prometheus Operator and Grafana; the metrics themselves are milvus.metrics and mysql.exporter.',
  );
