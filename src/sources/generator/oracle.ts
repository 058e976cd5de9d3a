// What a warehouse must hold after it has read a generated file, folded from the generator's own knowledge of each
// version, not from the file and not by the transform. Only tests use it; it keeps every order in memory.
import { type GeneratorOptions, generateVersions } from './generate-versions.ts';
import type { GeneratedFormat } from './generate-orders.ts';

export interface OracleOrder {
  /** The canonical status, total in centavos and number of items of the largest valid version. */
  readonly status: string;
  readonly totalCents: number;
  readonly itemCount: number;
  readonly atualizadoEm: string;
  /** Distinct valid versions: rows that the order's history must have. */
  readonly versionCount: number;
}

export interface OracleRejection {
  /** As written in the file; may be blank or unreadable. */
  readonly idPedido: string;
  readonly tipo: string;
  readonly motivos: readonly string[];
}

/** Counts are of order versions. `aceitos` and `antigos` are those of a file loaded in one batch; their sum holds for any batches. */
export interface OracleResult {
  readonly lidos: number;
  readonly aceitos: number;
  readonly rejeitados: number;
  readonly duplicados: number;
  readonly antigos: number;
  readonly orders: ReadonlyMap<string, OracleOrder>;
  readonly rejections: readonly OracleRejection[];
}

/** Folds the file that `generateOrders(options, format)` writes. */
export function foldTruth(options: GeneratorOptions, format: GeneratedFormat = 'csv'): OracleResult {
  const orders = new Map<string, OracleOrder>();
  const rejections: OracleRejection[] = [];
  let lidos = 0;
  let duplicados = 0;
  let valid = 0;
  for (const { version, defect } of generateVersions(options)) {
    lidos += 1;
    const isRepaired = format === 'parquet' && version.cellError !== 0;
    if (defect?.esperado === 'duplicado') {
      duplicados += 1;
      continue;
    }
    if (defect?.esperado === 'rejeitado' && !isRepaired) {
      const motivos = format === 'jsonl' && version.cellError !== 0 ? ['JSON_INVALIDO'] : defect.motivos;
      rejections.push({ idPedido: version.id_pedido, tipo: defect.tipo, motivos });
      continue;
    }
    valid += 1;
    const known = orders.get(version.id_pedido);
    const versionCount = (known?.versionCount ?? 0) + 1;
    if (known !== undefined && known.atualizadoEm > version.atualizado_em) {
      orders.set(version.id_pedido, { ...known, versionCount });
    } else {
      orders.set(version.id_pedido, { ...version.expected, atualizadoEm: version.atualizado_em, versionCount });
    }
  }
  return {
    lidos,
    aceitos: orders.size,
    rejeitados: rejections.length,
    duplicados,
    antigos: valid - orders.size,
    orders,
    rejections,
  };
}
