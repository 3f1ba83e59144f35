import * as z from 'zod';
import { duration, flag, host, objectName, password, rule, secretKey } from '../rules';

/** Where credentials come from. */

const remoteRefShape = z
  .strictObject({
    key: z.string().min(1).describe('Path or name of the entry in the external store.'),
    property: z
      .string()
      .min(1)
      .optional()
      .describe('Property within the entry.\n\n@default - the whole entry'),
  })
  .meta({ id: 'RemoteRef', description: 'A value in an external store.' });

const remoteRef = (what: string) => remoteRefShape.describe(what);

const secretStoreRef = z
  .strictObject({
    name: objectName().describe('Name of the store.'),
    kind: z.enum(['SecretStore', 'ClusterSecretStore']).default('SecretStore').describe('Kind of the store.'),
  })
  .meta({
    id: 'SecretStoreRef',
    description: 'A SecretStore of the External Secrets Operator.',
  });

const externalSecret = <T extends z.ZodRawShape>(refs: T) =>
  z
    .strictObject({
      secretStoreRef: secretStoreRef.describe(
        'The SecretStore that the External Secrets Operator reads from.',
      ),
      refreshInterval: duration(0)
        .default('1h')
        .describe('How often the operator reads the store again. 0s: only once.'),
      remoteRefs: z.strictObject(refs).describe('Where each credential is in the store.'),
    })
    .describe('Add an ExternalSecret, from which the External Secrets Operator makes the Secret.');

const existingSecret = (fallback: string) =>
  objectName()
    .optional()
    .describe(
      `Name of a Secret that you create yourself; the pods wait for it.\n\n@default - ${fallback}, when neither externalSecret nor inline is given`,
    );

const accessKeyText = (what: string) =>
  rule(z.string().regex(/^\S+$/), `${what}, without spaces`, 'Better: existingSecret.');

export const s3Credentials = z
  .strictObject({
    existingSecret: existingSecret('that of the section'),
    keys: z
      .strictObject({
        accessKey: secretKey().default('access-key').describe('Key in the Secret that holds the access key.'),
        secretKey: secretKey().default('secret-key').describe('Key in the Secret that holds the secret key.'),
      })
      .prefault({})
      .describe('The names of the keys in the Secret.'),
    externalSecret: externalSecret({
      accessKey: remoteRef('The access key in the store.'),
      secretKey: remoteRef('The secret key in the store.'),
    }).optional(),
    inline: z
      .strictObject({
        accessKey: accessKeyText('an access key').describe('The access key.'),
        secretKey: accessKeyText('a secret key').describe('The secret key.'),
      })
      .optional()
      .describe(
        'For development only: the keys themselves. They are written into the manifests, in a Secret.',
      ),
  })
  .meta({
    id: 'S3Credentials',
    description: 'Where the S3 keys come from: one of existingSecret, externalSecret, inline.',
  });

/** @param whose the endpoint, for the descriptions */
export const s3Tls = (whose: string) =>
  z
    .strictObject({
      enabled: flag().default(false).describe(`Use TLS to ${whose}, and verify its certificate.`),
      caSecret: objectName()
        .optional()
        .describe(
          'Secret with the certificate of a private CA, in the key `ca.crt`.\n\n@default - the CAs that the images trust',
        ),
      serverName: host('the host name in the certificate')
        .optional()
        .describe(
          'Name in the certificate, if the address is an IPv4 address. It is sent as SNI and Host.\n\n@default - the address, which then has to be a name',
        ),
    })
    .describe(`TLS to ${whose}.`);

export const mysqlCredentials = z
  .strictObject({
    existingSecret: existingSecret('`<name>-mysql`, or mysql.name'),
    keys: z
      .strictObject({
        rootPassword: secretKey()
          .default('mysql-root-password')
          .describe('Key in the Secret that holds the root password.'),
        password: secretKey()
          .default('mysql-password')
          .describe("Key in the Secret that holds the user's password."),
      })
      .prefault({})
      .describe('The names of the keys in the Secret; the defaults are those of the Helm chart.'),
    externalSecret: externalSecret({
      rootPassword: remoteRef('The root password in the store.'),
      password: remoteRef("The user's password in the store."),
    }).optional(),
    inline: z
      .strictObject({
        rootPassword: password().describe('Password of root@localhost.'),
        password: password().describe('Password of the user that Milvus logs in as.'),
      })
      .optional()
      .describe(
        'For development only: the passwords themselves. They are written into the manifests, in a Secret.',
      ),
  })
  .describe('Where the MySQL passwords come from: one of existingSecret, externalSecret, inline.');

export const externalMysqlCredentials = z
  .strictObject({
    existingSecret: existingSecret('`<name>-mysql`'),
    keys: z
      .strictObject({
        password: secretKey()
          .default('mysql-password')
          .describe("Key in the Secret that holds the user's password."),
      })
      .prefault({})
      .describe('The names of the keys in the Secret.'),
    externalSecret: externalSecret({ password: remoteRef("The user's password in the store.") }).optional(),
    inline: z
      .strictObject({ password: password(false).describe('Password of the user that Milvus logs in as.') })
      .optional()
      .describe('For development only: the password itself. It is written into the manifests, in a Secret.'),
  })
  .describe('Where the MySQL password comes from: one of existingSecret, externalSecret, inline.');
