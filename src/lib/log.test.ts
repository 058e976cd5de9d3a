import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './log.ts';
import { redactUrls } from './redact.ts';

const now = (): Date => new Date('2026-11-23T12:34:56.789Z');

function capture(options: Parameters<typeof createLogger>[0] = {}): {
  lines: string[];
  log: ReturnType<typeof createLogger>;
} {
  const lines: string[] = [];
  return { lines, log: createLogger({ now, write: (line) => lines.push(line), ...options }) };
}

test('a JSON line carries time, level, event and the fields', () => {
  const { lines, log } = capture();
  log.with({ batch: 'a1' }).info('batch.loaded', { rows: 3, ignored: undefined });
  assert.deepEqual(lines, [
    '{"time":"2026-11-23T12:34:56.789Z","level":"info","event":"batch.loaded","batch":"a1","rows":3}\n',
  ]);
});

test('levels below the chosen one are silent', () => {
  const { lines, log } = capture({ level: 'warn' });
  log.info('batch.loaded');
  log.error('batch.refused');
  assert.equal(lines.length, 1);
});

test('a pretty line is one line, quoted where needed', () => {
  const { lines, log } = capture({ format: 'pretty' });
  log.warn('port.changed', { why: 'port 5432\nis taken', port: 5433 });
  assert.deepEqual(lines, ['12:34:56 warn  port.changed why="port 5432\\nis taken" port=5433\n']);
});

test('passwords in URLs never reach a log line', () => {
  const { lines, log } = capture();
  log.info('warehouse.chosen', { url: 'postgresql://app:s3cret@db:5432/ecommerce' });
  assert.ok(!lines.join('').includes('s3cret'));
});

test('redaction masks the password only', () => {
  assert.equal(
    redactUrls('at postgresql://app:p%40ss@h:1/d?sslmode=require now'),
    'at postgresql://app:***@h:1/d?sslmode=require now',
  );
  assert.equal(redactUrls('postgresql://h/d?user=a&password=abc&x=1'), 'postgresql://h/d?user=a&password=***&x=1');
  assert.equal(redactUrls('postgresql://app@h/d'), 'postgresql://app@h/d');
  assert.equal(redactUrls('http://h:80/a@b'), 'http://h:80/a@b');
  assert.equal(redactUrls('postgresql://app:pa@ss@h/d'), 'postgresql://app:***@h/d');
});
