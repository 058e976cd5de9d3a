// The settings of Kafka as options of Spark's Kafka source and sink. Pure. The result may hold a password: it is never printed.
import type { BrokerSettings } from '../../broker/connection.ts';

/** Kafka's own client knows no port by default, unlike the one in this process. */
const DEFAULT_PORT = 9092;

export function kafkaOptions(broker: BrokerSettings, bootstrap: readonly string[]): Record<string, string> {
  const { sasl, tls } = broker;
  const protocol = `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`;
  return {
    'kafka.bootstrap.servers': bootstrap.map(withPort).join(','),
    ...(protocol === 'PLAINTEXT' ? {} : { 'kafka.security.protocol': protocol }),
    ...(tls?.ca === undefined
      ? {}
      : { 'kafka.ssl.truststore.type': 'PEM', 'kafka.ssl.truststore.certificates': tls.ca }),
    ...(sasl === undefined
      ? {}
      : {
          'kafka.sasl.mechanism': sasl.mechanism,
          'kafka.sasl.jaas.config': jaas(sasl.mechanism, sasl.username, sasl.password),
        }),
  };
}

function withPort(host: string): string {
  return /:\d+$/.test(host.replace(/^\[[^\]]*\]/, '')) ? host : `${host}:${DEFAULT_PORT}`;
}

function jaas(mechanism: string, username: string, password: string): string {
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule';
  return `org.apache.kafka.common.security.${module} required username=${quoted(username)} password=${quoted(password)};`;
}

/** As java.io.StreamTokenizer reads it back: a line's end would end the text. */
function quoted(value: string): string {
  const text = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `"${text}"`;
}
