import { valueAt } from '../../mapping';
import type { ParsedConfig } from '../parsed-config';
import { eachOnce, type Problem } from '../problems';
import type { Settings } from '../settings';
import {
  backupPlace,
  claims,
  dataStorage,
  declaredRestore,
  embedded,
  logVolume,
  paths,
  profiles,
} from './data';
import { foreignPorts, reachable, regions, speaksTls, tlsIsOn, tlsNames } from './endpoints';
import { metadata, mysqlConnections, mysqlFiles, mysqlMemory, mysqlName } from './mysql';
import { monitored, policyPeers, ports, services } from './network';
import {
  devices,
  fileSizes,
  replication,
  reservedLabels,
  serverConfigs,
  staticDiscovery,
  versions,
} from './workloads';

/**
 * A rule that needs more than one value: what is wrong with a configuration.
 * @param settings the same with all defaults
 * @param input the same as it was given, to tell what was set from what is a default
 */
type Check = (config: ParsedConfig, settings: Settings, input: unknown) => readonly Problem[];

const CHECKS: readonly Check[] = [
  dataStorage,
  metadata,
  mysqlName,
  logVolume,
  devices,
  staticDiscovery,
  profiles,
  replication,
  policyPeers,
  monitored,
  credentialSources,
  paths,
  ports,
  services,
  regions,
  speaksTls,
  reachable,
  foreignPorts,
  mysqlFiles,
  fileSizes,
  versions,
  mysqlConnections,
  mysqlMemory,
  claims,
  embedded,
  tlsNames,
  tlsIsOn,
  backupPlace,
  declaredRestore,
  reservedLabels,
  serverConfigs,
  unusedMysql,
  unusedByStandalone,
];

/** Checks what the schema can't: one value against another. */
export const crossCheck: Check = (...given) => {
  // A problem of a section that both roles read is found twice.
  return eachOnce(CHECKS.flatMap((check) => check(...given)));
};

// Sections and keys of which there may be one ------------------------------------------------------------------------------

/** Beside another way, an existingSecret would be somebody else's Secret that we overwrite. */
function credentialSources({ s3, backup, mysql, externalMysql }: ParsedConfig): Problem[] {
  const sections = {
    s3,
    'backup.s3': backup.s3,
    'backup.restoreFrom': backup.restoreFrom,
    ...(externalMysql === undefined ? { mysql } : { externalMysql }),
  };
  return Object.entries(sections).flatMap(([section, { credentials } = {}]) => {
    const ways = (['inline', 'externalSecret', 'existingSecret'] as const).filter(
      (way) => credentials?.[way] !== undefined,
    );
    if (ways.length < 2) return [];
    return [
      {
        path: `${section}.credentials`,
        given: ways.join(' and '),
        expected: 'one of existingSecret, externalSecret, inline',
      },
    ];
  });
}

function unusedMysql({ externalMysql }: ParsedConfig, _: Settings, input: unknown): Problem[] {
  if (externalMysql === undefined || !isGiven(input, 'mysql')) return [];
  return [
    {
      path: 'mysql',
      given: 'a value beside externalMysql',
      expected: 'one of mysql and externalMysql',
      fix: 'With externalMysql no MySQL is deployed: leave mysql out (over a base file: mysql: null).',
    },
  ];
}

/** Sections of workloads that a standalone server does not have. */
function unusedByStandalone({ mode }: ParsedConfig, _: Settings, input: unknown): Problem[] {
  if (mode !== 'standalone') return [];
  return ['readonly', 'mishards']
    .filter((section) => isGiven(input, section))
    .map((section) => ({
      path: section,
      given: 'a value with mode: standalone',
      expected: 'none: there is one server, configured under writable',
      fix: `Leave ${section} out (over a base file: ${section}: null), or use mode: cluster.`,
    }));
}

function isGiven(input: unknown, section: string): boolean {
  return (valueAt(input, [section]) ?? undefined) !== undefined;
}
