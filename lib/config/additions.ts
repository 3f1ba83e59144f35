import { SCRIPTS_DIRECTORY } from '../kubernetes/scripts';
import type { ParsedConfig } from './parsed-config';
import type { Problem } from './problems';
import { IMAGE_DIRECTORY, keepsDataOnVolume } from './settings';
import { isMapping } from './validate';

/** What a pod has already. */
interface Own {
  readonly containers: readonly string[];
  /** Variables of the main container. */
  readonly env: RegExp;
  /** Volumes, and where the main container has them; undefined: nowhere. */
  readonly volumes: Readonly<Record<string, string | undefined>>;
}

function ofServer(config: ParsedConfig, role: 'writable' | 'readonly'): Own {
  const { s3, storage, wal, milvus } = config;
  const onVolume = keepsDataOnVolume(config);
  const adopted = storage.path === IMAGE_DIRECTORY;
  return {
    containers: [
      'milvus',
      'pushgateway',
      's3-tls',
      'wait-for-mysql',
      's3-preflight',
      'volume-preflight',
      'render-config',
    ],
    env: /^POD_NAME$/,
    volumes: {
      'server-config-template': undefined,
      scripts: role === 'readonly' || s3?.tls.enabled === true ? SCRIPTS_DIRECTORY : undefined,
      ...(s3?.tls.enabled === true
        ? { 's3-tls': '/etc/hosts', 's3-tls-alive': '/run/s3-tls', 's3-ca': undefined }
        : {}),
      'server-config': '/run/milvus',
      ...(s3 === undefined ? {} : { tmp: undefined }),
      ...(onVolume && !adopted ? { lock: storage.path } : {}),
      storage: onVolume || adopted ? `${storage.path}/db` : storage.path,
      ...(role === 'writable' && wal.enabled ? { wal: wal.path } : {}),
      logs: milvus.logs.path,
      ...(Object.keys(milvus.extraConfigFiles).length > 0 ? { 'extra-config': undefined } : {}),
    },
  };
}

function ofMishards(): Own {
  return {
    containers: ['mishards', 'wait-for-mysql', 'wait-for-writable'],
    env: /^(WOSERVER|SQLALCHEMY_DATABASE_URI|MYSQL_\w+|SERVER_PORT|MAX_WORKERS|MAX_RETRY|LOG_LEVEL|LOG_PATH|pool_(size|recycle|timeout|pre_ping)|max_overflow|STOP_SECONDS|MISHARDS_COMMANDS|HEALTH_PORT|PYTHON\w+|DISCOVERY_\w+|TRAC(ER|ING)_\w+)$/,
    volumes: {
      scripts: SCRIPTS_DIRECTORY,
      modules: '/opt/cdk8s-milvus-mishards/milvus_proxy',
      tmp: '/tmp',
    },
  };
}

function ofMysql({ mysql }: ParsedConfig): Own {
  return {
    containers: ['mysql', 'metrics'],
    env: /^MYSQL_(DATABASE|USER|(ROOT_)?PASSWORD(_FILE)?|ROOT_HOST|ALLOW_EMPTY_PASSWORD)$/,
    volumes: {
      data: '/var/lib/mysql',
      configuration: '/etc/mysql/conf.d',
      ...(Object.keys(mysql.initializationFiles).length > 0
        ? { initialization: '/docker-entrypoint-initdb.d' }
        : {}),
      credentials: '/run/secrets/cdk8s-milvus',
      scripts: SCRIPTS_DIRECTORY,
      run: '/var/run/mysqld',
      tmp: '/tmp',
    },
  };
}

/** Whether what is added to the pods fits what they have: otherwise it is the apply that fails, or a start. */
export function additions(config: ParsedConfig): Problem[] {
  const pods = {
    writable: ofServer(config, 'writable'),
    readonly: ofServer(config, 'readonly'),
    mishards: ofMishards(),
    mysql: ofMysql(config),
  } as const;
  return (Object.keys(pods) as (keyof typeof pods)[]).flatMap((workload) => {
    const own = pods[workload];
    const added = config[workload];
    const volumes = [...Object.keys(own.volumes), ...added.extraVolumes.map(({ name }) => name)];
    return [
      ...takenNames(workload, added, own),
      ...variables(workload, added.extraEnv, own.env),
      ...mountsOf(`${workload}.extraVolumeMounts`, added.extraVolumeMounts, volumes),
      ...takenPaths(workload, added.extraVolumeMounts, own),
      ...(['extraContainers', 'extraInitContainers'] as const).flatMap((key) =>
        added[key].flatMap((container, index) => {
          const path = `${workload}.${key}[${index}]`;
          return [
            ...credentialsIn(`${path}.env`, container['env']),
            ...mountsOf(`${path}.volumeMounts`, container['volumeMounts'], volumes),
          ];
        }),
      ),
    ];
  });
}

