// The settings of Kafka as options of Spark's Kafka source and sink. Pure. The result may hold a password: it is never printed.
import type { BrokerSettings } from '../../broker/connection.ts';

export function kafkaOptions(broker: BrokerSettings, bootstrap: readonly string[]): Record<string, string> {
  const { sasl, tls } = broker;
  const protocol = `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`;
  return {
    'kafka.bootstrap.servers': bootstrap.join(','),
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

function jaas(mechanism: string, username: string, password: string): string {
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule';
  const quoted = (value: string): string => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  return `org.apache.kafka.common.security.${module} required username=${quoted(username)} password=${quoted(password)};`;
}
