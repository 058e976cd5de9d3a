// How long each analysis takes on about a million orders, against its bars: 100 ms for 90 days, 1 s for all history (excepted: customers and cohorts of a
// channel or a state).
// Medians of several runs with a warm cache, as PostgreSQL executes it and as runAnalysis answers it; fails (exit 1) when a bar is missed.
//
// usage: npm run bench -- queries [--rows 2050000] [--seed 11] [--url POSTGRESQL_URL] [--runs 5] [--only payments,abc]
//   without --url a warehouse of its own is generated, loaded and thrown away afterwards; with --url that one is only read
//   server  execution as EXPLAIN ANALYZE states it, with the planning time, without its per-node clocks
//   whole   runAnalysis: bounds, query and freshness, rows parsed
//   rows    rows that the scans of the plan produced or threw away; in brackets those of pedidos, itens_pedido and pagamentos
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { ANALYSES, type Analysis, analysisNamed, type AnalysisName } from '../src/catalog/analyses.ts';
import { packagePath } from '../src/lib/paths.ts';
import { generate } from '../src/pipeline/generate.ts';
import { loadFile } from '../src/pipeline/load-file.ts';
import { addDays, addMonths, monthOf } from '../src/pipeline/period.ts';
import {
  type AnalysisFilters,
  bindNames,
  NO_FILTERS,
  resolveParameters,
  runAnalysis,
  SNAPSHOT_SETTINGS,
} from '../src/pipeline/query.ts';
import { settleCohorts } from '../src/storage/cohorts.ts';
import { connect } from '../src/storage/connection.ts';
import { startEmbedded, stopEmbedded } from '../src/storage/embedded/server.ts';
import { migrate } from '../src/storage/migrations.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '2050000' },
    seed: { type: 'string', default: '11' },
    url: { type: 'string' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
  },
});
const RUNS = Number(values.runs);
const AS_OF = new Date('2026-11-20T09:00:00Z');
const BAR_MS = { short: 100, all: 1000 } as const;
const BASE_TABLES = ['pedidos', 'itens_pedido', 'pagamentos'];
const wanted = values.only?.split(',') ?? ANALYSES.map((analysis) => analysis.name);

interface Case {
  readonly period: string;
  readonly narrowed: string;
  readonly filters: AnalysisFilters;
  readonly bar: number;
}

interface Measured {
  readonly server: number;
  readonly whole: number;
  readonly rows: number;
  readonly baseRows: number;
  readonly wholeTables: readonly string[];
}

if (values.url === undefined) await withOwnWarehouse(measureAll);
else await measureAll(values.url);

