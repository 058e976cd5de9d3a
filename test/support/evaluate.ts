// Support of the tests of the transform's expressions: evaluates SQL over a list of texts in a real DuckDB, thousands at a time.
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

export type Text = string | null;

let connection: Promise<DuckDBConnection> | undefined;

function connect(): Promise<DuckDBConnection> {
  connection ??= DuckDBInstance.create(':memory:', { threads: '1' }).then((instance) => instance.connect());
  return connection;
}

/** Runs a statement on the connection that `evaluate` uses. */
export async function execute(sql: string): Promise<void> {
  await (await connect()).run(sql);
}

/** The value of `expression` for each row, as text; the row's texts are the columns a, b, c. `from` may add joins; the rows are `t`. */
export async function evaluate(
  expression: string,
  rows: readonly (Text | readonly Text[])[],
  from = '',
): Promise<Text[]> {
  const conn = await connect();
  await conn.run('CREATE OR REPLACE TABLE t (n INTEGER, a VARCHAR, b VARCHAR, c VARCHAR)');
  const appender = await conn.createAppender('t');
  rows.forEach((row, index) => {
    const cells = Array.isArray(row) ? (row as readonly Text[]) : [row as Text];
    appender.appendInteger(index);
    for (const place of [0, 1, 2]) {
      const cell = cells[place] ?? null;
      if (cell === null) appender.appendNull();
      else appender.appendVarchar(cell);
    }
    appender.endRow();
  });
  appender.closeSync();
  const reader = await conn.runAndReadAll(`SELECT CAST((${expression}) AS VARCHAR) FROM t ${from} ORDER BY n`);
  return reader.getRowsJson().map(([value]) => (value ?? null) as Text);
}

/** The results by input, for comparing with a table written by hand. */
export async function evaluateTable(expression: string, inputs: readonly string[]): Promise<Record<string, Text>> {
  const results = await evaluate(expression, inputs);
  return Object.fromEntries(inputs.map((input, index) => [input, results[index] ?? null]));
}
