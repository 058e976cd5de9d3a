// The registry of sources (esteira.fontes) and how far each was read (esteira.posicoes), outside the loader's transaction.
import type pg from 'pg';

/** A file as the warehouse remembers it. */
export interface KnownSource {
  readonly id: string;
  readonly receivedAt: Date;
  readonly batchLines: number;
  readonly batchCount: number | null;
  /** Number of batches committed. */
  readonly position: number;
}

export interface NewSource {
  readonly id: string;
  readonly type: 'arquivo' | 'loja' | 'topico';
  readonly name: string;
  readonly profile: string;
  readonly sha256: string | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly receivedAt: Date;
  readonly batchCount: number | null;
  readonly linesRead: number;
  readonly linesIgnored: number;
}

/** The source with this id, or null. */
export async function findSource(client: pg.Client, id: string): Promise<KnownSource | null> {
  const { rows } = await client.query<{
    recebido_em: Date;
    linhas_por_lote: number | null;
    lotes: number | null;
    posicao: string | null;
  }>(
    `SELECT f.recebido_em, (f.opcoes->>'linhas_por_lote')::int AS linhas_por_lote, f.lotes, p.posicao
     FROM esteira.fontes f LEFT JOIN esteira.posicoes p ON p.chave = f.id_fonte WHERE f.id_fonte = $1`,
    [id],
  );
  const row = rows[0];
  if (!row) return null;
  return {
    id,
    receivedAt: row.recebido_em,
    batchLines: row.linhas_por_lote ?? 0,
    batchCount: row.lotes,
    position: Number(row.posicao ?? 0),
  };
}

/** When a content was first read, by whatever name and options; null when never. */
export async function firstReadAt(client: pg.Client, sha256: string): Promise<Date | null> {
  const { rows } = await client.query<{ recebido_em: Date | null }>(
    'SELECT min(recebido_em) AS recebido_em FROM esteira.fontes WHERE sha256 = $1',
    [sha256],
  );
  return rows[0]?.recebido_em ?? null;
}

/** Records a source once; a second call changes nothing. */
export async function registerSource(client: pg.Client, source: NewSource): Promise<void> {
  await client.query(
    `INSERT INTO esteira.fontes (id_fonte, tipo, nome, perfil, sha256, opcoes, recebido_em, lotes, linhas_lidas, linhas_ignoradas)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id_fonte) DO NOTHING`,
    [
      source.id,
      source.type,
      source.name,
      source.profile,
      source.sha256,
      JSON.stringify(source.options),
      source.receivedAt,
      source.batchCount,
      source.linesRead,
      source.linesIgnored,
    ],
  );
}

/** Records how many batches a file is cut into. */
export async function recordBatchCount(client: pg.Client, id: string, batchCount: number): Promise<void> {
  await client.query('UPDATE esteira.fontes SET lotes = $2 WHERE id_fonte = $1 AND lotes IS DISTINCT FROM $2', [
    id,
    batchCount,
  ]);
}

/** Number of batches of a source that are committed. */
export async function readPosition(client: pg.Client, id: string): Promise<number> {
  const { rows } = await client.query<{ posicao: string }>('SELECT posicao FROM esteira.posicoes WHERE chave = $1', [
    id,
  ]);
  return Number(rows[0]?.posicao ?? 0);
}

/** Position of a source as its text was stored, for sources whose position is no number (a store's cursor); null before its first batch. */
export async function readPositionText(client: pg.Client, id: string): Promise<string | null> {
  const { rows } = await client.query<{ posicao: string }>('SELECT posicao FROM esteira.posicoes WHERE chave = $1', [
    id,
  ]);
  return rows[0]?.posicao ?? null;
}

/**
 * Moves a position outside the loader, for readers whose rows go elsewhere (a topic): false when it no longer is `before` (null: absent), because another
 * process moved it. Repeatable: a position that is `after` already counts as moved.
 */
export async function movePosition(
  client: pg.Client,
  key: string,
  before: string | null,
  after: string,
): Promise<boolean> {
  const { rows } = await client.query<{ posicao: string }>(
    `INSERT INTO esteira.posicoes AS p (chave, posicao) SELECT $1, $3 WHERE $2::text IS NULL OR EXISTS (SELECT 1 FROM esteira.posicoes WHERE chave = $1)
     ON CONFLICT (chave) DO UPDATE SET posicao = EXCLUDED.posicao, atualizado_em = now() WHERE p.posicao = $2 OR p.posicao = $3
     RETURNING posicao`,
    [key, before, after],
  );
  return rows.length === 1;
}

/** True when the warehouse holds no version of any order. */
export async function isEmptyWarehouse(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ empty: boolean }>(
    'SELECT NOT EXISTS (SELECT 1 FROM historico_status) AS empty',
  );
  return rows[0]?.empty === true;
}
