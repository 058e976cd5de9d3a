// What a warehouse must hold after a set of events, folded in plain TypeScript: a second, naive reading of the contract that shares no code with src/.
// It knows only what the tests of exactly-once loading write: our own header, dot decimals, local times without zone, one kind of fault (an unknown status).
import assert from 'node:assert/strict';
import type pg from 'pg';

/** One version of an order as it was written. */
export interface FoldEvent {
  readonly loja: string;
  readonly id: string;
  /** UTC milliseconds. */
  readonly time: number;
  readonly status: string;
  readonly totalCents: number;
  readonly items: readonly string[];
}

export interface Folded {
  /** `loja/id time-in-ms` -> what the current version may be; more than one only when the largest time has several contents. */
  readonly current: ReadonlyMap<string, { readonly time: number; readonly contents: ReadonlySet<string> }>;
  /** Distinct valid versions and distinct rejected contents. */
  readonly historyCount: number;
  readonly rejectedCount: number;
  /** Rejected contents that no valid version of the same or a later time makes void. */
  readonly openCount: number;
  readonly eventCount: number;
}

const KNOWN = new Set(['Pago', 'Pendente', 'Cancelado', 'Reembolsado']);

/** Splits CSV with quoted cells into records. */
export function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (isQuoted) {
      if (c !== '"') cell += c;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (c === '"') isQuoted = true;
    else if (c === ',') {
      record.push(cell);
      cell = '';
    } else if (c === '\n') {
      records.push([...record, cell]);
      record = [];
      cell = '';
    } else cell += c;
  }
  return records;
}

const cents = (text: string): number => Math.round(Number(text) * 100);
/** Local time of São Paulo, which has had no daylight saving time since 2019. */
const utc = (local: string): number => Date.parse(`${local.replace(' ', 'T')}-03:00`);

/** Events of a CSV file: lines of the same order and update time are one version. Without update times every version is of `asOf`. */
export function eventsOfCsv(text: string, asOf?: Date): FoldEvent[] {
  const [header = [], ...lines] = parseCsv(text);
  const groups = new Map<string, FoldEvent & { items: string[] }>();
  for (const line of lines) {
    const cell = (name: string): string => line[header.indexOf(name)] ?? '';
    const time = cell('atualizado_em') === '' ? (asOf?.getTime() ?? NaN) : utc(cell('atualizado_em'));
    const key = `${cell('loja')}/${cell('id_pedido')}/${time}`;
    const known = groups.get(key);
    const item = `${cell('sku')} x ${cell('quantidade')}`;
    if (known) known.items.push(item);
    else
      groups.set(key, {
        loja: cell('loja'),
        id: cell('id_pedido'),
        time,
        status: cell('status'),
        totalCents: cents(cell('valor_total')),
        items: [item],
      });
  }
  return [...groups.values()];
}

const contentOf = (event: FoldEvent): string =>
  `${event.status} ${event.totalCents} ${[...event.items].sort().join('; ')}`;

export function fold(events: readonly FoldEvent[]): Folded {
  const current = new Map<string, { time: number; contents: Set<string> }>();
  const history = new Set<string>();
  const rejected = new Map<string, FoldEvent>();
  for (const event of events) {
    const key = `${event.loja}/${event.id}`;
    const version = `${key} ${event.time} ${contentOf(event)}`;
    if (!KNOWN.has(event.status)) {
      rejected.set(version, event);
      continue;
    }
    history.add(version);
    const known = current.get(key);
    if (!known || known.time < event.time)
      current.set(key, { time: event.time, contents: new Set([contentOf(event)]) });
    else if (known.time === event.time) known.contents.add(contentOf(event));
  }
  const open = [...rejected.values()].filter(
    (event) => (current.get(`${event.loja}/${event.id}`)?.time ?? -Infinity) < event.time,
  );
  return {
    current,
    historyCount: history.size,
    rejectedCount: rejected.size,
    openCount: open.length,
    eventCount: events.length,
  };
}

/** The warehouse holds what the fold says, no order more, none less. */
export async function assertFold(client: Pick<pg.Client, 'query'>, folded: Folded): Promise<void> {
  const { rows } = await client.query<{ chave: string; em: string; conteudo: string }>(`
    SELECT p.loja || '/' || p.id_pedido AS chave, (extract(epoch FROM p.atualizado_em) * 1000)::bigint AS em,
      p.status || ' ' || (p.valor_total * 100)::bigint || ' ' ||
      (SELECT string_agg(i.sku || ' x ' || i.quantidade, '; ' ORDER BY (i.sku || ' x ' || i.quantidade) COLLATE "C") FROM itens_pedido i WHERE i.loja = p.loja AND i.id_pedido = p.id_pedido) AS conteudo
    FROM pedidos p ORDER BY 1`);
  assert.deepEqual(
    rows.map((row) => `${row.chave} ${row.em}`),
    [...folded.current].map(([key, value]) => `${key} ${value.time}`).sort(),
    'current orders',
  );
  for (const row of rows)
    assert.ok(folded.current.get(row.chave)?.contents.has(row.conteudo), `${row.chave}: ${row.conteudo}`);
  const { rows: counts } = await client.query(`
    SELECT (SELECT count(*)::int FROM historico_status) AS history, (SELECT count(*)::int FROM pedidos_rejeitados) AS rejected,
      (SELECT count(*)::int FROM pedidos_rejeitados WHERE situacao = 'aberto') AS open`);
  assert.deepEqual(counts, [{ history: folded.historyCount, rejected: folded.rejectedCount, open: folded.openCount }]);
}
