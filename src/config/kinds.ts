// The kinds of value a setting can have: how text becomes a value, and how the value is written back.
// A parser returns the value or the sentence that says what it expects; it never throws and never touches the disk.

/** The outcome of parsing: a value, or what was expected (completes "expected ..."). */
export type Parsed<T> = { readonly value: T } | { readonly expected: string };

export interface Kind<T> {
  /** Name for the documentation, e.g. `duration`. */
  readonly name: string;
  parse(text: string): Parsed<T>;
  /** How the value is shown; the inverse of `parse`. */
  show(value: T): string;
}

const show = (value: string | number): string => String(value);

export const folder: Kind<string> = {
  name: 'folder',
  parse: (raw) => (raw.trim() === '' || raw.includes('\0') ? { expected: 'the path of a folder' } : { value: raw }),
  show,
};

export const file: Kind<string> = {
  name: 'file',
  parse: (raw) => (raw.trim() === '' || raw.includes('\0') ? { expected: 'the path of a file' } : { value: raw }),
  show,
};

/** Any text but a blank one. */
export const word: Kind<string> = {
  name: 'text',
  parse: (raw) => (raw.trim() === '' ? { expected: 'a text that is not blank' } : { value: raw }),
  show,
};

/** A secret that cannot be guessed by trying. */
export const secret: Kind<string> = {
  name: 'secret',
  parse: (raw) => (raw.trim().length < 16 ? { expected: 'at least 16 characters' } : { value: raw.trim() }),
  show,
};

/** One or more `host:port`, separated by commas; IPv6 addresses in brackets. The port may be missing: 9092. */
export const hostList: Kind<string> = {
  name: 'list of host:port',
  parse: (raw) => {
    const hosts = raw.split(',').map((part) => part.trim());
    const isHost = (text: string): boolean => {
      const match = /^(?:\[[0-9a-f:.]+\]|[^\s:/@[\]]+)(?::(\d{1,5}))?$/i.exec(text);
      return match !== null && Number(match[1] ?? 9092) >= 1 && Number(match[1] ?? 9092) <= 65_535;
    };
    return hosts.every(isHost) ? { value: hosts.join(',') } : { expected: 'host:port, or several separated by commas' };
  },
  show,
};

/** `postgresql://` URLs; the host may be missing (Unix socket in a parameter). */
export const postgresUrl: Kind<string> = {
  name: 'PostgreSQL URL',
  parse: (raw) => {
    const expected =
      'postgresql://user:password@host:5432/database (characters like @ / # in the password written as %40 %2F %23)';
    if (!/^postgres(ql)?:\/\//i.test(raw) || !URL.canParse(raw)) return { expected };
    const { pathname } = new URL(raw);
    return pathname === '' || pathname === '/' ? { expected: `${expected}, with a database name` } : { value: raw };
  },
  show,
};

/** `sc://host:port/;key=value`; what the parameters mean is up to the client (src/engines/spark/connect/address.ts). */
export const sparkUrl: Kind<string> = {
  name: 'Spark Connect URL',
  parse: (raw) =>
    /^sc:\/\/[^\s]+$/.test(raw)
      ? { value: raw }
      : { expected: 'sc://host:port, with /;token=...;use_ssl=true behind it if needed' },
  show,
};

/** A whole number within bounds, both included; `_` may separate thousands. */
export function integer(min: number, max: number): Kind<number> {
  return {
    name: 'whole number',
    parse: (raw) => {
      const value = /^\d[\d_]*$/.test(raw.trim()) ? Number(raw.trim().replaceAll('_', '')) : Number.NaN;
      return value >= min && value <= max ? { value } : { expected: `a whole number from ${min} to ${max}` };
    },
    show,
  };
}

/** An amount of memory in DuckDB's spelling (`1GB` is 10^9 bytes, `1GiB` is 2^30), not below `least`; kept as text. */
export function memory(least: string): Kind<string> {
  return {
    name: 'memory size',
    parse: (raw) => {
      const match = /^\s*(\d+(?:\.\d+)?)\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)\s*$/i.exec(raw);
      const unit = (match?.[2] ?? '')
        .replace(/^[kmgt]/i, (letter) => letter.toUpperCase())
        .replace(/i?b$/i, (end) => (end.length === 2 ? 'iB' : 'B'));
      const value = `${match?.[1]}${unit}`;
      return match === null || bytesOf(value) < bytesOf(least)
        ? { expected: `a size like 512MB, 1GB or 2GiB, at least ${least}` }
        : { value };
    },
    show,
  };
}

function bytesOf(size: string): number {
  const [, amount, prefix = '', binary] = /^([\d.]+)([KMGT])(i?)B$/.exec(size) ?? [];
  const power = 'KMGT'.indexOf(prefix) + 1;
  return Number(amount) * (binary === 'i' ? 1024 : 1000) ** power;
}

/** A memory size in MiB, the unit of Java's options. */
export function memoryMb(size: string): number {
  return Math.floor(bytesOf(size) / 1024 ** 2);
}

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A length of time such as `500ms`, `30s`, `5min`, `2h`, `7d`; the value is in milliseconds. */
export const duration: Kind<number> = {
  name: 'duration',
  parse: (raw) => {
    const match = /^\s*(\d+)\s*(ms|s|min|h|d)\s*$/i.exec(raw);
    const factor = DURATION_UNITS_MS[match?.[2]?.toLowerCase() ?? ''];
    if (match === null || factor === undefined) return { expected: 'a duration like 500ms, 30s, 5min or 2h' };
    return { value: Number(match[1]) * factor };
  },
  show: (value) => {
    for (const unit of ['h', 'min', 's'] as const) {
      const factor = DURATION_UNITS_MS[unit] ?? 1;
      if (value !== 0 && value % factor === 0) return `${value / factor}${unit}`;
    }
    return `${value}ms`;
  },
};

/** One of a few words. */
export function choice<const C extends string>(...choices: readonly C[]): Kind<C> {
  return {
    name: 'one of ' + choices.join(', '),
    parse: (raw) => {
      const value = choices.find((candidate) => candidate === raw.trim().toLowerCase());
      return value === undefined ? { expected: `one of ${choices.join(', ')}` } : { value };
    },
    show,
  };
}
