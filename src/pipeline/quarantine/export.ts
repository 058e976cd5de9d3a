// The quarantine as a table for correction in a spreadsheet: one line per item in the columns of our own flat CSV, with what is wrong in front.
// It only reads. The cells are protected against what spreadsheets do to numbers and formulas; correction-file.ts undoes the protection.
import { rm } from 'node:fs/promises';
import { ruleById } from '../../catalog/rules.ts';
import { openSession, rows } from '../../engines/duckdb/session.ts';
import {
  EXTRA_ORDER_COLUMNS,
  MONEY_COLUMNS,
  FLAT_COLUMNS,
  LINE_COLUMNS,
  type LineColumn,
} from '../../model/contract.ts';
import type { QuarantineRecord, ReadingFacts } from '../../storage/quarantine-read.ts';
import { protectCell } from './cells.ts';
import { restage } from './restage.ts';
import { makeWorkFolder } from '../work-folder.ts';

export const ID_COLUMN = 'id_quarentena';
export const ORIGINAL_COLUMN = 'original';

export interface CorrectionTable {
  readonly columns: readonly string[];
  readonly lines: readonly (readonly (string | null)[])[];
  /** Records that stand as text only: their profile or mapping is not at hand. */
  readonly textOnly: number;
}

export interface SessionSettings {
  readonly memoryLimit: string;
  readonly threads: number;
}

/** The table for these records. `mapping` is the mapping file of records read with the generic profile. */
export async function correctionTable(
  records: readonly QuarantineRecord[],
  settings: SessionSettings & { readonly isExcelBr: boolean; readonly mapping: string | null },
): Promise<CorrectionTable> {
  const folder = await makeWorkFolder();
  const session = await openSession({ folder, ...settings });
  try {
    const connection = await session.connect();
    const failed = await restage(connection, folder, records, settings.mapping);
    const found = await rows<Record<string, string | null>>(
      connection,
      `SELECT registro, original, ${LINE_COLUMNS.join(', ')} FROM marcadas ORDER BY posicao`,
    );
    connection.closeSync();
    const extras = EXTRA_ORDER_COLUMNS.filter((name) => found.some((line) => line[name] !== null));
    const columns: LineColumn[] = [...FLAT_COLUMNS, ...extras];
    const repeated = repeatedHashes(records);
    const lines = found.map((line) => {
      const record = records[Number(line['registro'])] as QuarantineRecord;
      const id = repeated.has(record.hash) ? `${record.hash}@${record.store}` : record.hash;
      const cells = columns.map((name) => cellOf(line, name, record, settings.isExcelBr));
      const original = line['original'] ?? null;
      return [
        id,
        titlesOf(record),
        remediesOf(record),
        ...cells,
        original === null ? null : protectCell(original, 'text'),
      ];
    });
    return {
      columns: [ID_COLUMN, 'motivos', 'como_corrigir', ...columns, ORIGINAL_COLUMN],
      lines,
      textOnly: failed.length,
    };
  } finally {
    session.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Two stores may hold a record of the very same text. */
function repeatedHashes(records: readonly QuarantineRecord[]): Set<string> {
  const seen = new Set<string>();
  return new Set(
    records.map((record) => record.hash).filter((hash) => (seen.has(hash) ? true : (seen.add(hash), false))),
  );
}

function titlesOf(record: QuarantineRecord): string {
  return record.reasons.map((id) => `${id}: ${ruleById(id)?.title ?? '?'}`).join('; ');
}

function remediesOf(record: QuarantineRecord): string {
  return record.reasons
    .map((id) => ruleById(id)?.comoCorrigir ?? '')
    .filter((remedy) => remedy !== '')
    .join(' | ');
}

const CODES: ReadonlySet<string> = new Set([
  'id_pedido',
  'id_cliente',
  'documento',
  'telefone',
  'cep',
  'sku',
  'produto',
]);
const MONEY: ReadonlySet<string> = new Set(MONEY_COLUMNS);
const TIMES: ReadonlySet<string> = new Set([
  'data_pedido',
  'atualizado_em',
  'pago_em',
  'enviado_em',
  'entregue_em',
  'prazo_entrega',
  'excluido_em',
]);

function cellOf(
  line: Readonly<Record<string, string | null>>,
  name: LineColumn,
  record: QuarantineRecord,
  isExcelBr: boolean,
): string | null {
  let text = line[name] ?? null;
  // Of a line that stays as text, what is known of its order says where the correction belongs.
  if (text === null && line['original'] !== null && name === 'loja') text = record.store || null;
  if (text === null && line['original'] !== null && name === 'id_pedido') text = record.orderId;
  if (text === null) return null;
  if (MONEY.has(name)) return protectCell(moneyCell(text, record.facts, isExcelBr), 'text');
  if (TIMES.has(name)) return protectCell(timeCell(text, record.facts), 'text');
  return protectCell(text, CODES.has(name) ? 'code' : 'text');
}

/** A figure that only its own file made certain ("1.234" among decimal commas) is written so that it is certain alone. */
function moneyCell(text: string, facts: ReadingFacts, isExcelBr: boolean): string {
  let figure = text;
  if (facts.formato_decimal === ',' && /^-?[1-9]\d{0,2}\.\d{3}$/.test(text)) figure = text.replace('.', '');
  if (facts.formato_decimal === 'en' && /^-?\d{1,3}(,\d{3}){1,3}(\.\d{1,2})?$/.test(text))
    figure = text.replaceAll(',', '');
  return isExcelBr && /^-?\d+\.\d{1,2}$/.test(figure) ? figure.replace('.', ',') : figure;
}

/** A date that its file declared to be month first is written as ISO 8601. */
function timeCell(text: string, facts: ReadingFacts): string {
  if (facts.formato_data !== 'mdy') return text;
  return text.replace(
    /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})/,
    (_, month: string, day: string, year: string) => `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`,
  );
}
