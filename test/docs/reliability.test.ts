// docs/reliability.md says what `esteira prove` does: its rounds, how many, and the moments at which loads are interrupted.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { packagePath } from '../../src/lib/paths.ts';
import { faultNames } from '../../src/proof/prove.ts';
import { COMMON_PHASES, PHASES, RARE_PHASES } from '../../src/proof/wire-proxy.ts';

const page = readFileSync(packagePath('docs', 'reliability.md'), 'utf8');
const WORDS: Readonly<Record<string, number>> = {
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
};

test('the matrix names every round of esteira prove, and no other', () => {
  const named = new Set([...page.matchAll(/\bround \*([^*]+)\*/g)].map(([, name]) => name));
  assert.deepEqual(named, new Set(faultNames(true)));
});

test('the page counts rounds and moments as the program does', () => {
  const said = (pattern: RegExp): number => {
    const word = pattern.exec(page)?.[1] ?? '';
    return WORDS[word] ?? Number(word);
  };
  assert.equal(said(/every fault once: (\w+) rounds/), faultNames(true).length);
  assert.equal(said(/--without-spark +# (\w+) rounds/), faultNames(false).length);
  assert.equal(said(/`PHASES` in `[^`]+`: (\d+) of them/), Object.keys(PHASES).length);
  assert.equal(said(/each of the (\d+) moments/), COMMON_PHASES.length);
  assert.equal(said(/the (\d+) rare moments/), RARE_PHASES.length);
});
