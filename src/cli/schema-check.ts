// The doctor's question about the warehouse's schema: does this version of Esteira know it? It starts and changes nothing.
import type { Config } from '../config/load.ts';
import { EsteiraError, messageOf } from '../lib/errors.ts';
import { connect } from '../storage/connection.ts';
import { connectInfo } from '../storage/embedded/server.ts';
import { assertMigrated } from '../storage/migrations.ts';
import type { Finding } from './doctor-checks.ts';

const NAME = 'Schema';

export async function checkSchema(config: Config): Promise<Finding> {
  const url = config.get('warehouse.url') ?? runningUrl(config.get('home'));
  if (url === undefined)
    return { name: NAME, status: 'ok', detail: 'not asked: the embedded warehouse is not running' };
  try {
    const client = await connect(url, 'reader');
    try {
      await assertMigrated(client);
    } finally {
      await client.end();
    }
    return { name: NAME, status: 'ok', detail: 'as this version of Esteira expects it' };
  } catch (error) {
    if (!(error instanceof EsteiraError))
      return {
        name: NAME,
        status: 'failed',
        detail: messageOf(error),
        fix: 'Look at the server log (esteira warehouse status).',
      };
    // An empty warehouse is what a first day looks like.
    const isEmpty = error.code === 'WAREHOUSE_EMPTY';
    return {
      name: NAME,
      status: isEmpty ? 'ok' : 'failed',
      detail: error.what,
      ...(isEmpty ? {} : { fix: error.fix }),
    };
  }
}

function runningUrl(home: string): string | undefined {
  try {
    return connectInfo(home)?.url();
  } catch {
    return undefined;
  }
}
