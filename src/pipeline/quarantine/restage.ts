// Takes originals of the quarantine apart again, as their file was read: each line in the contract's columns, marked with its record.
// It fills the table `marcadas` of a DuckDB session. A line that cannot be taken apart stays as text. It judges nothing and never reads the warehouse.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { documentsOfJson } from '../../engines/duckdb/json-documents.ts';
import { rows, run } from '../../engines/duckdb/session.ts';
import { EsteiraError } from '../../lib/errors.ts';
import { ITEM_COLUMNS, LINE_COLUMNS, ORDER_COLUMNS, PAYMENT_COLUMNS } from '../../model/contract.ts';
import { stageFile } from '../../sources/files/index.ts';
import { SEPARATORS, type Separator } from '../../sources/files/header.ts';
import { RecordScanner, splitRecord } from '../../sources/files/scan.ts';
import type { QuarantineRecord } from '../../storage/quarantine-read.ts';

/** A line of a record: `record` is the index of the record, `position` orders its lines (in `restage`) or the lines of all records (in correction-file.ts). */
export interface MarkedLine {
  readonly record: number;
  readonly position: number;
  readonly text: string;
}

/** Reasons of records of which at least one line cannot be taken apart. */
export const UNREADABLE_REASONS: readonly string[] = ['LINHA_CAMPOS', 'JSON_INVALIDO'];

/** (Re)makes `marcadas` (registro, posicao, problema, original, the contract's line columns). */
export async function makeMarked(connection: DuckDBConnection): Promise<void> {
  await run(
    connection,
    `CREATE OR REPLACE TABLE marcadas (registro INTEGER, posicao BIGINT, problema VARCHAR, original VARCHAR, ${LINE_COLUMNS.map((name) => `${name} VARCHAR`).join(', ')})`,
  );
}

/**
 * Fills `marcadas` with the lines of all records, in the order of the records and of the lines in them. `mapping` is for records that were read with the generic profile.
 * Returns the indexes of records that could not be taken apart for want of a profile or mapping: they have one line with their whole original.
 */
export async function restage(
  connection: DuckDBConnection,
  folder: string,
  records: readonly QuarantineRecord[],
  mapping: string | null,
): Promise<number[]> {
  await makeMarked(connection);
  const groups = Map.groupBy(
    records.map((record, index) => ({ record, index })),
    ({ record }) =>
      JSON.stringify(
        record.format === 'jsonl'
          ? ['jsonl']
          : [record.profile, record.header, record.store, record.facts.mapping ?? null],
      ),
  );
  const failed: number[] = [];
  for (const group of groups.values()) {
    const isJson = group[0]?.record.format === 'jsonl';
    if (isJson) await restageJson(connection, group);
    else failed.push(...(await restageLines(connection, folder, group, mapping)));
  }
  // until here a position counts the lines of its own record, however many there are
  await run(
    connection,
    'CREATE OR REPLACE TABLE marcadas AS SELECT * REPLACE (row_number() OVER (ORDER BY registro, posicao) AS posicao) FROM marcadas',
  );
  return failed;
}

type Group = readonly { readonly record: QuarantineRecord; readonly index: number }[];

async function restageLines(
  connection: DuckDBConnection,
  folder: string,
  group: Group,
  mapping: string | null,
): Promise<number[]> {
  const first = group[0]?.record;
  if (first === undefined || first.header === null) {
    await keepAsText(
      connection,
      group.map(({ record, index }) => ({ record: index, position: 0, text: record.original })),
      first,
    );
    return group.map(({ index }) => index);
  }
  const separator = separatorOf(first.header);
  const good: MarkedLine[] = [];
  const broken: MarkedLine[] = [];
  for (const { record, index } of group) {
    for (const [offset, line] of splitOriginal(record.original, separator, first.header).entries()) {
      (line.isWhole ? good : broken).push({
        record: index,
        position: offset,
        text: line.text,
      });
    }
  }
  await keepAsText(connection, broken, first);
  if (good.length === 0 || (await stageGood(connection, folder, first, separator, good, mapping))) return [];
  await keepAsText(connection, good, first);
  return [...new Set(good.map((line) => line.record))];
}

/** Stages whole lines with their header and copies them to `marcadas`; false when they cannot be read with their profile. */
async function stageGood(
  connection: DuckDBConnection,
  folder: string,
  like: QuarantineRecord,
  separator: Separator,
  lines: readonly MarkedLine[],
  mapping: string | null,
): Promise<boolean> {
  const path = join(folder, 'quarentena.csv');
  await writeFile(path, `${like.header}\n${lines.map((line) => line.text).join('\n')}\n`, { mode: 0o600 });
  const known = like.facts.mapping;
  const given =
    mapping ?? (typeof known === 'string' || (typeof known === 'object' && known !== null) ? known : undefined);
  const isGeneric = like.profile === 'generic';
  if (isGeneric && given === undefined) return false;
  try {
    const staged = await stageFile(
      connection,
      { path, name: like.file },
      {
        tempDir: folder,
        loja: like.store || undefined,
        separator,
        encoding: 'utf-8',
        dateOrder: like.facts.formato_data ?? 'iso',
        ...(isGeneric ? { mapping: given } : { profile: like.profile }),
      },
    );
    const isComplete = staged.linesRead === lines.length && staged.linesIgnored === 0;
    if (isComplete) {
      await run(connection, 'CREATE OR REPLACE TABLE ordem (rid BIGINT, registro INTEGER, posicao BIGINT)');
      const appender = await connection.createAppender('ordem');
      lines.forEach((line, rid) => {
        appender.appendBigInt(BigInt(rid));
        appender.appendInteger(line.record);
        appender.appendBigInt(BigInt(line.position));
        appender.endRow();
      });
      appender.closeSync();
      await run(
        connection,
        `INSERT INTO marcadas SELECT o.registro, o.posicao, l.problema, NULL, ${LINE_COLUMNS.map((name) => `l.${name}`).join(', ')} FROM linhas l JOIN ordem o ON o.rid = l.rowid`,
      );
    }
    await staged.close();
    return isComplete;
  } catch (error) {
    // A profile that is gone, a mapping that no longer fits: the text is kept as it is.
    if (error instanceof EsteiraError) return false;
    throw error;
  }
}

