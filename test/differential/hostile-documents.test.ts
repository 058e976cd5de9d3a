// The documents that both engines are compared with break every rule: one that no document breaks would not be compared.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AVISO_IDS, ERRO_IDS, RULES, type RuleId } from '../../src/catalog/rules.ts';
import { throughDuckdb } from './engines.ts';
import { hostileDocuments } from './hostile-documents.ts';

/** Rules that no document can break, and why. */
const OUT_OF_REACH: Partial<Record<RuleId, string>> = {
  BANCO_RECUSOU: 'PostgreSQL raises it, for a row that breaks none of our rules and still does not fit',
};

test('each rule that a document can break is broken by one of the hostile documents, and none is out of reach for nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-hostile-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { rows } = await throughDuckdb(hostileDocuments(), folder);
  const union = (column: string): bigint => rows.reduce((mask, row) => mask | BigInt(row[column] as string), 0n);
  const inMask = <Id extends RuleId>(ids: readonly Id[], mask: bigint): Id[] =>
    ids.filter((_, position) => ((mask >> BigInt(position)) & 1n) === 1n);
  const broken = new Set<RuleId>([...inMask(ERRO_IDS, union('erros')), ...inMask(AVISO_IDS, union('mascara_avisos'))]);
  const unbroken = RULES.map((rule) => rule.id).filter((id) => !broken.has(id));
  assert.deepEqual(unbroken, Object.keys(OUT_OF_REACH));
});
