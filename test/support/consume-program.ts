// `esteira consume` as a process of its own, as a supervisor runs it: its settings, how it ends, and what the ledger then says was read.
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packagePath } from '../../src/lib/paths.ts';
import { startProgram, type Program } from '../../src/proof/program.ts';
import type { Warehouse } from './load.ts';
import { temporaryHome } from './postgres.ts';

export interface ConsumeCommand {
  readonly topic: string;
  readonly bootstrap: string;
  readonly warehouseUrl: string;
  /** More options; `--until-end` is one. */
  readonly args?: readonly string[];
  /** More settings, as variables. */
  readonly settings?: Readonly<Record<string, string>>;
}

let home: string | undefined;

/** Starts the command in the group `<topic>_g`. */
export function startConsume({ topic, bootstrap, warehouseUrl, args = [], settings = {} }: ConsumeCommand): Program {
  home ??= temporaryHome();
  const own = join(home, randomUUID());
  mkdirSync(own);
  return startProgram({
    main: packagePath('src', 'cli', 'main.ts'),
    args: [
      'consume',
      '--topic',
      topic,
      '--group',
      `${topic}_g`,
      '--max-wait',
      '20ms',
      '--session-timeout',
      '6s',
      ...args,
    ],
    home: own,
    settings: {
      ESTEIRA_KAFKA_BOOTSTRAP: bootstrap,
      ESTEIRA_WAREHOUSE_URL: warehouseUrl,
      ESTEIRA_WAREHOUSE_READ_URL: warehouseUrl,
      ESTEIRA_MEMORY_LIMIT: '256MB',
      ESTEIRA_THREADS: '1',
      ...settings,
    },
  });
}

/** Messages that the batches of topics have read, by the ledger. */
export async function messagesRead(warehouse: Pick<Warehouse, 'query'>): Promise<number> {
  const [row] = await warehouse.query(
    `SELECT COALESCE(sum(lidos), 0) AS lidos FROM esteira.lotes WHERE id_fonte LIKE 'topico:%'`,
  );
  return Number(row?.['lidos']);
}
