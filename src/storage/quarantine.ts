// The quarantine's rows: put in, counted again, resolved. Only here, inside the loader's transaction, is a row ever resolved.
import type pg from 'pg';
import type { RowsFile } from '../model/batch.ts';
import { copyIn } from './copy.ts';
import { quoteName } from './quote.ts';
import { makeStaging } from './staging-table.ts';

/**
 * Writes a batch's rejected records and resolves those of which this version or a larger one is valid.
 * `accepted` holds the valid versions of the batch (loja, id_pedido, atualizado_em, revisao).
 */
export async function keepRejected(
  client: pg.Client,
  rejected: RowsFile | null,
  accepted: RowsFile | null,
): Promise<void> {
  if (rejected) {
    await makeStaging(client, 'rejeitados_lote', 'LIKE pedidos_rejeitados INCLUDING DEFAULTS');
    await copyIn(client, 'rejeitados_lote', rejected);
    const names = rejected.columns.map(quoteName).join(', ');
    await client.query(`
      INSERT INTO pedidos_rejeitados AS q (${names}) SELECT ${names} FROM rejeitados_lote
      ON CONFLICT (loja, hash_original) DO UPDATE SET vezes = q.vezes + excluded.vezes,
        -- Only an estimated time can differ: the latest export that shows the record counts, and may show it after the order was thought mended.
        atualizado_em = GREATEST(q.atualizado_em, excluded.atualizado_em),
        situacao = CASE WHEN excluded.atualizado_em > q.atualizado_em AND q.situacao = 'resolvido' THEN 'aberto' ELSE q.situacao END`);
    await client.query(`
      UPDATE pedidos_rejeitados q SET situacao = 'resolvido', situacao_motivo = 'versão igual ou mais nova já aceita', situacao_em = now()
      FROM rejeitados_lote l
      WHERE q.loja = l.loja AND q.hash_original = l.hash_original AND q.situacao = 'aberto'
        AND EXISTS (
          SELECT 1 FROM historico_status h
          LEFT JOIN esteira.vistos v ON v.loja = h.loja AND v.id_pedido = h.id_pedido AND v.revisao = h.revisao AND v.hash_origem = h.hash_origem
          WHERE h.loja = q.loja AND h.id_pedido = q.id_pedido AND (GREATEST(h.atualizado_em, v.visto_em), h.revisao) >= (q.atualizado_em, q.revisao))`);
  }
  if (!accepted) return;
  const { rows } = await client.query<{ open: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM pedidos_rejeitados WHERE situacao = 'aberto' AND id_pedido IS NOT NULL) AS open`,
  );
  if (rows[0]?.open !== true) return;
  await makeStaging(client, 'aceitos_lote', 'loja text, id_pedido text, atualizado_em timestamptz, revisao int');
  await copyIn(client, 'aceitos_lote', accepted);
  await client.query(`
    UPDATE pedidos_rejeitados q SET situacao = 'resolvido', situacao_motivo = 'versão igual ou mais nova aceita', situacao_em = now()
    FROM aceitos_lote a
    WHERE q.situacao = 'aberto' AND q.loja = a.loja AND q.id_pedido = a.id_pedido AND (q.atualizado_em, q.revisao) <= (a.atualizado_em, a.revisao)`);
}

/** Resolves the rows that valid versions of the batch correct by name: also when the correction changed store, number or update time. */
export async function resolveCorrected(client: pg.Client, corrected: RowsFile | null): Promise<void> {
  if (!corrected) return;
  await makeStaging(client, 'corrigidos_lote', 'loja text, hash_original bytea');
  await copyIn(client, 'corrigidos_lote', corrected);
  await client.query(`
    UPDATE pedidos_rejeitados q SET situacao = 'resolvido', situacao_motivo = 'corrigido', situacao_em = now()
    FROM corrigidos_lote c WHERE q.situacao = 'aberto' AND q.loja = c.loja AND q.hash_original = c.hash_original`);
}
