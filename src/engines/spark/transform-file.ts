// The transform over a Parquet file of documents, in Spark, into Parquet files. It holds no rule, and reads nothing but documents.
import { transformSql } from '../transform/transform.ts';
import { WriteOperation_SaveMode } from './connect/protocol/connect_pb.js';
import { sqlRelation, type SparkSession } from './connect/session.ts';
import { sparkDialect } from './dialect.ts';

/**
 * Transforms the documents of file `documents` (src/engines/duckdb/exchange.ts writes it) into the folder `out`, which is replaced: doing it again does no
 * harm. Both are paths as Spark sees them. The session has SPARK_SETTINGS. Throws SPARK_*.
 */
export async function transformFile(session: SparkSession, documents: string, out: string): Promise<void> {
  const source = `parquet.\`${documents.replaceAll('`', '``')}\``;
  await session.command({
    commandType: {
      case: 'writeOperation',
      value: {
        input: sqlRelation(transformSql(sparkDialect, source)),
        source: 'parquet',
        mode: WriteOperation_SaveMode.OVERWRITE,
        saveType: { case: 'path', value: out },
      },
    },
  });
}
