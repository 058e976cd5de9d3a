// The throw-away stack that `esteira prove` breaks: Kafka, PostgreSQL and Spark of its own in a temporary folder, a proxy before PostgreSQL, and what was
// sent so far. It never touches a server or a folder of the user's.
import assert from 'node:assert/strict';
import { chown, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { BrokerSettings } from '../broker/connection.ts';
import { TopicAdmin } from '../broker/topics.ts';
import { TOPICS } from '../model/message.ts';
import { BATCH_MEMORY, consume } from '../pipeline/consume/consume.ts';
import { type KafkaServer, startKafka } from '../stack/kafka.ts';
import { type SparkServer, startSpark } from '../stack/spark.ts';
import { warehouseFiles } from '../storage/embedded/files.ts';
import { connectInfo, type EmbeddedServer, startEmbedded, stopEmbedded } from '../storage/embedded/server.ts';
import { migrate } from '../storage/migrations.ts';
import { assertEqualsOracle } from './oracle.ts';
import { drawOrder, messageOf, type ProofMessage, recordOf, seededRandom } from './orders.ts';
import { type Program, startProgram, until } from './program.ts';
import { createTopic, deleteTopic, sendRecords } from './topics.ts';
import { assertSound, physicalState } from './warehouse-state.ts';
import { startWireProxy, type WireProxy } from './wire-proxy.ts';

export interface GroundOptions {
  readonly seed: number;
  /** Of Kafka's and Spark's jars. */
  readonly cache: string;
  /** The command line's own file. */
  readonly main: string;
  /** An empty folder for everything; removed at the end. Default: one of its own among the system's temporary files. */
  readonly home?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const GROUP = 'prova';
const PARTITIONS = 2;
const SESSION_MS = 2000;
/** Kafka lets members of a group be silent for so short a time only when told. */
const KAFKA_PROPERTIES = { 'group.min.session.timeout.ms': '1000' };
export const LARGEST_MESSAGE = 8_000_000;

export class Ground {
  readonly random: () => number;
  readonly proxy: WireProxy;
  readonly #options: GroundOptions;
  readonly #home: string;
  readonly #sent: ProofMessage[] = [];
  readonly #programs: Program[] = [];
  #kafka: KafkaServer;
  #postgres: EmbeddedServer;
  #spark: SparkServer | null = null;
  #serial = 0;
  /** Raised when the raw topic is created anew: a checkpoint belongs to one topic. */
  #generation = 0;

  static async open(options: GroundOptions): Promise<Ground> {
    const home = options.home ?? (await mkdtemp(join(tmpdir(), 'esteira-prova-')));
    let kafka: KafkaServer | null = null;
    try {
      await mkdir(join(home, 'comandos'));
      kafka = await startKafka({
        folder: join(home, 'stack', 'kafka'),
        cache: options.cache,
        properties: KAFKA_PROPERTIES,
      });
      const postgres = await startEmbedded({ home });
      const target = { host: postgres.host, port: postgres.port };
      const proxy = await startWireProxy(() => {
        const now = connectInfo(home);
        return now === undefined ? target : { host: now.host, port: now.port };
      });
      const ground = new Ground(options, home, kafka, postgres, proxy);
      await ground.inWarehouse((client) => migrate(client));
      await ground.#createRawTopic();
      return ground;
    } catch (error) {
      await kafka?.stop();
      await stopEmbedded(home);
      await rm(home, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(
    options: GroundOptions,
    home: string,
    kafka: KafkaServer,
    postgres: EmbeddedServer,
    proxy: WireProxy,
  ) {
    this.#options = options;
    this.#home = home;
    this.#kafka = kafka;
    this.#postgres = postgres;
    this.proxy = proxy;
    this.random = seededRandom(options.seed);
  }

  /** Ends everything that was started here and removes its files. */
  async close(): Promise<void> {
    for (const program of this.#programs) if (program.isRunning()) program.child.kill('SIGKILL');
    await Promise.all(this.#programs.map(({ ended }) => ended));
    await this.proxy.close();
    await this.#spark?.stop();
    await this.#kafka.stop();
    await stopEmbedded(this.#home);
    await rm(this.#home, { recursive: true, force: true });
  }

  get home(): string {
    return this.#home;
  }

  get broker(): BrokerSettings {
    return { bootstrap: [this.#kafka.bootstrap] };
  }

  get sentCount(): number {
    return this.#sent.length;
  }

  get signal(): AbortSignal | undefined {
    return this.#options.signal;
  }

  get checkpoint(): string {
    return join(this.#home, `checkpoint-${this.#generation}`);
  }

  nextSerial(): number {
    return ++this.#serial;
  }

  /** Order versions; every fourth has a status that nobody knows, and may be newer than the valid ones. */
  versions(count: number): ProofMessage[] {
    return Array.from({ length: count }, (_, n) => {
      const order = drawOrder(this.random, this.nextSerial());
      return messageOf(n % 4 === 3 ? { ...order, status: 'talvez' } : order);
    });
  }

  /** Sends messages to the raw topic, each to its order's partition or all to the one given. */
  async send(messages: readonly ProofMessage[], partition?: number): Promise<void> {
    const records = messages.map((message) => recordOf(message, partition));
    await sendRecords(this.broker, TOPICS.raw, records);
    this.expect(messages);
  }

  /** Takes note of messages that a program sends. */
  expect(messages: readonly ProofMessage[]): void {
    this.#sent.push(...messages);
  }

  /** A consumer of the raw topic as a process, its connections to PostgreSQL through the proxy. */
  consumer(args: readonly string[] = ['--until-end'], batch = 5): Program {
    const all = ['consume', '--group', GROUP, '--max-batch', String(batch), '--session-timeout', `${SESSION_MS}ms`];
    return this.program([...all, ...args]);
  }

  program(args: readonly string[], timeoutMs?: number): Program {
    const program = startProgram({
      main: this.#options.main,
      args,
      home: join(this.#home, 'comandos'),
      settings: {
        ESTEIRA_KAFKA_BOOTSTRAP: this.#kafka.bootstrap,
        ESTEIRA_WAREHOUSE_URL: this.proxy.url(this.#postgres.url('app')),
        ESTEIRA_WAREHOUSE_READ_URL: this.#postgres.url('leitura'),
        ...(this.#spark === null ? {} : { ESTEIRA_SPARK_URL: this.#spark.url }),
      },
      timeoutMs,
      signal: this.signal,
    });
    this.#programs.push(program);
    return program;
  }

  /** Consumes a topic to its end in this process. Returns how many messages there were. */
  async consume(topic: string = TOPICS.raw): Promise<number> {
    const { messageCount } = await consume({
      topic,
      group: GROUP,
      broker: this.broker,
      warehouseUrl: this.#postgres.url('app'),
      memoryLimit: BATCH_MEMORY,
      threads: 1,
      maxBatch: 1000,
      maxWaitMs: 20,
      sessionTimeoutMs: SESSION_MS,
      untilEnd: true,
      from: null,
      reprocess: false,
      maxOutageMs: 30_000,
      signal: this.signal,
    });
    return messageCount;
  }

  /** All that must hold after a round: the oracle, the ledger, the rollups, and that consuming again writes nothing. */
  async check(): Promise<void> {
    const before = await this.inWarehouse(async (client) => {
      await assertEqualsOracle(client, this.#sent);
      await assertSound(client);
      return physicalState(client);
    });
    assert.equal(await this.consume(), 0, 'consuming again read messages');
    assert.equal(await this.inWarehouse(physicalState), before, 'consuming again wrote rows');
  }

  async inWarehouse<T>(work: (client: pg.Client) => Promise<T>, role: 'app' | 'superuser' = 'app'): Promise<T> {
    const client = new pg.Client(this.#postgres.url(role));
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async batchCount(): Promise<number> {
    return this.inWarehouse(async (client) => {
      const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM esteira.lotes');
      return rows[0]?.n ?? 0;
    });
  }

  /** Records that a topic has received, in all partitions; 0 when there is no such topic. */
  async recordCount(topic: string = TOPICS.raw): Promise<number> {
    const admin = new TopicAdmin(this.broker);
    try {
      const { partitions } = await admin.describe(topic);
      return partitions.reduce((sum, { latest }) => sum + Number(latest), 0);
    } catch {
      return 0;
    } finally {
      await admin.close();
    }
  }

  async killKafka(): Promise<void> {
    await this.#kafka.kill();
  }

  /** Starts Kafka again, with its data and at its port. */
  async startKafka(): Promise<void> {
    const { folder } = this.#kafka;
    this.#kafka = await startKafka({ folder, cache: this.#options.cache, properties: KAFKA_PROPERTIES });
  }

  async killPostgres(): Promise<void> {
    const { pid } = this.#postgres;
    process.kill(pid, 'SIGKILL');
    // Asked too early, startEmbedded would still find the dying server and leave it at that.
    await until('the end of PostgreSQL', () => !isAlive(pid), this.signal);
  }

  async startPostgres(): Promise<void> {
    // The dead server's children may need a moment to let go of its memory.
    await until(
      'PostgreSQL started again',
      () =>
        startEmbedded({ home: this.#home }).then(
          (server) => {
            this.#postgres = server;
            return true;
          },
          () => false,
        ),
      this.signal,
    );
  }

  /** A folder that PostgreSQL may write into. */
  async makeFolderOfPostgres(folder: string): Promise<void> {
    await mkdir(folder, { mode: 0o700 });
    const { uid, gid } = await stat(warehouseFiles(this.#home).data);
    await chown(folder, uid, gid);
  }

  /** Starts Spark unless it runs. */
  async startSpark(): Promise<void> {
    this.#spark = await startSpark({
      folder: join(this.#home, 'stack', 'spark'),
      cache: this.#options.cache,
      slots: 2,
    });
  }

  async killSpark(): Promise<void> {
    await this.#spark?.kill();
  }

  /** Deletes the raw topic and creates another of that name. */
  async replaceRawTopic(): Promise<void> {
    await deleteTopic(this.broker, TOPICS.raw);
    await until(
      'the raw topic created anew',
      () =>
        this.#createRawTopic().then(
          () => true,
          () => false,
        ),
      this.signal,
    );
    this.#generation += 1;
  }

  async #createRawTopic(): Promise<void> {
    await createTopic(this.broker, TOPICS.raw, PARTITIONS, { 'max.message.bytes': String(LARGEST_MESSAGE) });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
