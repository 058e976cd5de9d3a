// The checks of `esteira prove` can fail: a failpoint that was missed, and each kind of damage planted in a warehouse that was right, makes a round fail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type pg from 'pg';
import { packagePath } from '../../src/lib/paths.ts';
import { Ground } from '../../src/proof/ground.ts';
import { playRound } from '../../src/proof/prove.ts';
import type { Fault } from '../../src/proof/round.ts';
import { temporaryHome } from '../support/postgres.ts';
import { STACK_CACHE, stackMissing } from '../support/stack.ts';

type Change = (client: pg.Client) => Promise<unknown>;

/** Each statement must change exactly one row, so that nothing is found for want of damage. */
const sql =
  (...statements: string[]): Change =>
  async (client) => {
    for (const statement of statements) {
      const { command, rowCount } = await client.query(statement);
      assert.equal(command === 'ALTER' ? 1 : rowCount, 1, statement);
    }
  };

interface Violation {
  readonly what: string;
  readonly plant: Change;
  readonly found: RegExp;
  readonly undo: Change;
}

const ONE_ORDER = '(loja, id_pedido) = (SELECT loja, id_pedido FROM pedidos ORDER BY id_pedido LIMIT 1)';
const ONE_BATCH = 'id_lote = (SELECT min(id_lote) FROM esteira.lotes)';
const ONE_DAY = `(loja, data_venda, canal, status, uf) = (SELECT loja, data_venda, canal, status, uf FROM pedidos_diarios ORDER BY 1, 2, 3, 4, 5 LIMIT 1)`;
const CHECK = 'CHECK (lidos = aceitos + rejeitados + duplicados + antigos)';

const VIOLATIONS: readonly Violation[] = [
  {
    what: 'a changed cell of one order',
    plant: sql(`UPDATE pedidos SET cidade = cidade || '!' WHERE ${ONE_ORDER}`),
    found: /^current orders: \d+ instead of \d+; missing: \d/,
    undo: sql(`UPDATE pedidos SET cidade = rtrim(cidade, '!') WHERE ${ONE_ORDER}`),
  },
  {
    what: 'a changed row of a rollup',
    plant: sql(`UPDATE pedidos_diarios SET pedidos = pedidos + 1 WHERE ${ONE_DAY}`),
    found: /^pedidos_diarios differs from the aggregate/,
    undo: sql(`UPDATE pedidos_diarios SET pedidos = pedidos - 1 WHERE ${ONE_DAY}`),
  },
  {
    what: 'a changed count in the ledger, without the CHECK that refuses it',
    plant: sql(
      'ALTER TABLE esteira.lotes DROP CONSTRAINT conta_fecha',
      `UPDATE esteira.lotes SET lidos = lidos + 1 WHERE ${ONE_BATCH}`,
    ),
    found: /^a batch does not add up/,
    undo: sql(
      `UPDATE esteira.lotes SET lidos = lidos - 1 WHERE ${ONE_BATCH}`,
      `ALTER TABLE esteira.lotes ADD CONSTRAINT conta_fecha ${CHECK}`,
    ),
  },
  ...(['aceitos', 'rejeitados'] as const).map((count) => ({
    what: `a changed count of ${count} in the ledger that still adds up`,
    plant: sql(`UPDATE esteira.lotes SET lidos = lidos + 1, ${count} = ${count} + 1 WHERE ${ONE_BATCH}`),
    found: /^the ledger counts other versions or rejections/,
    undo: sql(`UPDATE esteira.lotes SET lidos = lidos - 1, ${count} = ${count} - 1 WHERE ${ONE_BATCH}`),
  })),
];

test(
  'a missed failpoint and each kind of planted damage make a round fail, and nothing else does',
  { skip: stackMissing },
  async (t) => {
    const home = temporaryHome();
    const ground = await Ground.open({
      seed: 11,
      cache: STACK_CACHE,
      main: packagePath('src', 'cli', 'main.ts'),
      home,
    });
    t.after(() => ground.close());
    const messages = ground.versions(60);
    await ground.send(messages);
    await ground.consume();
    const good = messages.find(({ isBad }) => !isBad)?.value?.toString() ?? '';
    const play = async (suffer: Fault['suffer'], points: readonly string[] = []): Promise<string | null> =>
      (await playRound(ground, { name: 'planted', points: () => points, suffer }, 0)).failure;
    const nothing = (): Promise<void> => Promise.resolve();

    assert.equal(await play(nothing), null);
    assert.equal(
      await play((round) => Promise.resolve(round.hit('first')), ['first', 'second']),
      'These failpoints were not hit: second.',
    );
    assert.equal(await play((round) => Promise.resolve(round.leaveOut('disk', 'no disk here')), ['disk']), null);
    assert.equal(await play(() => Promise.reject(new Error('a server gave up'))), 'a server gave up');

    for (const { what, plant, found, undo } of [...VIOLATIONS, inQuarantine(good)]) {
      assert.match((await play(async () => ground.inWarehouse(plant).then(nothing))) ?? 'no failure', found, what);
      await ground.inWarehouse(undo);
    }

    const back = sql(
      'UPDATE esteira.posicoes SET posicao = (posicao::bigint - 1)::text WHERE chave = (SELECT min(chave) FROM esteira.posicoes)',
    );
    assert.match((await play(() => ground.inWarehouse(back).then(nothing))) ?? '', /^consuming again read messages/);
    assert.equal(await play(nothing), null);
  },
);

/** A good order in the quarantine, which the ledger has counted there. */
function inQuarantine(original: string): Violation {
  const where = `hash_original = sha256(convert_to('${original.replaceAll("'", "''")}', 'UTF8'))`;
  return {
    what: 'a good order in the quarantine',
    plant: sql(
      `INSERT INTO pedidos_rejeitados SELECT (jsonb_populate_record(q, jsonb_build_object('original', text, 'hash_original', sha256(convert_to(text, 'UTF8'))))).*
         FROM pedidos_rejeitados q, (VALUES ('${original.replaceAll("'", "''")}')) AS v (text) ORDER BY q.hash_original LIMIT 1`,
      `UPDATE esteira.lotes SET lidos = lidos + 1, rejeitados = rejeitados + 1 WHERE ${ONE_BATCH}`,
    ),
    found: /^the quarantine: \d+ instead of \d+; missing: none; not expected: [0-9a-f]{64} /,
    undo: sql(
      `DELETE FROM pedidos_rejeitados WHERE ${where}`,
      `UPDATE esteira.lotes SET lidos = lidos - 1, rejeitados = rejeitados - 1 WHERE ${ONE_BATCH}`,
    ),
  };
}
