// The progress line of an extraction: how many orders, how fast, how many are committed. On a terminal it rewrites one line;
// elsewhere it says something every few seconds, so that a log shows that work goes on.
import type { ExtractProgress } from '../../pipeline/extract.ts';
import type { ExtractTopicProgress } from '../../pipeline/extract-topic.ts';
import type { ExtractTextsProgress } from '../../pipeline/extract-texts.ts';
import type { StoreEvent } from '../../sources/store/source.ts';
import { counted, formatCountEn } from './counted.ts';
import { drawOver, takeLineAway } from './progress-line.ts';
import { SETTLING, unsettledText } from './settle-words.ts';

export interface ExtractProgressLine {
  readonly show: (progress: ExtractProgress) => void;
  readonly showTopic: (progress: ExtractTopicProgress) => void;
  readonly showTexts: (progress: ExtractTextsProgress) => void;
  readonly showEvent: (event: StoreEvent) => void;
  clear(): void;
}

/** A log gets a line this often, a terminal a new figure that often. */
const LOG_EVERY_MS = 10_000;
const REDRAW_EVERY_MS = 100;
/** Stores fail now and then; from this try on a person reading a log wants to know. */
const FIRST_ATTEMPT_TOLD = 3;

/** `stream` is stderr; `name` is the store's. */
export function extractProgress(stream: NodeJS.WriteStream, name: string): ExtractProgressLine {
  const startedAt = performance.now();
  let shownAt = startedAt;
  let isDrawn = false;
  let safe = 0;
  const draw = (text: string): void => {
    if (!stream.isTTY) return;
    drawOver(stream, text);
    isDrawn = true;
  };
  const tell = (text: string): void => {
    if (stream.isTTY) draw(text);
    else stream.write(`${text}\n`);
  };
  const rate = (orderCount: number, pageCount: number, more: string): void => {
    const now = performance.now();
    if (now - shownAt < (stream.isTTY ? REDRAW_EVERY_MS : LOG_EVERY_MS)) return;
    shownAt = now;
    const perSecond = Math.round(orderCount / ((now - startedAt) / 1000));
    tell(
      `${name}: ${counted(orderCount, 'order')} in ${counted(pageCount, 'page')}, ${formatCountEn(perSecond)} orders/s${more}`,
    );
  };
  /** `done` is what became of those that are safe: committed or delivered. */
  const show = (progress: ExtractProgress | ExtractTopicProgress, done: string): void => {
    if (progress.kind === 'started')
      draw(`${name}: ${progress.isResumed ? 'going on where the last run stopped' : 'reading for the first time'}`);
    if (progress.kind === 'loaded') safe = progress.counts.lidos;
    if (progress.kind === 'delivered') safe = progress.deliveredCount;
    if (progress.kind === 'read') rate(progress.orderCount, progress.pageCount, `, ${formatCountEn(safe)} ${done}`);
    if (progress.kind === 'overtaken')
      tell(`${name}: another process is extracting the same store; going on from where it is`);
    if (progress.kind === 'settling') draw(`${name}: ${SETTLING}`);
    if (progress.kind === 'unsettled') {
      if (isDrawn) takeLineAway(stream);
      stream.write(`${name}: ${unsettledText(progress.reason)}\n`);
      isDrawn = false;
    }
    if (progress.kind === 'waiting')
      tell(`waiting for ${progress.reason}; trying again in ${Math.ceil(progress.waitMs / 1000)} s`);
  };
  return {
    show: (progress) => show(progress, 'committed'),
    showTopic: (progress) => show(progress, 'delivered'),
    showTexts({ orderCount, pageCount }) {
      rate(orderCount, pageCount, '');
    },
    showEvent({ event, details }) {
      if (event !== 'request.retried') return;
      const text = `waiting for the store (${details['reason']}); trying again in ${Math.ceil(Number(details['waitMs']) / 1000)} s`;
      if (stream.isTTY) draw(text);
      else if (Number(details['attempt']) >= FIRST_ATTEMPT_TOLD) tell(text);
    },
    clear() {
      if (isDrawn) takeLineAway(stream);
      isDrawn = false;
    },
  };
}
