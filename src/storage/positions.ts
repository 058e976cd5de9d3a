// How far a source was read (esteira.posicoes), inside the loader's transaction and when a consumer takes partitions over.
// A position only ever moves together with rows; taking one over raises its epoch, so that whoever held it before writes nothing more.
import type pg from 'pg';
import type { PositionMove } from '../model/batch.ts';

/** A position as it stands, after it was taken over. */
export interface HeldPosition {
  readonly key: string;
  readonly position: string;
  readonly epoch: number;
}

/**
 * Locks the rows of all moves, in the order of their keys, and compares position and epoch. Null when all are as the batch was made for;
 * otherwise the position of the first that is not ('0' when it has no row).
 */
export async function lockPositions(client: pg.Client, moves: readonly PositionMove[]): Promise<string | null> {
  const { rows } = await client.query<{ chave: string; posicao: string; epoca: string }>(
    'SELECT chave, posicao, epoca FROM esteira.posicoes WHERE chave = ANY ($1) ORDER BY chave COLLATE "C" FOR UPDATE',
    [moves.map((move) => move.key)],
  );
  const held = new Map(rows.map((row) => [row.chave, row]));
  for (const move of moves) {
    const row = held.get(move.key);
    const position = row?.posicao ?? '0';
    const isOvertaken = move.epoch !== undefined && Number(row?.epoca ?? -1) !== move.epoch;
    if (position !== move.before || isOvertaken) return position;
  }
  return null;
}

/** Moves the locked positions, within the loader's transaction. */
export async function movePositions(client: pg.Client, moves: readonly PositionMove[]): Promise<void> {
  await client.query(
    `INSERT INTO esteira.posicoes (chave, posicao) SELECT * FROM unnest($1::text[], $2::text[]) AS m (chave, posicao) ORDER BY chave COLLATE "C"
     ON CONFLICT (chave) DO UPDATE SET posicao = excluded.posicao, atualizado_em = now()`,
    [moves.map((move) => move.key), moves.map((move) => move.after)],
  );
}

/** The ledger's `posicao`: the only position, or a JSON object of all that moved. */
export function ledgerPosition(moves: readonly PositionMove[]): string {
  const [only] = moves;
  if (moves.length === 1 && only !== undefined && only.epoch === undefined) return only.after;
  return JSON.stringify(Object.fromEntries(moves.map((move) => [move.key, [move.before, move.after]])));
}

/** Takes positions over: raises their epochs and says where they stand. A position without a row begins at the one given. */
export async function takeOver(
  client: pg.Client,
  starts: readonly { readonly key: string; readonly position: string }[],
): Promise<HeldPosition[]> {
  const { rows } = await client.query<{ chave: string; posicao: string; epoca: string }>(
    `INSERT INTO esteira.posicoes AS p (chave, posicao, epoca)
     SELECT chave, posicao, 1 FROM unnest($1::text[], $2::text[]) AS i (chave, posicao) ORDER BY chave COLLATE "C"
     ON CONFLICT (chave) DO UPDATE SET epoca = p.epoca + 1, atualizado_em = now()
     RETURNING chave, posicao, epoca`,
    [starts.map((start) => start.key), starts.map((start) => start.position)],
  );
  return rows.map((row) => ({ key: row.chave, position: row.posicao, epoch: Number(row.epoca) }));
}

/** The epochs of these positions, without taking them over. */
export async function readEpochs(client: pg.Client, keys: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await client.query<{ chave: string; epoca: string }>(
    'SELECT chave, epoca FROM esteira.posicoes WHERE chave = ANY ($1)',
    [keys],
  );
  return new Map(rows.map((row) => [row.chave, Number(row.epoca)]));
}
