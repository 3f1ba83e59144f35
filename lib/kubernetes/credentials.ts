import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import { Construct } from 'constructs';
import { ExternalSecret, type ExternalSecretSpecSecretStoreRefKind } from '../../imports/external-secrets.io';
import type { CredentialSettings } from '../config/settings';
import { apiObject } from './objects';

export interface CredentialsProps<Key extends string> {
  readonly metadata: k8s.ObjectMeta;
  readonly credentials: CredentialSettings<Key>;
}

/**
 * The Secret of a credential, when the configuration asks for one: an ExternalSecret that has it made, or (for
 * development) the Secret itself. With an existing Secret there is nothing to emit.
 */
export class Credentials<Key extends string> extends Construct {
  /** The ExternalSecret or the Secret; unset with an existing Secret. */
  public readonly object?: ApiObject;

  public constructor(scope: Construct, id: string, { metadata, credentials }: CredentialsProps<Key>) {
    super(scope, id);
    const { externalSecret, inline, keys, secretName } = credentials;
    const entries = <T>(values: Readonly<Record<Key, T>>) =>
      (Object.entries(keys) as [Key, string][]).map(([name, key]) => [key, values[name]] as const);

    if (externalSecret !== undefined) {
      this.object = apiObject(
        this,
        'ExternalSecret',
        ExternalSecret.manifest({
          metadata,
          spec: {
            refreshInterval: externalSecret.refreshInterval,
            secretStoreRef: {
              name: externalSecret.secretStoreRef.name,
              kind: externalSecret.secretStoreRef.kind as ExternalSecretSpecSecretStoreRefKind,
            },
            target: { name: secretName },
            data: entries(externalSecret.remoteRefs).map(([secretKey, remoteRef]) => ({
              secretKey,
              remoteRef,
            })),
          },
        }),
      );
    } else if (inline !== undefined) {
      this.object = apiObject(
        this,
        'Secret',
        k8s.KubeSecret.manifest({
          metadata,
          type: 'Opaque',
          // data, not stringData: the server never returns the latter, so that each apply would report a change.
          data: Object.fromEntries(
            entries(inline).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
          ),
        }),
      );
    }
  }
}
