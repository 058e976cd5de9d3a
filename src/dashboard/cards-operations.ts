// How the pipeline itself is doing: freshness, lag, batches, incidents, quarantine. What it reads is what `esteira status` and
// `esteira quarantine summary` read. No order and no person is named here; a reason leads to its records.
import { ruleById } from '../catalog/rules.ts';
import { readStatus } from '../pipeline/status.ts';
import { summariseQuarantine } from '../storage/quarantine-read.ts';
import { readBatches, readIncidents } from '../storage/status-read.ts';
import { type Card, dataTable, emptyNote, word } from './card.ts';
import { columnsOf } from './columns.ts';
import { html } from './html.ts';
import { NO_FOCUS, queryOf } from './view.ts';
import type { WordName } from './words.ts';

const LAST_BATCHES = 20;
const LAST_INCIDENTS = 20;

const titled = (name: WordName): Pick<Card, 'title' | 'page' | 'about'> => ({
  title: ({ lang }) => word(name, lang),
  page: 'operations',
  about: () => [],
});

export const operationCards: readonly Card[] = [
  {
    ...titled('batches'),
    id: 'batches',
    width: 'full',
    load: async ({ readers }, { view: { lang } }) => {
      const batches = await readers.use((client) => readBatches(client, LAST_BATCHES));
      const table = {
        columns: columnsOf(
          [
            'confirmado_em',
            'fonte',
            'lidos',
            'aceitos',
            'rejeitados',
            'duplicados',
            'antigos',
            'valor_aceito',
            'valor_rejeitado',
            'segundos',
          ],
          lang,
        ),
        rows: batches,
      };
      return {
        table,
        body:
          batches.length === 0 ? emptyNote(lang, 'none') : dataTable(table, { lang, caption: word('batches', lang) }),
      };
    },
  },
  {
    ...titled('reasons'),
    id: 'quarantine',
    width: 'full',
    load: async ({ readers }, { view }) => {
      const { lang, stores } = view;
      const totals = await readers.use((client) =>
        summariseQuarantine(client, { stores, reasons: null, files: null, from: null, to: null, states: ['aberto'] }),
      );
      const table = {
        columns: columnsOf(['motivo', 'titulo', 'registros', 'pedidos', 'valor'], lang),
        rows: totals
          .filter(({ reason, records }) => reason !== null || records !== '0')
          .map(({ reason, records, orders, amount }) => [
            reason,
            reason === null ? word('total', lang) : titleOfRule(reason),
            records,
            orders,
            amount,
          ]),
      };
      return {
        table,
        body:
          table.rows.length === 0
            ? emptyNote(lang, 'none')
            : dataTable(table, {
                lang,
                columns: ['titulo', 'motivo', 'registros', 'pedidos', 'valor'],
                bar: 'valor',
                hasTotal: true,
                link: ([reason]) =>
                  `/quarantine${queryOf(view, { focus: { ...NO_FOCUS, reason: ruleById(reason ?? '') === undefined ? null : (reason ?? null) } })}`,
                caption: word('reasons', lang),
              }),
      };
    },
  },
  {
    ...titled('lag'),
    id: 'lag',
    width: 'half',
    load: async ({ readers, broker }, { view: { lang } }) => {
      const { partitions, kafkaProblem } = await readers.use((client) => readStatus(client, broker));
      const table = {
        columns: columnsOf(['topico', 'grupo', 'particao', 'posicao', 'fila'], lang),
        rows: partitions.map(({ topic, group, partition, position, lag }) => [
          topic,
          group,
          String(partition),
          position,
          lag === null ? null : String(lag),
        ]),
      };
      const notice = kafkaProblem === null ? null : html`<p class="notice">${word('kafkaSilent', lang)}</p>`;
      return {
        table,
        body: html`${notice}${table.rows.length === 0 ? emptyNote(lang, 'none') : dataTable(table, { lang, bar: 'fila', caption: word('lag', lang) })}`,
      };
    },
  },
  {
    ...titled('incidents'),
    id: 'incidents',
    width: 'half',
    load: async ({ readers }, { view: { lang } }) => {
      const incidents = await readers.use((client) => readIncidents(client, LAST_INCIDENTS));
      const table = {
        columns: columnsOf(['ocorrido_em', 'tipo', 'descricao'], lang),
        rows: incidents.map(({ at, kind, description }) => [at, kind, description]),
      };
      return {
        table,
        body:
          incidents.length === 0
            ? emptyNote(lang, 'none')
            : dataTable(table, { lang, caption: word('incidents', lang) }),
      };
    },
  },
];

function titleOfRule(reason: string): string | null {
  return ruleById(reason)?.title ?? null;
}
