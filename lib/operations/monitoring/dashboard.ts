import type { Monitored } from './monitored';

/** A row of panels, and the panels in it. */
interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

interface Panel {
  readonly title: string;
  readonly description?: string;
  /** Grafana's name of the unit. */
  readonly unit: string;
  readonly queries: readonly (readonly [expr: string, legend: string])[];
}

/** Grafana's grid has 24 columns. */
const PANEL = { w: 8, h: 7 };
const COLUMNS = 24 / PANEL.w;

/**
 * A Grafana dashboard (schema 39) of a cluster, with what Milvus 1.1.1 really measures. The same configuration gives the
 * same JSON: ids count the panels.
 */
export function dashboard(monitored: Monitored): Record<string, unknown> {
  const { name } = monitored;
  const rows = [
    ...(monitored.gateways ? serverRows(monitored) : []),
    containerRow(monitored),
    ...(monitored.exporter && monitored.mysql !== undefined ? [mysqlRow(monitored, monitored.mysql)] : []),
  ];
  return {
    uid: monitored.dashboardUid,
    title: `Milvus ${name}`,
    tags: ['milvus'],
    schemaVersion: 39,
    editable: false,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' }],
    },
    panels: placed(rows),
  };
}

const rate = (series: string) => `rate(${series}[5m])`;
/** Mean of a summary or histogram over the last minutes. */
const mean = (metric: string, series: string) =>
  `${rate(`${metric}_sum{${series}}`)} / ${rate(`${metric}_count{${series}}`)}`;

function serverRows({ series }: Monitored): Row[] {
  const of = (metric: string, more = '') => `${metric}{${series}${more}}`;
  const server = '{{instance}}';
  return [
    {
      title: 'Searches',
      panels: [
        {
          title: 'Searches per second',
          unit: 'reqps',
          queries: [[rate(of('query_response_summary_count')), server]],
        },
        {
          title: 'Query vectors per second',
          unit: 'ops',
          queries: [[rate(of('query_vector_response_summary_count')), server]],
        },
        {
          title: 'Time of a search',
          unit: 'µs',
          queries: [[mean('query_response_summary', series), server]],
        },
        {
          title: 'Time to search a segment',
          unit: 'µs',
          queries: [
            [mean('search_data_duration_microseconds', `${series},type="index"`), `${server} index`],
            [mean('search_data_duration_microseconds', `${series},type="raw"`), `${server} raw`],
          ],
        },
        {
          title: 'Cache in use',
          description: 'Of cache_size. It is meant to fill up, and stays full.',
          unit: 'percent',
          queries: [[of('cache_usage_bytes'), server]],
        },
        {
          title: 'Accesses to the cache per second',
          unit: 'ops',
          queries: [[rate(of('cache_access_total')), server]],
        },
      ],
    },
    {
      title: 'Writes',
      panels: [
        {
          title: 'Insert requests per second',
          unit: 'reqps',
          queries: [
            [rate(of('add_vectors_request_total', ',outcome="success"')), `${server} succeeded`],
            [rate(of('add_vectors_request_total', ',outcome="fail"')), `${server} failed`],
          ],
        },
        {
          title: 'Time of an insert',
          unit: 'µs',
          queries: [[mean('add_vector_duration_microseconds', series), server]],
        },
        {
          title: 'Time to build an index file',
          unit: 'µs',
          queries: [[mean('build_index_duration_microseconds', series), server]],
        },
        {
          title: 'Time to merge files',
          unit: 'µs',
          queries: [[mean('mem_table_merge_duration_microseconds', series), server]],
        },
        {
          title: 'Data',
          description: 'By the metadata. With S3 indexed segments count for nothing.',
          unit: 'bytes',
          queries: [[`max(${of('data_file_size_bytes')})`, 'data']],
        },
        {
          title: 'Time of an access to the metadata',
          unit: 'µs',
          queries: [[mean('meta_access_duration_microseconds', series), server]],
        },
      ],
    },
    {
      title: 'Servers',
      panels: [
        { title: 'Up since', unit: 's', queries: [[of('keeping_alive_seconds_total'), server]] },
        {
          title: 'Since the last metrics',
          unit: 's',
          queries: [[`time() - push_time_seconds{job="milvus_metrics",${series}}`, server]],
        },
        {
          title: 'Loaded per second',
          unit: 'Bps',
          queries: [[rate(`disk_load_size_bytes_sum{${series}}`), server]],
        },
      ],
    },
  ];
}

