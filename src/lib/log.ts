// Structured log lines on standard error: JSON for machines, one readable line on a terminal.
// An event is named noun.verb in the past (`batch.loaded`) and written per batch or per step, never per row.
// Values are scalars that the caller chose: never personal data, never a secret (passwords in URLs are masked as a last net).
import { redactUrls } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFormat = 'json' | 'pretty';
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

/** Names like `batch.loaded`. */
export type EventName = `${string}.${string}`;

export interface Logger {
  debug(event: EventName, fields?: LogFields): void;
  info(event: EventName, fields?: LogFields): void;
  warn(event: EventName, fields?: LogFields): void;
  error(event: EventName, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger;
}

export interface LogOptions {
  readonly level?: LogLevel;
  readonly format?: LogFormat;
  readonly useColor?: boolean;
  /** Receives whole lines with their newline. Default: standard error. */
  readonly write?: (line: string) => void;
  readonly now?: () => Date;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const COLORS: Readonly<Record<LogLevel, number>> = { debug: 90, info: 36, warn: 33, error: 31 };

/** Builds a logger; without options it writes JSON at level info to standard error. */
export function createLogger(options: LogOptions = {}): Logger {
  const { level = 'info', format = 'json', useColor = false, now = () => new Date() } = options;
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const least = LEVELS.indexOf(level);
  const build = (base: LogFields): Logger => {
    const emit =
      (at: LogLevel) =>
      (event: EventName, fields: LogFields = {}) => {
        if (LEVELS.indexOf(at) < least) return;
        const entries = Object.entries({ ...base, ...fields }).filter(([, value]) => value !== undefined);
        write(
          format === 'json' ? jsonLine(now(), at, event, entries) : prettyLine(now(), at, event, entries, useColor),
        );
      };
    return {
      debug: emit('debug'),
      info: emit('info'),
      warn: emit('warn'),
      error: emit('error'),
      with: (fields) => build({ ...base, ...fields }),
    };
  };
  return build({});
}

type Entry = [string, LogFields[string]];

function jsonLine(at: Date, level: LogLevel, event: string, entries: Entry[]): string {
  const fields = Object.fromEntries(entries.map(([key, value]) => [key, plain(value)]));
  return JSON.stringify({ time: at.toISOString(), level, event, ...fields }) + '\n';
}

function prettyLine(at: Date, level: LogLevel, event: string, entries: Entry[], useColor: boolean): string {
  const paint = (code: number, text: string): string => (useColor ? `\u001b[${code}m${text}\u001b[0m` : text);
  const fields = entries.map(([key, value]) => ` ${paint(90, `${key}=`)}${prettyValue(value)}`).join('');
  return `${paint(90, at.toISOString().slice(11, 19))} ${paint(COLORS[level], level.padEnd(5))} ${event}${fields}\n`;
}

function prettyValue(value: LogFields[string]): string {
  const text = String(plain(value));
  return /[\s="]/.test(text) ? JSON.stringify(text) : text;
}

function plain(value: LogFields[string]): string | number | boolean | null | undefined {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'string' ? redactUrls(value) : value;
}
