// What travels through Kafka: the topics, the headers of a record, its key, and the two contracts of a raw value. Pure data and small pure functions:
// it opens no connection and judges no order.

/** The topics' usual names; every command can be given another. */
export const TOPICS = {
  /** Orders as they were read: one document a record, never corrected. */
  raw: 'pedidos_ecommerce',
  /** What the transform made of the valid ones. */
  treated: 'pedidos_tratados',
  /** The others: original and reasons. */
  rejected: 'pedidos_rejeitados',
} as const;

/**
 * Consumer group under which a stream writes down how far Spark has read, for tools that show lag: Spark itself commits nothing to Kafka. It is named after
 * the topic that the stream fills, so that who reads that one finds it.
 */
export function streamGroup(treated: string): string {
  return `esteira-stream-${treated}`;
}

/** Names of the headers. All values are UTF-8 text. */
export const HEADER = {
  /** One of CONTRACT; missing: raw. */
  contract: 'contrato',
  /** Major version of the contract; missing: 1. An unknown one stops a consumer: it must never quarantine what it does not understand. */
  version: 'versao',
  /** When the order was first read (ISO 8601, UTC); kept on replay. Missing: the record's own time. */
  receivedAt: 'recebido_em',
  /** SHA-256 in hexadecimal of the canonical original document, where the producer knows it. A hint for tracing: readers compute their own. */
  originHash: 'hash_origem',
  /** Only on treated and rejected records: where the raw record stands. */
  topicId: 'topico_id',
  partition: 'particao',
  offset: 'offset',
} as const;

export const CONTRACT = { raw: 'pedido', treated: 'pedido-tratado', rejected: 'pedido-rejeitado' } as const;

export type Contract = (typeof CONTRACT)[keyof typeof CONTRACT];

/** Major version that this program writes and reads. */
export const CONTRACT_VERSION = '1';

/**
 * The one member of a raw document that is not of the order: how a flat file (CSV, Parquet) was read. Documents of stores and JSON lines have none.
 * Where it stands, every value of the document is the text of its cell, to be taken as it is (no zeros added to amounts), so that the order has
 * the hash that it has when the file is loaded directly. Its members, all optional:
 *
 * - `decimal`: ',' '.' or 'en'; `data`: 'iso', 'dmy' or 'mdy': how the file as a whole writes amounts and dates
 * - `endereco`: false when the file has no columns for the address
 * - `fonte`, `linha`, `linhas`: name of the file, first line of the order in it, number of its lines
 * - `problemas`: record problems, separated by commas, that the reading or the grouping of lines found; with them come
 *   `original`: the text of the lines, `formato` ('csv', 'jsonl', 'parquet') and `perfil` (whose export it is) to read it with, and `cabecalho`:
 *   the header line it belongs to
 */
export const READING = 'leitura';

/** Key of every record of an order: all its versions stand in one partition, in the order they were sent. */
export function orderKey(store: string, orderId: string): string {
  return `${store}:${orderId}`;
}

/** What the headers of a record say about its value; `null` when the contract or its major version is none that this program knows. */
export function contractOf(header: (name: string) => string | undefined): Contract | null {
  const contract = header(HEADER.contract) ?? CONTRACT.raw;
  const [major] = (header(HEADER.version) ?? CONTRACT_VERSION).split('.');
  if (major !== CONTRACT_VERSION) return null;
  return Object.values(CONTRACT).find((known) => known === contract) ?? null;
}