async function withOwnWarehouse(measure: (url: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-bench-'));
  const home = join(folder, 'home');
  const server = await startEmbedded({ home });
  try {
    const file = join(folder, 'pedidos.csv');
    await generate({ rows: Number(values.rows), seed: Number(values.seed), out: file });
    const owner = await connect(server.url('app'), 'loader');
    await migrate(owner);
    await loadFile(
      { path: file, name: 'pedidos.csv' },
      {
        warehouseUrl: server.url('app'),
        memoryLimit: '1GB',
        threads: 0,
        batchLines: 250_000,
        maxOutageMs: 0,
        reprocess: false,
        reading: { asOf: AS_OF },
      },
    );
    // what autovacuum does by itself within a minute or two
    await owner.query('VACUUM (ANALYZE)');
    await settleCohorts(owner);
    await owner.end();
    await measure(server.url('leitura'));
  } finally {
    await stopEmbedded(home);
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAll(url: string): Promise<void> {
  const client = await connect(url, 'reader');
  try {
    const { rows } = await client.query<{ orders: string; newest: string }>(
      'SELECT count(*) AS orders, max(data_venda)::text AS newest FROM pedidos',
    );
    const newest = rows[0]?.newest ?? '';
    process.stdout.write(
      `${rows[0]?.orders} orders up to ${newest}, median of ${RUNS}, load average ${loadText()}\n\n`,
    );
    print(['analysis', 'period', 'narrowed', 'server ms', 'whole ms', 'rows (base)', '']);
    let missed = 0;
    for (const { name } of ANALYSES.filter((analysis) => wanted.includes(analysis.name))) {
      for (const each of casesUpTo(newest)) {
        const found = await measureCase(client, name, each);
        const isNarrowed = each.narrowed !== '-';
        const isExempt = isNarrowed && (name === 'customers' || name === 'cohorts');
        // what no sums hold, such as the products of a state, is read from the orders: of all history all of them
        const mayReadAll = each.period === 'all';
        const faults = [
          ...(found.whole >= each.bar ? [`over ${each.bar} ms`] : []),
          ...(mayReadAll ? [] : found.wholeTables.map((table) => `reads all of ${table}`)),
        ];
        if (faults.length > 0 && !isExempt) missed += 1;
        print([
          name,
          each.period,
          each.narrowed,
          found.server.toFixed(1),
          found.whole.toFixed(1),
          `${found.rows} (${found.baseRows})`,
          faults.join(', '),
        ]);
      }
    }
    process.stdout.write(`\nload average ${loadText()}\nmissed: ${missed}\n`);
    if (missed > 0) process.exitCode = 1;
  } finally {
    await client.end();
  }
}

/** 90 days by whole months and across them, and all history; each bare, with a channel, with a state. */
function casesUpTo(newest: string): Case[] {
  const lastMonth = monthOf(newest);
  const middle = addDays(addMonths(lastMonth, -1), 14);
  const periods = [
    { period: 'three months', from: addMonths(lastMonth, -3), to: addDays(lastMonth, -1), bar: BAR_MS.short },
    // mid-month to mid-month: the most edge days a period can have
    { period: '90 days', from: addDays(middle, -89), to: middle, bar: BAR_MS.short },
    { period: 'all', from: null, to: null, bar: BAR_MS.all },
  ];
  const narrowings = [
    { narrowed: '-', channels: null, ufs: null },
    { narrowed: '--channel Site', channels: ['Site'], ufs: null },
    { narrowed: '--uf SP', channels: null, ufs: ['SP'] },
  ];
  return periods.flatMap(({ period, from, to, bar }) =>
    narrowings.map(({ narrowed, channels, ufs }) => ({
      period,
      narrowed,
      bar,
      filters: { ...NO_FILTERS, from, to, channels, ufs },
    })),
  );
}

async function measureCase(client: pg.Client, name: AnalysisName, each: Case): Promise<Measured> {
  const analysis = analysisNamed(name);
  const filters = { ...each.filters, statuses: analysis.defaultStatuses, limit: analysis.limit.byDefault };
  const sql = await readFile(packagePath('sql', 'analyses', `${name}.sql`), 'utf8');
  const server: number[] = [];
  const whole: number[] = [];
  let plan: PlanNode = {};
  for (let run = 0; run <= RUNS; run++) {
    const start = performance.now();
    await runAnalysis(client, name, each.filters);
    const elapsed = performance.now() - start;
    const explained = await explain(client, sql, filters, analysis);
    plan = explained.plan;
    // the first round warms the cache
    if (run > 0) {
      whole.push(elapsed);
      server.push(explained.ms);
    }
  }
  const scans = scansOf(plan);
  const isBase = (scan: PlanNode): boolean => BASE_TABLES.includes(scan['Relation Name'] ?? '');
  return {
    server: median(server),
    whole: median(whole),
    rows: sum(scans.map(rowsRead)),
    baseRows: sum(scans.filter(isBase).map(rowsRead)),
    wholeTables: scans
      .filter((scan) => isBase(scan) && scan['Node Type'] === 'Seq Scan' && rowsRead(scan) > 0)
      .map((scan) => scan['Relation Name'] ?? ''),
  };
}

interface PlanNode {
  readonly 'Node Type'?: string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

async function explain(
  client: pg.Client,
  sql: string,
  filters: AnalysisFilters,
  analysis: Analysis,
): Promise<{ plan: PlanNode; ms: number }> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    await client.query(SNAPSHOT_SETTINGS);
    const statement = bindNames(sql, await resolveParameters(client, filters, analysis));
    const { rows } = await client.query<{
      'QUERY PLAN': { Plan: PlanNode; 'Planning Time': number; 'Execution Time': number }[];
    }>(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${statement.text}`, statement.values);
    const result = rows[0]?.['QUERY PLAN'][0];
    return { plan: result?.Plan ?? {}, ms: (result?.['Planning Time'] ?? 0) + (result?.['Execution Time'] ?? 0) };
  } finally {
    await client.query('ROLLBACK');
  }
}

function scansOf(node: PlanNode): PlanNode[] {
  return [...(node['Relation Name'] === undefined ? [] : [node]), ...(node.Plans ?? []).flatMap(scansOf)];
}

function rowsRead(scan: PlanNode): number {
  return Math.round(((scan['Actual Rows'] ?? 0) + (scan['Rows Removed by Filter'] ?? 0)) * (scan['Actual Loops'] ?? 1));
}

function print(cells: readonly string[]): void {
  const widths = [19, 12, 14, 9, 8, 18, 0];
  process.stdout.write(
    `${cells
      .map((cell, index) =>
        index >= 3 && index <= 5 ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd()}\n`,
  );
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function loadText(): string {
  return loadavg()
    .map((load) => load.toFixed(2))
    .join(' ');
}
