import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { follow, lastLines } from './read-log.ts';

test('the last lines of a log are given whole, and a log that does not exist is empty', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'x.log');
  assert.equal(lastLines(log, 10), '');
  writeFileSync(log, 'um\ndois\ntrês\nquatro');
  assert.equal(lastLines(log, 2), 'três\nquatro');
  assert.equal(lastLines(log, 99), 'um\ndois\ntrês\nquatro');
  assert.equal(lastLines(log, 0), '');
});

test('a followed log gives what is appended, also after it was moved away and begun anew', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'x.log');
  writeFileSync(log, 'an old line that is not shown\n');
  const stop = new AbortController();
  const steps = [
    () => appendFileSync(log, 'first\n'),
    () => {
      renameSync(log, `${log}.1`);
      writeFileSync(log, 'second\n');
    },
    () => stop.abort(),
  ];
  let seen = '';
  const done = follow(
    log,
    (text) => {
      seen += text;
      steps.shift()?.();
    },
    stop.signal,
  );
  steps.shift()?.();
  await done;
  assert.equal(seen, 'first\nsecond\n');
});
