// Mapping files: what they may say of a file, and how a mistake in one is told. test/bad-inputs/reading-profiles.test.ts has the ordinary case.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { column, refusal, stage } from './staged.ts';

/** A mapping in a file of its own. */
async function mappingFile(t: TestContext, name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-mapping-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

test('a mapping file that is not there, cannot be read or is no JSON is named with what is wrong', async (t) => {
  const broken = await mappingFile(t, 'mapa.json', '{"columns": ');
  const missing = await refusal('a;b\n', { mapping: `${broken}.nao` });
  assert.equal(missing.code, 'FILE_NOT_FOUND');
  assert.equal(missing.what, `There is no mapping file ${broken}.nao.`);
  assert.doesNotMatch(missing.why, /JSON/);
  const folder = await refusal('a;b\n', { mapping: dirname(broken) });
  assert.equal(folder.code, 'FILE_MAPPING_INVALID');
  assert.doesNotMatch(folder.why + folder.fix, /JSON|Example/);
  for (const [text, says] of [
    ['{"columns": ', /no JSON/],
    ['{"colunas": {}}', /colunas/],
    ['{"columns": {"cor": "x"}}', /cor, which is no column/],
  ] as const) {
    const mapping = await mappingFile(t, 'mapa.json', text);
    const error = await refusal('a;b\n', { mapping });
    assert.equal(error.code, 'FILE_MAPPING_INVALID');
    assert.equal(error.what, `The mapping ${mapping} cannot be used.`);
    assert.match(error.why, says);
  }
});

const MAPPED = { id_pedido: 'N', data_pedido: 'D', status: 'S', produto: 'P', quantidade: 'Q', preco_unitario: 'V' };

test('two spellings of a word that mean the same are no conflict', async () => {
  const found = await stage('N;D;S;P;Q;V\n1;01/02/2026;FEITO;Bola;2;10,00\n', {
    mapping: { columns: MAPPED, constants: { canal: 'Site', loja: 'minha' }, status: { feito: 'Pago', Feito: 'Pago' } },
  });
  assert.deepEqual(column(found, 'status'), ['Pago']);
});

test('one column of the file may stand for two of ours', async () => {
  const found = await stage('N;D;S;P;Q;V\n1;01/02/2026;Pago;Bola;2;10,00\n2;02/02/2026;Pago;;1;5,00\n', {
    mapping: { columns: { ...MAPPED, sku: 'p', status_origem: 'S' }, constants: { canal: 'Site', loja: 'minha' } },
  });
  assert.deepEqual(
    found.rows.map((row) => [row['produto'], row['sku'], row['status'], row['status_origem']]),
    [
      ['Bola', 'Bola', 'Pago', 'Pago'],
      [null, null, 'Pago', 'Pago'],
    ],
  );
});

test('a column that the mapping names and the file lacks is told by the name in the mapping, to be corrected there', async () => {
  const mapping = { columns: { ...MAPPED, cidade: 'Onde' }, constants: { canal: 'Site' } };
  const one = await refusal('N;D;S;P;Q;V\n1;01/02/2026;Pago;Bola;2;10,00\n', { mapping });
  assert.equal(one.code, 'FILE_COLUMN_MISSING');
  assert.match(one.what, /lacks the column "Onde"\.$/);
  assert.match(one.why, /for cidade\. The header has: N, D, S, P, Q, V\./);
  assert.match(one.fix, /^Correct the name under "columns" in the mapping file/);
  const all = await refusal('alfa;beta\n1;2\n', { mapping });
  assert.equal(all.code, 'FILE_PROFILE_UNKNOWN');
  assert.match(all.why, /It names "N", "D", .*The first line is: alfa;beta$/);
  assert.match(all.fix, /mapping file/);
});