type Added = ParsedConfig['writable'];

function takenNames(
  workload: string,
  added: Pick<Added, 'extraVolumes' | 'extraContainers' | 'extraInitContainers'>,
  own: Own,
): Problem[] {
  const duplicates = (
    lists: readonly (readonly [key: string, items: readonly { readonly name: string }[]])[],
    taken: readonly string[],
    what: string,
  ): Problem[] => {
    const names = new Set(taken);
    return lists.flatMap(([key, items]) =>
      items.flatMap(({ name }, index) => {
        if (!names.has(name)) {
          names.add(name);
          return [];
        }
        return [
          {
            path: `${workload}.${key}[${index}].name`,
            given: JSON.stringify(name),
            expected: `a name that no other ${what} of the pod has (its own: ${taken.join(', ')})`,
          },
        ];
      }),
    );
  };
  return [
    ...duplicates([['extraVolumes', added.extraVolumes]], Object.keys(own.volumes), 'volume'),
    ...duplicates(
      [
        ['extraContainers', added.extraContainers],
        ['extraInitContainers', added.extraInitContainers],
      ],
      own.containers,
      'container',
    ),
  ];
}

function variables(workload: string, env: Added['extraEnv'], own: RegExp): Problem[] {
  const seen = new Set<string>();
  return env.flatMap((variable, index) => {
    const { name, value, valueFrom } = variable;
    const path = `${workload}.extraEnv[${index}]`;
    const problems: Problem[] = [];
    if (own.test(name)) {
      problems.push({
        path: `${path}.name`,
        given: name,
        expected: 'a variable that is not set already',
        fix: 'Use the option that sets it.',
      });
    }
    if (seen.has(name)) {
      problems.push({ path: `${path}.name`, given: name, expected: 'each variable once' });
    }
    seen.add(name);
    if (value !== undefined && valueFrom !== undefined) {
      problems.push({ path, given: 'value and valueFrom', expected: 'one of the two' });
    }
    return [...problems, ...credentialIn(path, variable)];
  });
}

const CREDENTIAL_NAME = /PASSW|SECRET|TOKEN|ACCESS_?KEY|CREDENTIAL/i;

function credentialsIn(path: string, env: unknown): Problem[] {
  return mappings(env).flatMap((variable, index) => credentialIn(`${path}[${index}]`, variable));
}

function credentialIn(path: string, { name, value }: Readonly<Record<string, unknown>>): Problem[] {
  if (value === undefined || value === '' || !CREDENTIAL_NAME.test(String(name))) return [];
  return [
    {
      path: `${path}.value`,
      given: 'a value (not shown: by its name it is a credential)',
      expected: 'valueFrom.secretKeyRef',
      fix: 'Manifests are read by many: put it into a Secret.',
    },
  ];
}

/** Every mount has its volume, or the API server refuses the pod. */
function mountsOf(path: string, mounts: unknown, volumes: readonly string[]): Problem[] {
  return mappings(mounts).flatMap(({ name }, index) =>
    volumes.includes(String(name))
      ? []
      : [
          {
            path: `${path}[${index}].name`,
            given: JSON.stringify(name),
            expected: `a volume of the pod: ${volumes.join(', ')}`,
          },
        ],
  );
}

/** The API server refuses two mounts at one place, too. */
function takenPaths(workload: string, mounts: Added['extraVolumeMounts'], { volumes }: Own): Problem[] {
  const seen = new Map(Object.entries(volumes).map(([name, path]) => [path, name]));
  return mounts.flatMap(({ name, mountPath }, index) => {
    const place = mountPath.replace(/(?<=.)\/+$/, '');
    const owner = seen.get(place);
    seen.set(place, name);
    if (owner === undefined) return [];
    return [
      {
        path: `${workload}.extraVolumeMounts[${index}].mountPath`,
        given: JSON.stringify(mountPath),
        expected: `a place that the container does not have yet: the volume ${owner} is there`,
      },
    ];
  });
}

function mappings(list: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.filter(isMapping) : [];
}
