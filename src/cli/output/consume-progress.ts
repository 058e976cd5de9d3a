// What a consumer says while it runs: one line that is rewritten on a terminal, log lines elsewhere (one a batch, never one a message).
import { createLogger, type Logger } from '../../lib/log.ts';
import type { ConsumeProgress } from '../../pipeline/consume/consume.ts';
import { totalLag } from '../../pipeline/lag.ts';
import { counted, formatCountEn } from './counted.ts';
import { drawOver, drawsLine, takeLineAway, type ProgressLine, type ProgressOptions } from './progress-line.ts';
import { unsettledText } from './settle-words.ts';

/** `stream` is stderr. */
export function consumeProgress(stream: NodeJS.WriteStream, options: ProgressOptions): ProgressLine<ConsumeProgress> {
  const log = createLogger({ level: options.level, format: options.format === 'pretty' ? 'pretty' : 'json' });
  const isLine = drawsLine(stream, options);
  let isShown = false;
  let messageCount = 0;
  const startedAt = performance.now();
  return {
    show(progress) {
      if (!isLine) {
        write(log, progress);
        return;
      }
      if (progress.kind === 'loaded') messageCount += progress.messageCount;
      // They happen beside the loading, whose figures stay on the line.
      if (progress.kind === 'settling' || progress.kind === 'settled' || progress.kind === 'gathered') return;
      const text = lineOf(progress, messageCount, (performance.now() - startedAt) / 1000);
      // What went wrong stays to be read; figures are drawn over.
      isShown = progress.kind !== 'unsettled';
      if (isShown) return drawOver(stream, text);
      takeLineAway(stream);
      stream.write(`${text}\n`);
    },
    clear() {
      if (isShown) takeLineAway(stream);
      isShown = false;
    },
  };
}

function lineOf(
  progress: Exclude<ConsumeProgress, { kind: 'settling' | 'settled' | 'gathered' }>,
  messageCount: number,
  seconds: number,
): string {
  switch (progress.kind) {
    case 'assigned':
      return `${counted(progress.partitions.length, 'partition')}, ${counted(totalLag(progress.partitions), 'message')} to read`;
    case 'loaded':
      return `${counted(messageCount, 'message')}, ${formatCountEn(Math.round(messageCount / seconds))}/s, ${formatCountEn(totalLag(progress.partitions))} to read`;
    case 'overtaken':
      return 'another consumer has taken over: reading on from where it is';
    case 'rebalanced':
      return 'the group shares its partitions out anew';
    case 'unsettled':
      return unsettledText(progress.reason);
    case 'answering':
      return `${progress.service} answers again`;
    default:
      return `waiting for ${progress.service}: ${progress.reason}`;
  }
}

function write(log: Logger, progress: ConsumeProgress): void {
  switch (progress.kind) {
    case 'assigned':
      log.info('partitions.assigned', {
        partitions: progress.partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(','),
        lag: Number(totalLag(progress.partitions)),
      });
      break;
    case 'loaded': {
      const { lidos, aceitos, rejeitados, duplicados, antigos } = progress.counts;
      const seconds = Number(progress.seconds.toFixed(3));
      log.info('batch.loaded', {
        messages: progress.messageCount,
        lidos,
        aceitos,
        rejeitados,
        duplicados,
        antigos,
        lag: Number(totalLag(progress.partitions)),
        seconds,
      });
      break;
    }
    case 'overtaken':
      log.warn('batch.overtaken');
      break;
    case 'rebalanced':
      log.info('group.rebalanced');
      break;
    case 'gathered':
    case 'settling':
      break;
    case 'settled':
      log.info('cohorts.settled', { since: progress.since, seconds: Number(progress.seconds.toFixed(3)) });
      break;
    case 'unsettled':
      log.warn('cohorts.unsettled', { reason: progress.reason });
      break;
    case 'waiting':
      log.warn('service.awaited', {
        service: progress.service,
        reason: progress.reason,
        waitSeconds: Number((progress.waitMs / 1000).toFixed(1)),
      });
      break;
    case 'silent':
      log.warn('service.silent', { service: progress.service, reason: progress.reason });
      break;
    case 'answering':
      log.info('service.answers', { service: progress.service });
      break;
  }
}
