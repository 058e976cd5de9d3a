// From a reason of rejection to the records it rejected, and to one record with everything that is wrong with it. Originals hold personal data and
// stay off the page: it says which command shows them.
import type { Language } from '../catalog/metrics.ts';
import { type Rule, ruleById } from '../catalog/rules.ts';
import { whyInPortuguese } from '../catalog/rules/why-pt.ts';
import type { ResultTable } from '../pipeline/metrics.ts';
import { listQuarantine, type QuarantineDetail, readDetail, recordExists } from '../storage/quarantine-read.ts';
import { type Card, dataTable, emptyNote, facts, word } from './card.ts';
import { orderHref, recordHref } from './cards-orders.ts';
import { columnsOf } from './columns.ts';
import { figure } from './figures.ts';
import { type Html, html } from './html.ts';
import { NO_FOCUS, queryOf, type View } from './view.ts';

const MOST_RECORDS = 200;
/** As long as `esteira quarantine list` shows them; the command takes it. */
const ID_DIGITS = 12;

const LIST_COLUMNS = ['id', 'pedido', 'loja', 'recebido_em', 'fonte', 'linha', 'motivos', 'valor'] as const;

const recordsCard: Card = {
  id: 'rejected',
  page: 'quarantine',
  width: 'full',
  appears: ({ focus }) => focus.record === null,
  title: ({ lang, focus }) => (focus.reason === null ? word('rejectedOrders', lang) : ruleTitle(focus.reason)),
  about: ({ lang }) => [[word('here', lang), word('rejectedNote', lang)]],
  load: async ({ readers }, { view }) => {
    const { lang, stores, focus } = view;
    const { lines, total } = await readers.use((client) =>
      listQuarantine(
        client,
        {
          stores,
          reasons: focus.reason === null ? null : [focus.reason],
          files: null,
          from: null,
          to: null,
          states: ['aberto'],
        },
        MOST_RECORDS,
      ),
    );
    const table: ResultTable = {
      columns: columnsOf(LIST_COLUMNS, lang),
      rows: lines.map((line) => [
        line.hash.slice(0, ID_DIGITS),
        line.orderId,
        line.store,
        line.receivedAt,
        line.file,
        line.line,
        line.reasons.map(ruleTitle).join(' · '),
        line.amount,
      ]),
    };
    const whole = new Map(lines.map((line) => [line.hash.slice(0, ID_DIGITS), line]));
    const rule = focus.reason === null ? undefined : ruleById(focus.reason);
    const remedy =
      rule === undefined ? null : html`<p class="hint">${withCode(lang === 'pt' ? rule.comoCorrigir : rule.fix)}</p>`;
    if (lines.length === 0) return { table, body: html`${remedy}${emptyNote(lang, 'none')}` };
    const link = (id: string | null): string | null => {
      const line = whole.get(id ?? '');
      return line === undefined ? null : recordHref(view, line.hash, line.store);
    };
    return {
      table,
      body: html`${remedy}${dataTable(table, {
        lang,
        // the reason that was asked for need not be said on every line
        columns: focus.reason === null ? null : ['id', 'pedido', 'loja', 'recebido_em', 'fonte', 'linha', 'valor'],
        link: ([id]) => link(id ?? null),
        caption: word('rejectedOrders', lang),
      })}${total <= lines.length ? null : html`<p class="hint">${figure(String(lines.length), 'count', lang)} ${word('of', lang)} ${figure(String(total), 'count', lang)}. <code>esteira quarantine list</code></p>`}`,
    };
  },
};

const recordCard: Card = {
  id: 'rejected-order',
  page: 'quarantine',
  width: 'full',
  appears: ({ focus }) => focus.record !== null,
  title: ({ lang }) => word('rejectedOrder', lang),
  about: ({ lang }) => [[word('here', lang), word('originalNote', lang)]],
  load: async ({ readers }, { view }) => {
    const { lang } = view;
    const record = view.focus.record ?? '';
    const at = record.indexOf('@');
    // what stood where a store should may have an @ of its own
    const [hash, store] = [record.slice(0, at), record.slice(at + 1)];
    const detail = await readers.use(async (client) =>
      (await recordExists(client, { hash, store })) ? await readDetail(client, { hash, store }) : null,
    );
    const columns = columnsOf(['motivo', 'titulo', 'campo', 'valor_lido', 'como_corrigir'], lang);
    if (detail === null) return { table: { columns, rows: [] }, body: emptyNote(lang, 'noSuchRecord') };
    const rows = detail.reasons.flatMap((id) => {
      const rule = ruleById(id);
      const found = detail.details.filter(({ codigo, campo }) => codigo === id && campo !== null);
      const fix = rule === undefined ? null : lang === 'pt' ? rule.comoCorrigir : rule.fix;
      return (found.length === 0 ? [null] : found).map((each) => [
        id,
        rule?.title ?? null,
        each?.campo ?? null,
        unlessPersonal(each?.valor ?? null),
        fix,
      ]);
    });
    return { table: { columns, rows }, body: recordBody(detail, view) };
  },
};

