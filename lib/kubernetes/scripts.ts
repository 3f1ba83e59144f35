import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import { Construct } from 'constructs';
import { asset } from './assets';
import { apiObject } from './objects';
import { configMapVolume } from './pod';

/** Where pods see the scripts. */
export const SCRIPTS_DIRECTORY = '/opt/cdk8s-milvus';
const VOLUME = 'scripts';

export interface ScriptsProps {
  readonly metadata: k8s.ObjectMeta;
  /** Files in assets/; their base names must differ. */
  readonly files: readonly string[];
}

/** The ConfigMap with the scripts that run in the pods. */
export class Scripts extends Construct {
  public readonly configMap: ApiObject;

  public constructor(scope: Construct, id: string, props: ScriptsProps) {
    super(scope, id);
    this.configMap = apiObject(
      this,
      'ConfigMap',
      k8s.KubeConfigMap.manifest({
        metadata: props.metadata,
        data: Object.fromEntries(props.files.map((file) => [baseName(file), asset(file)])),
      }),
    );
    this.node.defaultChild = this.configMap;
  }

  /** A volume with the scripts that a pod runs, and no others, from the ConfigMap of that name. */
  public static volume(configMap: string, files: readonly string[]): k8s.Volume {
    return configMapVolume(VOLUME, configMap, files.map(baseName));
  }

  public static mount(): k8s.VolumeMount {
    return { name: VOLUME, mountPath: SCRIPTS_DIRECTORY, readOnly: true };
  }

  /** Path of a script inside a pod. */
  public static path(file: string): string {
    return `${SCRIPTS_DIRECTORY}/${baseName(file)}`;
  }
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
