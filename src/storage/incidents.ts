// What an operator must know (esteira.incidentes): written beside the batches, never instead of an error.
import type pg from 'pg';

/** Kinds of incidents, as stored. */
export type IncidentKind =
  | 'TOPICO_TROCADO'
  | 'TOPICO_SUMIU'
  | 'POSICAO_FORA_DO_TOPICO'
  | 'POSICAO_ALTERADA'
  | 'CONTRATO_DESCONHECIDO';

export interface Incident {
  readonly kind: IncidentKind;
  /** Key in esteira.fontes. */
  readonly source: string;
  /** Portuguese, one sentence, without personal data. */
  readonly description: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Records an incident; the same one again (a supervisor that starts us over and over) is not written twice. */
export async function recordIncident(client: pg.Client, incident: Incident): Promise<void> {
  await client.query(
    `INSERT INTO esteira.incidentes (tipo, fonte, descricao, detalhes) SELECT $1, $2, $3, $4::jsonb
     WHERE NOT EXISTS (SELECT 1 FROM esteira.incidentes WHERE tipo = $1 AND fonte = $2 AND detalhes = $4::jsonb)`,
    [incident.kind, incident.source, incident.description, JSON.stringify(incident.details)],
  );
}
