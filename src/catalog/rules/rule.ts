// What a rule is. A rule is data: the transform holds its condition in SQL under the same id, the documents are generated from it.

/** What a broken rule does to its order: `erro` sends it to the quarantine, `aviso` lets it pass, flagged. */
export type Severity = 'erro' | 'aviso';

/** What a rule looks at: the order, one of its items or payments, or a record before it is known to be an order. */
export type Scope = 'pedido' | 'item' | 'pagamento' | 'registro';

/** The dimension of data quality that a rule measures. */
export type Dimension = 'completude' | 'validade' | 'consistencia' | 'unicidade' | 'atualidade' | 'integridade';

export interface Rule {
  /** Reason code as stored in `pedidos.avisos` and `pedidos_rejeitados.motivos`. Stable. */
  readonly id: string;
  readonly severity: Severity;
  readonly scope: Scope;
  readonly dimension: Dimension;
  /** Portuguese, a few words: what a store's staff reads. */
  readonly title: string;
  /** English, one sentence: exactly when the rule applies. */
  readonly condition: string;
  /** English: why it matters, with the law or standard where there is one. */
  readonly why: string;
  /** English: how to correct it. */
  readonly fix: string;
  /** Portuguese, one sentence in the imperative: what a store's staff must do, in the words of the spreadsheet. No translation of `fix`. */
  readonly comoCorrigir: string;
}