function containerRow({ deployments, mysql, namespace, claims }: Monitored): Row {
  const pods = [...Object.values(deployments), ...(mysql === undefined ? [] : [mysql])].join('|');
  const of = `pod=~"(${pods})-.+",container!=""${namespace}`;
  const volumes = `persistentvolumeclaim=~"${claims.join('|')}"${namespace}`;
  return {
    title: 'Containers and volumes',
    panels: [
      {
        title: 'CPU',
        unit: 'short',
        queries: [
          [
            `sum by (pod, container) (${rate(`container_cpu_usage_seconds_total{${of}}`)})`,
            '{{pod}} {{container}}',
          ],
        ],
      },
      {
        title: 'Memory',
        unit: 'bytes',
        queries: [[`container_memory_working_set_bytes{${of}}`, '{{pod}} {{container}}']],
      },
      {
        title: 'Available pods',
        unit: 'short',
        queries: [
          [
            `kube_deployment_status_replicas_available{deployment=~"${Object.values(deployments).join('|')}"${namespace}}`,
            '{{deployment}}',
          ],
        ],
      },
      ...(claims.length === 0
        ? []
        : [
            {
              title: 'Space left on volumes',
              unit: 'percentunit',
              queries: [
                [
                  `kubelet_volume_stats_available_bytes{${volumes}} / kubelet_volume_stats_capacity_bytes{${volumes}}`,
                  '{{persistentvolumeclaim}}',
                ],
              ] as const,
            },
          ]),
    ],
  };
}

function mysqlRow({ namespace }: Monitored, mysql: string): Row {
  const of = `pod=~"${mysql}-.+"${namespace}`;
  return {
    title: 'MySQL',
    panels: [
      {
        title: 'Connections',
        unit: 'short',
        queries: [
          [`mysql_global_status_threads_connected{${of}}`, 'open'],
          [`mysql_global_variables_max_connections{${of}}`, 'allowed'],
        ],
      },
      {
        title: 'Statements per second',
        unit: 'ops',
        queries: [[rate(`mysql_global_status_questions{${of}}`), '{{pod}}']],
      },
    ],
  };
}

// Without braces, which Flux would substitute.
const DATASOURCE = { type: 'prometheus', uid: '$datasource' };

/** Rows and their panels, one below the other. */
function placed(rows: readonly Row[]): object[] {
  let y = 0;
  let id = 0;
  return rows.flatMap(({ title, panels }) => {
    const row = {
      id: ++id,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: 24, h: 1 },
    };
    const first = y + 1;
    y = first + Math.ceil(panels.length / COLUMNS) * PANEL.h;
    return [
      row,
      ...panels.map((panel, index) => ({
        id: ++id,
        type: 'timeseries',
        title: panel.title,
        ...(panel.description === undefined ? {} : { description: panel.description }),
        datasource: DATASOURCE,
        fieldConfig: { defaults: { unit: panel.unit, min: 0 }, overrides: [] },
        gridPos: {
          ...PANEL,
          x: (index % COLUMNS) * PANEL.w,
          y: first + Math.floor(index / COLUMNS) * PANEL.h,
        },
        targets: panel.queries.map(([expr, legendFormat], query) => ({
          refId: String.fromCharCode('A'.charCodeAt(0) + query),
          datasource: DATASOURCE,
          expr,
          legendFormat,
        })),
      })),
    ];
  });
}