function recordBody(detail: QuarantineDetail, view: View): Html {
  const { lang } = view;
  const { hash, store, orderId } = detail;
  const place = [
    detail.file,
    detail.line === null ? null : `${word('line', lang)} ${detail.line}`,
    detail.message === null
      ? null
      : `${word('partition', lang)} ${detail.message.partition}, ${word('offset', lang)} ${detail.message.offset}`,
    `${detail.profile}, ${detail.format}`,
  ].filter((text) => text !== null);
  const command = `esteira quarantine show ${hash.slice(0, ID_DIGITS)} --original`;
  const isInWarehouse = detail.current !== null && orderId !== null;
  return html`${facts([
      [word('id', lang), hash.slice(0, ID_DIGITS)],
      [word('situation', lang), detail.stateReason === null ? detail.state : `${detail.state}: ${detail.stateReason}`],
      [word('store', lang), store === '' ? word('unreadable', lang) : store],
      [
        word('order', lang),
        orderId === null ? word('unreadable', lang) : html`<a href="${orderHref(view, orderId, store)}">${orderId}</a>`,
      ],
      [word('totalValue', lang), figure(detail.amount, 'money', lang)],
      [word('saleDay', lang), figure(detail.day, 'date', lang)],
      [word('origin', lang), place.join(' · ')],
      [word('seen', lang), `${figure(String(detail.times), 'count', lang)}×`],
    ])}
    <h3>${word('whyRejected', lang)}</h3>
    <ol class="reasons">
      ${detail.reasons.map((id) => reasonItem(id, detail, view))}
    </ol>
    ${
      detail.warnings.length === 0
        ? null
        : html`<p class="hint">${word('warnings', lang)}: ${detail.warnings.map(ruleTitle).join(' · ')}</p>`
    }
    <h3>${word('inWarehouse', lang)}</h3>
    <p>
      ${
        isInWarehouse
          ? html`<a href="${orderHref(view, orderId, store)}"
              >${detail.current?.status} · ${figure(detail.current?.amount ?? null, 'money', lang)}</a
            >`
          : word('noVersion', lang)
      }
    </p>
    ${
      detail.siblings.length === 0
        ? null
        : html`<p>
            ${word('alsoRejected', lang)}:
            ${detail.siblings.map((other) => html`<a href="${recordHref(view, other.hash, store)}">${other.hash.slice(0, ID_DIGITS)}</a> (${other.state}) `)}
          </p>`
    }
    <h3>${word('original', lang)}</h3>
    <p>${word('originalNote', lang)}</p>
    <p><code>${command}</code></p>`;
}

function reasonItem(id: string, detail: QuarantineDetail, view: View): Html {
  const { lang } = view;
  const rule = ruleById(id);
  const found = detail.details.filter(({ codigo, campo }) => codigo === id && campo !== null);
  return html`<li>
    <p>
      <b>${lang === 'pt' ? (rule?.title ?? id) : withCode(rule?.condition ?? id)}</b>
      <a class="code" href="/quarantine${queryOf(view, { focus: { ...NO_FOCUS, reason: id } })}">${id}</a>
    </p>
    ${found.map(({ campo, valor }) => html`<p class="read"><code>${campo}</code> = <code>${unlessPersonal(valor) ?? word('withheld', lang)}</code></p>`)}
    ${rule === undefined ? null : whyAndFix(rule, lang)}
  </li>`;
}

function whyAndFix(rule: Rule, lang: Language): Html {
  const [why, fix] = lang === 'pt' ? [whyInPortuguese(rule.id) ?? rule.why, rule.comoCorrigir] : [rule.why, rule.fix];
  return html`<dl>
    <dt>${word('why', lang)}</dt>
    <dd>${withCode(why)}</dd>
    <dt>${word('fix', lang)}</dt>
    <dd>${withCode(fix)}</dd>
  </dl>`;
}

/** The catalogue marks names by backticks, as Markdown does. */
function withCode(text: string): Html {
  return html`${text.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}

/** An address, a CPF or CNPJ, a telephone number. */
const PERSONAL = /@|\d{3}\.?\d{3}\.?\d{3}-?\d{2}|\(?\d{2}\)?\s?9?\d{4}-?\d{4}/;

/** What was read in a field, unless it may be somebody's: lines whose cells have moved put an address or a document where a word belongs. */
function unlessPersonal(value: string | null): string | null {
  return value === null || PERSONAL.test(value) ? null : value;
}

function ruleTitle(id: string): string {
  return ruleById(id)?.title ?? id;
}

export const quarantineCards: readonly Card[] = [recordsCard, recordCard];
