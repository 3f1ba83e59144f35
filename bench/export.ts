import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startMariadb } from '../test/assets/mariadb';
import { ASSETS, start } from '../test/assets/run';
import { metadataOf, type SampleCollection } from '../test/support/milvus-data';
import { startRadosgw } from '../test/support/radosgw';

/**
 * How fast collections are exported, and with how much memory: beside how fast rclone copies the same objects. A Ceph RADOS
 * gateway keeps all of it on the disk, three times.
 *
 *   node -r tsx/cjs bench/export.ts [--rows 1000000] [--dimension 128] [--segments 4]
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    dimension: { type: 'string', default: '128' },
    segments: { type: 'string', default: '4' },
  },
});
const dimension = Number(values.dimension);
const segments = Number(values.segments);
const rows = Math.floor(Number(values.rows) / segments);
const mebibytes = (rows * segments * (4 * dimension + 8)) / 2 ** 20;

/** Makes the objects of a segment in which every hundredth row is deleted. */
const SEGMENT = `
import array, os, struct, sys
folder, name, rows, dimension = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
os.makedirs(folder)
def put(file, content):
    with open(folder + '/' + file, 'wb') as out:
        out.write(struct.pack('<q', sum(map(len, content))))
        out.writelines(content)
noise = os.urandom(4 * dimension * 1000)
put(name + '.rv', [noise] * (rows // 1000) + [noise[:4 * dimension * (rows % 1000)]])
put(name + '.uid', [array.array('q', range(rows)).tobytes()])
put('deleted_docs', [array.array('i', range(0, rows, 100)).tobytes()])
`;

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-export-'));
  const database = await startMariadb(folder);
  const radosgw = await startRadosgw(10 + Math.ceil((4 * mebibytes) / 1024));
  try {
    const names = Array.from({ length: segments }, (_, index) =>
      String(1600000000000000000n + BigInt(index)),
    );
    const collection: SampleCollection = {
      name: 'bench',
      dimension,
      partitions: { '': names.map((name) => ({ name, ids: [] })) },
    };
    database.sql(
      `CREATE DATABASE milvus; USE milvus; ${metadataOf([collection])} UPDATE TableFiles SET row_count = ${rows - Math.ceil(rows / 100)};
      CREATE USER milvus IDENTIFIED BY 'secret'; GRANT SELECT ON milvus.* TO milvus;`,
    );
    const rclone = (...args: string[]) =>
      execFileSync('rclone', ['--config=', ...args], {
        stdio: 'inherit',
        env: {
          PATH: process.env['PATH'] ?? '',
          RCLONE_CONFIG_S3_TYPE: 's3',
          RCLONE_CONFIG_S3_PROVIDER: 'Ceph',
          RCLONE_CONFIG_S3_ENDPOINT: `http://${radosgw.host}:${radosgw.port}`,
          RCLONE_CONFIG_S3_ACCESS_KEY_ID: radosgw.owner.accessKey,
          RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: radosgw.owner.secretKey,
        },
      });
    for (const bucket of ['milvus', 'elsewhere']) await radosgw.send('PUT', `/${bucket}`);
    const tables = path.join(folder, 'tables/bench');
    mkdirSync(tables, { recursive: true });
    for (const name of names) {
      const args = ['-c', SEGMENT, path.join(tables, name), name, String(rows), String(dimension)];
      execFileSync('python3', args);
      rclone('move', path.join(tables, name), `s3:milvus/var/lib/milvus/db/tables/bench/${name}`);
    }
    const timed = async (what: string, action: () => unknown) => {
      const begun = performance.now();
      await action();
      const seconds = (performance.now() - begun) / 1000;
      console.log(`${what}: ${seconds.toFixed(1)} s, ${(mebibytes / seconds).toFixed(0)} MiB/s`);
    };
    // Through rclone, as from one storage to another.
    await timed('rclone', () => rclone('copy', '--disable=copy', 's3:milvus/var', 's3:elsewhere/var'));
    rclone('delete', 's3:elsewhere');
    const s3 = (prefix: string, bucket: string) => ({
      [`${prefix}S3_ADDRESS`]: radosgw.host,
      [`${prefix}S3_PORT`]: String(radosgw.port),
      [`${prefix}S3_BUCKET`]: bucket,
      [`${prefix}S3_ACCESS_KEY`]: radosgw.owner.accessKey,
      [`${prefix}S3_SECRET_KEY`]: radosgw.owner.secretKey,
    });
    await timed('export', async () => {
      const { code, stdout, stderr } = await start(
        ['/usr/bin/python3', path.join(ASSETS, 'export/milvus_export.py')],
        {
          PYTHONDONTWRITEBYTECODE: '1',
          MYSQL_HOST: '127.0.0.1',
          MYSQL_PORT: String(database.port),
          MYSQL_USER: 'milvus',
          MYSQL_PWD: 'secret',
          MYSQL_DATABASE: 'milvus',
          STORAGE_PATH: '/var/lib/milvus',
          TARGET_PREFIX: 'export/bench',
          ...s3('', 'milvus'),
          ...s3('TARGET_', 'elsewhere'),
        },
      ).ended;
      if (code !== 0) throw new Error(stdout + stderr);
      console.log(stdout, stderr);
    });
  } finally {
    await radosgw.stop();
    await database.stop();
    rmSync(folder, { recursive: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
