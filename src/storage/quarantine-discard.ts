// Takes records out of the open quarantine by a person's decision. The rows stay, with the reason: nothing is ever deleted.
// It never resolves a row: only the loader does.
import type pg from 'pg';
import { fail } from '../catalog/errors.ts';
import { WAREHOUSE_LOCK } from './migrations.ts';
import { shortId, type RecordKey } from './quarantine-read.ts';

/** Marks open records as discarded, all or none. Throws QUARANTINE_STATE when one is resolved or discarded already. */
export async function discardRecords(client: pg.Client, keys: readonly RecordKey[], why: string): Promise<void> {
  await client.query('BEGIN');
  try {
    // The loader may be resolving one of them at this moment.
    await client.query('SELECT pg_advisory_xact_lock($1)', [WAREHOUSE_LOCK]);
    for (const { store, hash } of keys) {
      const { rowCount } = await client.query(
        `UPDATE pedidos_rejeitados SET situacao = 'descartado', situacao_motivo = $3, situacao_em = now()
         WHERE loja = $1 AND hash_original = decode($2, 'hex') AND situacao = 'aberto'`,
        [store, hash, why],
      );
      if (rowCount === 1) continue;
      throw fail('QUARANTINE_STATE', {
        what: `The record ${shortId(hash)} is not open any more; nothing was discarded.`,
        why: 'It was resolved by an accepted version, or discarded before.',
        fix: `See it with "esteira quarantine show ${shortId(hash)}" and leave it out.`,
      });
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
