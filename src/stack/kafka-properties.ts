// The configuration of a Kafka broker that stands alone on loopback: broker and KRaft controller in one process. Pure text.
import { propertyText } from './properties-file.ts';

/** A client user for SASL/SCRAM-SHA-512. */
export interface ScramUser {
  readonly name: string;
  readonly password: string;
}

/** A second listener for clients: TLS, and a user and password (SASL/SCRAM-SHA-512) over it. */
export interface KafkaSecurity {
  /** PEM: the private key (PKCS#8, not encrypted) and the certificate chain, for the address 127.0.0.1. */
  readonly privateKey: string;
  readonly certificate: string;
  /** Known from the first start of a data folder on. */
  readonly users: readonly ScramUser[];
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
export function serverProperties({ data, ports, keyFile, extra }: BrokerSettings): string {
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
    ...(isSecure ? securityProperties(keyFile) : {}),
    ...extra,
  };
  return Object.entries(all)
    .map(([key, value]) => `${key}=${propertyText(value)}\n`)
    .join('');
}

function securityProperties(keyFile: string): Record<string, string> {
  return {
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.secure.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.secure.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'listener.name.secure.ssl.keystore.type': 'PEM',
    'listener.name.secure.ssl.keystore.location': keyFile,
    'listener.name.secure.ssl.client.auth': 'none',
  };
}
