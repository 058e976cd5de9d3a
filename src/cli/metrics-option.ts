// `--metrics-port`, the same for every command that goes on for long, and the server behind it.
import { InvalidArgumentError, Option } from 'commander';
import { integer } from '../config/kinds.ts';
import { type HealthServer, type HealthSource, startHealthServer } from '../pipeline/health-server.ts';

export function metricsPortOption(): Option {
  return new Option(
    '--metrics-port <n>',
    'serve /healthz, /readyz and /metrics on this port of 127.0.0.1; 0 takes a free one',
  ).argParser((text) => {
    const parsed = integer(0, 65_535).parse(text);
    if ('value' in parsed) return parsed.value;
    throw new InvalidArgumentError(`Write ${parsed.expected}.`);
  });
}

/** Serves and says where; null where it was not asked for. Throws PORT_TAKEN. */
export async function serveMetrics(port: number | undefined, source: HealthSource): Promise<HealthServer | null> {
  if (port === undefined) return null;
  const server = await startHealthServer(port, source);
  process.stderr.write(`metrics at http://127.0.0.1:${server.port}/metrics\n`);
  return server;
}