async function keepAsText(
  connection: DuckDBConnection,
  lines: readonly MarkedLine[],
  like: QuarantineRecord | undefined,
): Promise<void> {
  if (lines.length === 0) return;
  const problem = like?.format === 'jsonl' ? 'JSON_INVALIDO' : 'LINHA_CAMPOS';
  const appender = await connection.createAppender('marcadas');
  for (const line of lines) {
    appender.appendInteger(line.record);
    appender.appendBigInt(BigInt(line.position));
    appender.appendVarchar(problem);
    appender.appendVarchar(line.text);
    for (let column = 0; column < LINE_COLUMNS.length; column++) appender.appendNull();
    appender.endRow();
  }
  appender.closeSync();
}

/** The separator that makes the most of the header. */
function separatorOf(header: string): Separator {
  const cells = (separator: string): number => splitRecord(header, separator).length;
  return SEPARATORS.reduce((best, separator) => (cells(separator) > cells(best) ? separator : best), SEPARATORS[0]);
}

function splitOriginal(original: string, separator: Separator, header: string): { text: string; isWhole: boolean }[] {
  const expected = splitRecord(header, separator).length;
  const bytes = Buffer.from(original, 'utf8');
  const lines: { text: string; isWhole: boolean }[] = [];
  new RecordScanner(separator.charCodeAt(0), 1, expected).scan(bytes, 0, bytes.length, true, (span) => {
    lines.push({
      text: bytes.toString('utf8', span.start, span.end),
      isWhole: span.fields === expected && !span.isMalformed && span.openQuoteLine === 0,
    });
  });
  return lines;
}

/** Fields of an item or payment in a document -> their column in a line. */
const LINE_NAMES: Readonly<Record<string, string>> = {
  desconto_item: 'desconto',
  forma_pagamento: 'forma',
  valor_pagamento: 'valor',
};

async function restageJson(connection: DuckDBConnection, group: Group): Promise<void> {
  await makeJsonLines(connection, group);
  await documentsOfJson(
    connection,
    { kind: 'contiguous', from: 0, to: group.length },
    { decimalFormat: null, dateFormat: null, hasAddress: true, receivedAt: '2000-01-01 00:00:00' },
    'documentos_json',
  );
  const bad = await rows<{ ordinal: string }>(
    connection,
    'SELECT ordinal FROM documentos_json WHERE problemas IS NOT NULL ORDER BY ordinal',
  );
  await keepAsText(
    connection,
    bad.map(({ ordinal }) => {
      const { record, index } = group[Number(ordinal)] as Group[number];
      return { record: index, position: 0, text: record.original };
    }),
    group[0]?.record,
  );
  const cell = (name: string): string => {
    const inside = LINE_NAMES[name] ?? name;
    if ((ITEM_COLUMNS as readonly string[]).includes(name)) return `itens[k].${inside}`;
    return (PAYMENT_COLUMNS as readonly string[]).includes(name) ? `pagamentos[k].${inside}` : name;
  };
  await run(
    connection,
    `
    INSERT INTO marcadas BY NAME
    SELECT l.registro, k AS posicao, ${[...ORDER_COLUMNS, ...ITEM_COLUMNS, ...PAYMENT_COLUMNS].map((name) => `${cell(name)} AS ${name}`).join(', ')}
    FROM (SELECT *, unnest(range(1, 1 + GREATEST(COALESCE(len(itens), 0), COALESCE(len(pagamentos), 0), 1))) AS k FROM documentos_json WHERE problemas IS NULL) d
    JOIN linhas_json_marcadas l ON l.rowid = d.ordinal`,
  );
}

/** Makes `linhas_json` with the originals of these records, one a row, in their order; `linhas_json_marcadas` also knows the record. */
export async function makeJsonLines(connection: DuckDBConnection, group: Group): Promise<void> {
  await run(
    connection,
    'DROP VIEW IF EXISTS linhas_json; CREATE OR REPLACE TABLE linhas_json_marcadas (registro INTEGER, linha BIGINT, texto VARCHAR)',
  );
  const appender = await connection.createAppender('linhas_json_marcadas');
  for (const { record, index } of group) {
    appender.appendInteger(index);
    appender.appendBigInt(BigInt(record.line ?? 0));
    appender.appendVarchar(record.original);
    appender.endRow();
  }
  appender.closeSync();
  await run(
    connection,
    'CREATE OR REPLACE VIEW linhas_json AS SELECT rowid AS rowid, linha, texto, NULL::VARCHAR AS problema FROM linhas_json_marcadas',
  );
}
