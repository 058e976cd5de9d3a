// The time of every card of the dashboard from PostgreSQL: its queries and its drawing.
import { type Card, type Desk } from '../src/dashboard/card.ts';
import { CARDS } from '../src/dashboard/cards.ts';
import { ReaderPool } from '../src/dashboard/readers.ts';
import { addMonths } from '../src/pipeline/period.ts';
import { NO_FOCUS, type PeriodName, type Scope, scopeOf, type View } from '../src/dashboard/view.ts';
import { LAST_DAY } from './dashboard-data.ts';

const MONTHS_BEFORE = addMonths(LAST_DAY, -3);

/** A period of the past has orders before and after it: it is cut at both ends. */
const SPANS: readonly {
  readonly title: string;
  readonly period: PeriodName;
  readonly day: string;
  readonly isBarred: boolean;
}[] = [
  { title: '30 days', period: '30d', day: LAST_DAY, isBarred: true },
  { title: '30 days of old', period: '30d', day: MONTHS_BEFORE, isBarred: false },
  { title: 'a year', period: '365d', day: LAST_DAY, isBarred: false },
];

/** Prints every card's time from a warehouse of dashboard-data.ts, read at `url`. How many are over the bar for 30 days, or fail. */
export async function measureCards(
  url: string,
  { runs, barMs }: { readonly runs: number; readonly barMs: number },
  print: (text: string) => void,
): Promise<number> {
  const readers = new ReaderPool(url);
  const desk = { readers, broker: { bootstrap: ['127.0.0.1:9'] } };
  const known = await readers.use(async (client) => {
    const { rows } = await client.query<{ oldest: string; newest: string }>(
      'SELECT min(data_venda)::text AS oldest, max(data_venda)::text AS newest FROM pedidos_diarios',
    );
    return { oldest: rows[0]?.oldest ?? null, newest: rows[0]?.newest ?? null, stores: ['loja'] };
  });
  print(
    `\n${['card'.padEnd(22), ...SPANS.map(({ title }) => title.padStart(18))].join(' ')}   ms: median (slowest) of ${runs}`,
  );
  let missed = 0;
  for (const card of CARDS) {
    const shown: string[] = [];
    for (const { title, period, day, isBarred } of SPANS) {
      const view = viewOf(period, card.id === 'cities' ? ['SP'] : null);
      if (card.appears?.(view) === false) continue;
      const times = await timesOf(card, desk, scopeOf(view, known, { day, time: '15:00' }), runs);
      const hasFailed = times instanceof Error;
      if (hasFailed) print(`${card.id}, ${title}: ${times.message}`);
      const isOver = isBarred && (hasFailed || times.middle > barMs);
      if (isOver) missed += 1;
      const text = hasFailed ? 'failed' : `${times.middle.toFixed(0)} (${times.slowest.toFixed(0)})`;
      shown.push(`${text}${isOver ? ' !' : ''}`.padStart(18));
    }
    if (shown.length > 0) print(`${card.id.padEnd(22)} ${shown.join(' ')}`);
  }
  print(`over ${barMs} ms for 30 days: ${missed}`);
  await readers.close();
  return missed;
}

/** Milliseconds of a card, warm; the error when it fails: a statement is cut at the readers' time-out. */
async function timesOf(
  card: Card,
  desk: Desk,
  scope: Scope,
  runs: number,
): Promise<{ readonly middle: number; readonly slowest: number } | Error> {
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const start = performance.now();
    try {
      await card.load(desk, scope);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    // the first one warms the cache
    if (run > 0) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return { middle: times[Math.floor(times.length / 2)] ?? 0, slowest: times.at(-1) ?? 0 };
}

function viewOf(period: PeriodName, ufs: readonly string[] | null): View {
  const nothing = { from: null, to: null, by: null, channels: null, statuses: null, stores: null } as const;
  return { lang: 'pt', period, ...nothing, ufs, focus: NO_FOCUS };
}
