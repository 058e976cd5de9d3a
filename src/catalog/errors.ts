// Every error code that Esteira can show, declared once: its exit status, whether a retry may help, and what it means.
// `docs/errors.md` is generated from this table. Codes are stable: scripts match on them.
import { EsteiraError, type ErrorKind, type ErrorText } from '../lib/errors.ts';

export const ERROR_KINDS = {
  // usage and configuration
  INTERRUPTED: {
    exit: 130,
    retryable: true,
    meaning: 'The command was stopped by Ctrl-C; what was committed stays and the same command goes on from there.',
  },
  PROOF_FAILED: {
    exit: 1,
    retryable: false,
    meaning: 'A round of `esteira prove` left the warehouse other than its oracle says, or never met its fault.',
  },
  USAGE: { exit: 2, retryable: false, meaning: 'The command line cannot be understood.' },
  CONFIG_INVALID: {
    exit: 2,
    retryable: false,
    meaning: 'A setting has a value that cannot be used, or a name that does not exist.',
  },
  OUTPUT_UNWRITABLE: { exit: 2, retryable: false, meaning: 'A result file cannot be written where it was asked for.' },
  SQL_REFUSED: {
    exit: 2,
    retryable: false,
    meaning: 'PostgreSQL refuses a statement given to `esteira sql`: it is wrong, or it would write.',
  },
  SQL_TIMEOUT: {
    exit: 2,
    retryable: false,
    meaning: 'A statement given to `esteira sql` took longer than allowed and was stopped.',
  },

  // files that are refused: nothing is written
  FILE_NOT_FOUND: { exit: 2, retryable: false, meaning: 'No file matches the path, folder or pattern given.' },
  FILE_UNREADABLE: { exit: 2, retryable: false, meaning: 'A file exists but cannot be opened or read.' },
  FILE_CHANGED: { exit: 4, retryable: true, meaning: 'A file was written to while it was being read.' },
  FILE_EMPTY: { exit: 4, retryable: false, meaning: 'A file has no bytes, or only blank lines.' },
  FILE_BINARY: {
    exit: 4,
    retryable: false,
    meaning: 'A file is not text: it has NUL bytes, or is a spreadsheet, an archive or a document.',
  },
  FILE_COMPRESSION: {
    exit: 4,
    retryable: false,
    meaning: 'A gzip file is damaged, cut short, or packed once more inside.',
  },
  FILE_TOO_LARGE: { exit: 4, retryable: false, meaning: 'A compressed file or standard input grows beyond the limit.' },
  FILE_ENCODING: {
    exit: 4,
    retryable: false,
    meaning: 'The bytes of a file do not fit the encoding that was named for it.',
  },
  FILE_HEADER_IN_ONE_CELL: {
    exit: 4,
    retryable: false,
    meaning: 'The whole header line stands inside one quoted cell.',
  },
  FILE_NO_HEADER: { exit: 4, retryable: false, meaning: 'The file begins with data: the header line is missing.' },
  FILE_PROFILE_UNKNOWN: { exit: 4, retryable: false, meaning: 'The header belongs to no known export.' },
  FILE_COLUMN_MISSING: { exit: 4, retryable: false, meaning: 'A column that the profile needs is not in the header.' },
  FILE_COLUMN_TWICE: { exit: 4, retryable: false, meaning: 'The header names a column twice.' },
  FILE_COLUMN_TYPE: {
    exit: 4,
    retryable: false,
    meaning: 'A Parquet column holds lists, structures or bytes where one value is needed.',
  },
  FILE_TOO_MANY_COLUMNS: {
    exit: 4,
    retryable: false,
    meaning: 'A record has more columns than any table of orders has.',
  },
  FILE_QUOTE_UNCLOSED: {
    exit: 4,
    retryable: false,
    meaning: 'A quote that is never closed swallows the records after it.',
  },
  FILE_RECORD_TOO_LARGE: { exit: 4, retryable: false, meaning: 'One record is larger than any order line can be.' },
  FILE_TOO_BROKEN: {
    exit: 4,
    retryable: false,
    meaning: 'More than a fifth of the records do not have the fields of the header.',
  },
  FILE_DATES_MONTH_FIRST: {
    exit: 4,
    retryable: false,
    meaning: 'The order dates have the month before the day, and this was not declared.',
  },
  FILE_STORE_MISSING: {
    exit: 4,
    retryable: false,
    meaning: 'The export does not say of which store it is, and no store was given.',
  },
  FILE_JSON_NOT_LINES: {
    exit: 4,
    retryable: false,
    meaning: 'A JSON file is one array or spread over lines, not one document per line.',
  },
  FILE_PARQUET: { exit: 4, retryable: false, meaning: 'A Parquet file is damaged or cut short.' },
  FILE_MAPPING_INVALID: {
    exit: 2,
    retryable: false,
    meaning: 'A mapping file cannot be read, or names a column or word that does not exist.',
  },

  // warehouse
  WAREHOUSE_UNREACHABLE: {
    exit: 3,
    retryable: true,
    meaning: 'PostgreSQL does not answer, or answers that it cannot serve now.',
  },
  WAREHOUSE_REFUSED: {
    exit: 2,
    retryable: false,
    meaning:
      'PostgreSQL answers, but refuses: wrong password, missing database or missing rights; or its certificate is not believed.',
  },
  WAREHOUSE_EMPTY: {
    exit: 2,
    retryable: false,
    meaning: 'A question was asked of a warehouse into which nothing was ever loaded.',
  },
  SCHEMA_UNKNOWN: {
    exit: 2,
    retryable: false,
    meaning: 'The warehouse was migrated by a newer Esteira, or its migrations were edited.',
  },
  POSITION_LOST: {
    exit: 4,
    retryable: false,
    meaning: 'The stored position of a source does not fit the source: going on would skip or repeat orders.',
  },

  // Spark
  SPARK_UNREACHABLE: { exit: 3, retryable: true, meaning: 'The Spark Connect server does not answer.' },
  SPARK_REFUSED: {
    exit: 2,
    retryable: false,
    meaning: 'The Spark Connect server answers, but refuses the token or the user.',
  },
  SPARK_SESSION_LOST: {
    exit: 3,
    retryable: true,
    meaning: 'The Spark Connect server was restarted, or closed our session.',
  },
  STREAM_RUNNING: {
    exit: 2,
    retryable: false,
    meaning: 'Another client is running the same stream: two would send everything twice.',
  },
  STREAM_TOPIC_REPLACED: {
    exit: 4,
    retryable: false,
    meaning: 'The raw topic was deleted and created again after the checkpoint of the stream was begun.',
  },
  STREAM_GAP: {
    exit: 4,
    retryable: false,
    meaning: 'Kafka no longer has, or does not have yet, the messages at which the checkpoint of the stream stands.',
  },
  STREAM_CONTRACT_UNKNOWN: {
    exit: 4,
    retryable: false,
    meaning: 'The raw topic holds a message of a contract, or a major version of one, that this program does not know.',
  },
  STREAM_SLOTS: {
    exit: 2,
    retryable: false,
    meaning:
      'A stream in real time needs one slot of Spark per partition, and Spark has fewer: some partitions would never be read.',
  },
  SPARK_FAILED: { exit: 3, retryable: false, meaning: 'Spark refused a plan, or failed while it ran it.' },

  // Kafka
  BROKER_UNREACHABLE: {
    exit: 3,
    retryable: true,
    meaning: 'Kafka does not answer, or answers that it cannot serve now.',
  },
  BROKER_REFUSED: {
    exit: 2,
    retryable: false,
    meaning:
      'Kafka answers, but refuses: wrong user or password, missing rights, or another way of talking (TLS, SASL).',
  },
  BROKER_SETTING_INVALID: {
    exit: 2,
    retryable: false,
    meaning: 'The settings of Kafka do not fit together, or the file of certificate authorities cannot be read.',
  },
  TOPIC_UNKNOWN: { exit: 2, retryable: false, meaning: 'Kafka has no topic of the name given.' },
  TOPIC_REFUSED: {
    exit: 2,
    retryable: false,
    meaning: 'Kafka refuses to create a topic: bad name, too few brokers, or a policy.',
  },
  TOPIC_REPLACED: {
    exit: 4,
    retryable: false,
    meaning:
      'A topic was deleted, or deleted and created again, after a group had begun to read it: its positions mean nothing any more.',
  },
  CONTRACT_UNKNOWN: {
    exit: 4,
    retryable: false,
    meaning:
      'A message states a contract, or a major version of one, that this program does not know; everything before it is loaded.',
  },
  MESSAGE_TOO_LARGE: {
    exit: 4,
    retryable: false,
    meaning: 'A message is larger than the topic takes; it was not sent.',
  },

  // quarantine
  QUARANTINE_ID_UNKNOWN: {
    exit: 2,
    retryable: false,
    meaning: 'No record in the quarantine has the id given, or more than one has.',
  },
  QUARANTINE_STATE: {
    exit: 2,
    retryable: false,
    meaning: 'A record in the quarantine is resolved or discarded already and cannot be discarded.',
  },
  QUARANTINE_FILE_INVALID: {
    exit: 4,
    retryable: false,
    meaning:
      'A corrected file cannot be matched with the quarantine: its column id_quarentena is missing, blank or names no record.',
  },

  // this machine and the embedded warehouse
  HOME_UNUSABLE: {
    exit: 2,
    retryable: false,
    meaning: "Esteira's home folder cannot be created, read or written.",
  },
  TEMP_UNUSABLE: {
    exit: 2,
    retryable: false,
    meaning: 'The folder for temporary files (TMPDIR) does not exist, or cannot be written.',
  },
  MEMORY_SHORT: {
    exit: 2,
    retryable: false,
    meaning: 'The transform cannot do its work within `memory.limit`, not even with the disk for what does not fit.',
  },
  DISK_FULL: { exit: 3, retryable: true, meaning: 'There is no room left on the disk.' },
  BINARIES_MISSING: {
    exit: 2,
    retryable: false,
    meaning: 'The programs of the embedded PostgreSQL are not installed, or do not run on this machine.',
  },
  ROOT_REFUSED: {
    exit: 2,
    retryable: false,
    meaning: 'PostgreSQL does not run as root, and this machine offers no way to run it as somebody else.',
  },
  WAREHOUSE_VERSION: {
    exit: 2,
    retryable: false,
    meaning: 'The warehouse belongs to another major version of PostgreSQL.',
  },
  WAREHOUSE_START: { exit: 3, retryable: true, meaning: 'The embedded PostgreSQL did not start or did not stop.' },
  WAREHOUSE_DAMAGED: { exit: 2, retryable: false, meaning: 'The files of the embedded warehouse are incomplete.' },

  // the local stack: Kafka and Spark on this machine
  JAVA_MISSING: { exit: 2, retryable: false, meaning: 'Kafka and Spark need Java 17 or newer, and there is none.' },
  MAVEN_MISSING: {
    exit: 2,
    retryable: false,
    meaning: 'The programs of Kafka and Spark are fetched by Maven, and there is none.',
  },
  JARS_UNAVAILABLE: {
    exit: 3,
    retryable: true,
    meaning: 'Maven could not fetch the programs of Kafka or Spark.',
  },
  STACK_PORT_TAKEN: { exit: 2, retryable: false, meaning: 'A port that the local stack needs is in use.' },
  STACK_START: { exit: 3, retryable: true, meaning: 'A server of the local stack did not start or did not stop.' },

  PORT_TAKEN: {
    exit: 2,
    retryable: false,
    meaning: 'A port of this machine that was asked for cannot be listened on.',
  },

  // stores
  STORE_UNKNOWN: { exit: 2, retryable: false, meaning: 'No store source has the name given.' },
  STORE_SETTING_INVALID: {
    exit: 2,
    retryable: false,
    meaning: 'A setting of a store is missing, unknown or unusable, or would send its token in clear text.',
  },
  STORE_PORT_TAKEN: { exit: 2, retryable: false, meaning: 'The mock store cannot listen on the port it was given.' },
  STORE_UNREACHABLE: {
    exit: 3,
    retryable: true,
    meaning: 'A store gave no usable answer for as long as an outage may last.',
  },
  STORE_TOKEN_REFUSED: {
    exit: 2,
    retryable: false,
    meaning: 'A store refused the token, or the token may not read orders.',
  },
  STORE_REQUEST_REFUSED: {
    exit: 2,
    retryable: false,
    meaning: 'A store answers, but refuses the request or sends it elsewhere.',
  },
  STORE_ANSWER_INVALID: {
    exit: 4,
    retryable: false,
    meaning:
      'A store answers with something that cannot be read safely: broken JSON, a body that is too large, a list out of order.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** Builds the error for a declared code; the caller throws it. */
export function fail(code: ErrorCode, text: ErrorText): EsteiraError {
  return new EsteiraError(code, ERROR_KINDS[code], text);
}
