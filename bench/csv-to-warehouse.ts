// How long a CSV file takes to become a warehouse, against the floor: bare COPY of the very same output rows into the same empty tables
// with their primary keys. Both alternate in one run on one durable PostgreSQL; medians; the last line is the ratio of the fresh load.
//
// usage: npm run bench -- csv-to-warehouse [--lines 1000000] [--rounds 3] [--scenario fresh|half|changed|unchanged|all]
//   fresh      the warehouse is empty
//   half       half of the orders are there already, as they are in the file
//   changed    half of the orders are there already, each in an older version: all of them are replaced
//   unchanged  all orders are there as they are in the file (another file: the same one would be skipped)
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import type { RowsFile } from '../src/model/batch.ts';
import { generate } from '../src/pipeline/generate.ts';
import { loadFiles } from '../src/pipeline/load-files.ts';
import { DurableServer, median } from './durable-server.ts';

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    scenario: { type: 'string', default: 'all' },
  },
});
const LINES = Number(values.lines);
const ROUNDS = Number(values.rounds);
const AS_OF = new Date('2026-11-01T09:00:00Z');
const BARS = { fresh: 2.5, half: 3, changed: 3, unchanged: 1.5 } as const;
type Scenario = keyof typeof BARS;

const server = await DurableServer.start();
const { folder } = server;
try {
  const files = await makeFiles();
  const rows = await server.outputRows((url) => load(url, files.full));
  const scenarios = (
    values.scenario === 'all' ? ['fresh', 'half', 'changed', 'unchanged'] : [values.scenario]
  ) as Scenario[];
  const seconds: Record<string, number[]> = { floor: [], ...Object.fromEntries(scenarios.map((name) => [name, []])) };
  for (let round = 0; round < ROUNDS; round++) {
    for (const scenario of scenarios) {
      seconds['floor']?.push(await server.measureFloor(rows));
      seconds[scenario]?.push(await measureLoad(scenario, files));
    }
  }
  report(scenarios, seconds, rows);
} finally {
  await server.stop();
}

interface Files {
  readonly full: string;
  readonly same: string;
  readonly half: string;
  readonly older: string;
}

/** The file of the run, the same orders in another file, half of them, and an older version of that half. */
async function makeFiles(): Promise<Files> {
  const files = {
    full: join(folder, 'full.csv'),
    same: join(folder, 'same.csv'),
    half: join(folder, 'half.csv'),
    older: join(folder, 'older.csv'),
  };
  await generate({ rows: LINES, seed: 7, out: files.full });
  const instance = await DuckDBInstance.create(':memory:');
  const duckdb = await instance.connect();
  const from = `FROM read_csv('${files.full}', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', null_padding = true, ignore_errors = true)`;
  const isHalf = 'hash(id_pedido) % 2 = 0';
  await duckdb.run(`COPY (SELECT *, '' AS nota ${from}) TO '${files.same}' (HEADER)`);
  await duckdb.run(`COPY (SELECT * ${from} WHERE ${isHalf}) TO '${files.half}' (HEADER)`);
  await duckdb.run(
    `COPY (SELECT * REPLACE (data_pedido AS atualizado_em, 'Pendente' AS status) ${from} WHERE ${isHalf}) TO '${files.older}' (HEADER)`,
  );
  duckdb.closeSync();
  instance.closeSync();
  return files;
}

/** Seconds until all is loaded and committed; what the settling of the cohorts takes after it is printed. */
async function load(url: string, path: string): Promise<number> {
  const started = performance.now();
  const settlings: number[] = [];
  await loadFiles([{ path, name: path.split('/').at(-1) ?? path }], {
    warehouseUrl: url,
    memoryLimit: '1GB',
    threads: 0,
    batchLines: 100_000,
    maxOutageMs: 0,
    reprocess: false,
    reading: { asOf: AS_OF },
    onProgress: ({ kind }) => {
      if (kind === 'settling') settlings.push(performance.now());
    },
  });
  const ended = performance.now();
  const loaded = settlings[0] ?? ended;
  process.stdout.write(`${' '.repeat(11)}+ ${((ended - loaded) / 1000).toFixed(2)} s for the cohorts\n`);
  return (loaded - started) / 1000;
}

function measureLoad(scenario: Scenario, files: Files): Promise<number> {
  return server.inFreshDatabase(async (url, client) => {
    if (scenario === 'half') await load(url, files.half);
    if (scenario === 'changed') await load(url, files.older);
    if (scenario === 'unchanged') await load(url, files.same);
    await client.query('ANALYZE');
    const { rows: before } = await client.query<{ n: string }>('SELECT count(*) AS n FROM esteira.lotes');
    const taken = await load(url, files.full);
    const { rows } = await client.query<
      Record<string, string>
    >(`SELECT sum(aceitos) AS aceitos, sum(duplicados) AS duplicados, sum(antigos) AS antigos, sum(rejeitados) AS rejeitados
      FROM (SELECT * FROM esteira.lotes ORDER BY confirmado_em OFFSET ${before[0]?.n}) l`);
    process.stdout.write(`${scenario.padEnd(10)} ${taken.toFixed(2)} s  ${JSON.stringify(rows[0])}\n`);
    return taken;
  });
}

function report(scenarios: readonly Scenario[], seconds: Record<string, number[]>, rows: readonly RowsFile[]): void {
  const floor = median(seconds['floor'] ?? []);
  const rowCount = rows.reduce((sum, file) => sum + file.rowCount, 0);
  process.stdout.write(
    `${LINES} lines, ${rowCount} output rows in ${rows.length} tables; medians of ${ROUNDS} rounds\n`,
  );
  process.stdout.write(`bare COPY   ${floor.toFixed(2)} s  ${Math.round(rowCount / floor)} rows/s\n`);
  for (const scenario of scenarios) {
    const taken = median(seconds[scenario] ?? []);
    process.stdout.write(
      `${scenario.padEnd(10)}  ${taken.toFixed(2)} s  ${Math.round(LINES / taken)} lines/s  ratio ${(taken / floor).toFixed(2)} (bar ${BARS[scenario]})\n`,
    );
  }
  const first = scenarios[0];
  if (first) process.stdout.write(`ratio: ${(median(seconds[first] ?? []) / floor).toFixed(2)}\n`);
}
