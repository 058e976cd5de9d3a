// The configuration of a Kafka broker that stands alone on loopback: broker and KRaft controller in one process. Pure text.
import { propertyText } from './properties-file.ts';

/** A client user. Kafka's tool that makes the storage takes printable ASCII without commas, and a name of letters, digits and underscores. */
export interface KafkaUser {
  readonly name: string;
  readonly password: string;
}

/** How a user may prove the password: all that `kafka.sasl_mechanism` knows. */
export const SCRAM_MECHANISMS = ['SCRAM-SHA-512', 'SCRAM-SHA-256'] as const;
const MECHANISMS = [...SCRAM_MECHANISMS, 'PLAIN'].join(',');

/** A second listener for clients: TLS, and a user and password over it, by any of the three mechanisms. */
export interface KafkaSecurity {
  /** PEM: the private key (PKCS#8, not encrypted) and the certificate chain, for the address 127.0.0.1. */
  readonly privateKey: string;
  readonly certificate: string;
  /** Known from the first start of a data folder on. */
  readonly users: readonly KafkaUser[];
}

export interface KafkaPorts {
  readonly client: number;
  readonly controller: number;
  /** Of the listener with TLS and passwords. */
  readonly secure?: number;
}

export interface BrokerSettings {
  readonly data: string;
  readonly ports: KafkaPorts;
  /** PEM file with key and certificate chain. */
  readonly keyFile: string;
  /** Of the listener with TLS and passwords. */
  readonly users?: readonly KafkaUser[];
  /** What tests set: shorter sessions, smaller segments. */
  readonly extra: Readonly<Record<string, string>>;
}

const HOST = '127.0.0.1';

/** A message may be that large: an order of 5 MB must reach the quarantine, not its producer's error handler. */
export const MESSAGE_MAX_BYTES = 8_388_608;

/** What any broker of ours is told, here and in deploy/docker-compose.yaml. */
export const BROKER_SETTINGS: Readonly<Record<string, string>> = {
  'auto.create.topics.enable': 'false',
  'default.replication.factor': '1',
  'group.initial.rebalance.delay.ms': '0',
  'message.max.bytes': String(MESSAGE_MAX_BYTES),
  'min.insync.replicas': '1',
  'offsets.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.replication.factor': '1',
};

/** The text of server.properties. */
export function serverProperties({ data, ports, keyFile, users = [], extra }: BrokerSettings): string {
  const isSecure = ports.secure !== undefined;
  const clients = [`CLIENT://${HOST}:${ports.client}`, ...(isSecure ? [`SECURE://${HOST}:${ports.secure}`] : [])];
  const all: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${HOST}:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENT',
    listeners: [...clients, `CONTROLLER://${HOST}:${ports.controller}`].join(','),
    'advertised.listeners': clients.join(','),
    'listener.security.protocol.map': `CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT${isSecure ? ',SECURE:SASL_SSL' : ''}`,
    'log.dirs': data,
    ...BROKER_SETTINGS,
    // one small machine: few files, little memory
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'log.cleaner.dedupe.buffer.size': '16777216',
    // after kill -9 the broker may come back when its old registration has run out: 9 s unless said otherwise
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '1000',
    ...(isSecure ? securityProperties(keyFile, users) : {}),
    ...extra,
  };
  return Object.entries(all)
    .map(([key, value]) => `${key}=${propertyText(value)}\n`)
    .join('');
}

function securityProperties(keyFile: string, users: readonly KafkaUser[]): Record<string, string> {
  // The storage holds the users of SCRAM; those of PLAIN are a setting.
  const plain = users.map(({ name, password }) => ` user_${name}=${JSON.stringify(password)}`).join('');
  return {
    'sasl.enabled.mechanisms': MECHANISMS,
    'listener.name.secure.sasl.enabled.mechanisms': MECHANISMS,
    ...Object.fromEntries(
      SCRAM_MECHANISMS.map((mechanism) => [
        `listener.name.secure.${mechanism.toLowerCase()}.sasl.jaas.config`,
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      ]),
    ),
    'listener.name.secure.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required${plain};`,
    'listener.name.secure.ssl.keystore.type': 'PEM',
    'listener.name.secure.ssl.keystore.location': keyFile,
    'listener.name.secure.ssl.client.auth': 'none',
  };
}
