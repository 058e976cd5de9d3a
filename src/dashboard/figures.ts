// Figures as the page shows them in Portuguese and English, from the exact text of the warehouse. Only charts and comparisons go through a double.
import type { ColumnKind } from '../catalog/analyses.ts';
import type { Language } from '../catalog/metrics.ts';
import { formatCell } from '../pipeline/format/number-formats.ts';
import type { Cell } from '../pipeline/result-cells.ts';

const FIGURES: ReadonlySet<ColumnKind> = new Set(['money', 'count', 'decimal', 'fraction']);

/** A cell in the reader's language: `R$ 1.234,56` or `R$ 1,234.56`. Figures never break over lines. */
export function figure(cell: Cell, kind: ColumnKind, lang: Language): string {
  const text = formatCell(cell, kind);
  if (!FIGURES.has(kind) || cell === null)
    return lang === 'en' && cell !== null ? (englishDate(cell, kind) ?? text) : text;
  const own = lang === 'pt' ? text : text.replaceAll(/[.,]/g, (mark) => (mark === '.' ? ',' : '.')).replace(' %', '%');
  return own.replaceAll(' ', '\u00A0');
}

function englishDate(cell: string, kind: ColumnKind): string | null {
  if (kind === 'date') return cell;
  if (kind === 'month') return cell.slice(0, 7);
  return kind === 'timestamp' ? cell.slice(0, 16).replace('T', ' ') : null;
}

/** Short enough for an axis: `R$ 12 mil`, `1,2 mi`. */
export function shortFigure(value: number, kind: ColumnKind, lang: Language): string {
  const text = new Intl.NumberFormat(lang === 'pt' ? 'pt-BR' : 'en', {
    notation: 'compact',
    maximumFractionDigits: 1,
  }).format(value);
  return kind === 'money' ? `R$\u00A0${text}` : text;
}

/** The change from `before` to `now`; null where there is nothing to compare with. */
export interface Change {
  readonly text: string;
  readonly direction: 'up' | 'down' | 'same';
}

/** Per cent for amounts, percentage points for fractions. */
export function changeOf(now: Cell, before: Cell, kind: ColumnKind, lang: Language): Change | null {
  if (now === null || before === null) return null;
  const isFraction = kind === 'fraction';
  if (!isFraction && Number(before) === 0) return null;
  const raw = isFraction ? (Number(now) - Number(before)) * 100 : (Number(now) / Number(before) - 1) * 100;
  const rounded = Math.round(raw * 10) / 10;
  const shown = new Intl.NumberFormat(lang === 'pt' ? 'pt-BR' : 'en', {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }).format(Math.abs(rounded));
  const unit = isFraction ? (lang === 'pt' ? '\u00A0p.p.' : '\u00A0pp') : lang === 'pt' ? '\u00A0%' : '%';
  if (rounded === 0) return { text: `${shown}${unit}`, direction: 'same' };
  return { text: `${rounded > 0 ? '+' : '−'}${shown}${unit}`, direction: rounded > 0 ? 'up' : 'down' };
}
