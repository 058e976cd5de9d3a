// A session at a Spark Connect server: SQL with its results, settings, temporary views and streaming queries.
// It never retries a plan (only the connection is taken up again) and knows nothing of orders.
import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type CallOptions, ConnectError, createClient, type Client, type Interceptor } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { version } from '../../../lib/version.ts';
import type { SparkAddress } from './address.ts';
import { showSparkAddress } from './address.ts';
import { readTextColumn } from './arrow-text.ts';
import { Connection } from './connection.ts';
import { errorIdOf, failureOf } from './failure.ts';
import { execute, type SessionFields } from './operation.ts';
import {
  AnalyzePlanRequest_Explain_ExplainMode,
  SparkConnectService,
  type CommandSchema,
  type ExecutePlanResponse,
  type RelationSchema,
} from './protocol/connect_pb.js';

export interface SessionOptions {
  /** UUID; the same one leads back into a session that another process left at the server. Default: a new one. */
  readonly id?: string;
  /** PEM of the authority that signed the server's certificate, where the system does not know it. */
  readonly ca?: string | undefined;
  /** Deadline of a request that is answered at once. */
  readonly requestTimeoutMs?: number;
  /** How long a server that says nothing, not even that it is there, is believed to be there. */
  readonly silentForMs?: number;
  /** How long a server that went away during an operation is waited for. */
  readonly reattachForMs?: number;
  readonly onReattach?: () => void;
  /** Once aborted, what is under way breaks off with its reason and nothing more is asked; only `close` still tells the server. */
  readonly signal?: AbortSignal | undefined;
}

export interface CommandOptions {
  /** Deadline of a command that is answered at once; it fails as SPARK_UNREACHABLE. */
  readonly timeoutMs?: number;
}

/** Parameters bound by name: `:name` in the SQL. */
export type SqlArguments = Readonly<Record<string, string | number | bigint | boolean>>;
export type RelationInit = MessageInitShape<typeof RelationSchema>;
export type CommandInit = MessageInitShape<typeof CommandSchema>;

const REQUEST_TIMEOUT_MS = 60_000;
const SILENT_FOR_MS = 30_000;
const REATTACH_FOR_MS = 30_000;
const CLIENT_TYPE = `esteira/${version}`;

/** Opens a session; nothing is sent before the first request. */
export function openSparkSession(address: SparkAddress, options: SessionOptions = {}): SparkSession {
  return new SparkSession(address, options);
}

export class SparkSession {
  readonly id: string;
  readonly server: string;
  readonly #client: Client<typeof SparkConnectService>;
  readonly #connection: Connection;
  readonly #userId: string;
  readonly #options: SessionOptions;
  #serverSideId: string | undefined;

  constructor(address: SparkAddress, options: SessionOptions) {
    this.id = options.id ?? randomUUID();
    this.server = showSparkAddress(address);
    this.#userId = address.userId;
    this.#options = options;
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    const baseUrl = `${address.useTls ? 'https' : 'http'}://${host}:${address.port}`;
    this.#connection = new Connection(
      baseUrl,
      options.silentForMs ?? SILENT_FOR_MS,
      options.ca === undefined ? {} : { ca: options.ca },
    );
    const transport = createGrpcTransport({
      baseUrl,
      sessionManager: this.#connection,
      interceptors: [headersOf(address)],
    });
    this.#client = createClient(SparkConnectService, transport);
  }

  /** The version of the server. The first thing to ask: it also finds out whether we are let in. */
  async version(): Promise<string> {
    const response = await this.#ask((fields, call) =>
      this.#client.analyzePlan({ ...fields, analyze: { case: 'sparkVersion', value: {} } }, call),
    );
    return response.result.case === 'sparkVersion' ? response.result.value.version : '';
  }

  /** How Spark would run a query. */
  async explain(sql: string): Promise<string> {
    const response = await this.#ask((fields, call) =>
      this.#client.analyzePlan(
        {
          ...fields,
          analyze: {
            case: 'explain',
            value: {
              plan: { opType: { case: 'root', value: sqlRelation(sql) } },
              explainMode: AnalyzePlanRequest_Explain_ExplainMode.FORMATTED,
            },
          },
        },
        call,
      ),
    );
    return response.result.case === 'explain' ? response.result.value.explainString : '';
  }

  /** Changes settings of this session. */
  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    const pairs = Object.entries(settings).map(([key, value]) => ({ key, value }));
    await this.#ask((fields, call) =>
      this.#client.config({ ...fields, operation: { opType: { case: 'set', value: { pairs } } } }, call),
    );
  }

  /** The value of a setting; undefined when it has none. */
  async setting(key: string): Promise<string | undefined> {
    const response = await this.#ask((fields, call) =>
      this.#client.config({ ...fields, operation: { opType: { case: 'getOption', value: { keys: [key] } } } }, call),
    );
    return response.pairs[0]?.value;
  }

  /** The texts of a query's only column, which must be a string, as they arrive. */
  async *texts(sql: string, args: SqlArguments = {}): AsyncGenerator<string | null> {
    for await (const response of this.#execute({ case: 'root', value: sqlRelation(sql, args) }, {})) {
      if (response.responseType.case === 'arrowBatch') yield* readTextColumn(response.responseType.value.data);
    }
  }

  /** The rows of a query as objects. Values are those of JSON: cast to text what a number in JavaScript cannot hold. */
  async rows<T>(sql: string, args: SqlArguments = {}): Promise<T[]> {
    const asJson = `SELECT to_json(struct(*), map('ignoreNullFields', 'false')) AS j FROM (${sql})`;
    const rows: T[] = [];
    for await (const text of this.texts(asJson, args)) rows.push(JSON.parse(text ?? 'null') as T);
    return rows;
  }

  /** Runs a statement for its effect. */
  async run(sql: string, args: SqlArguments = {}): Promise<void> {
    await this.command({ commandType: { case: 'sqlCommand', value: { input: sqlRelation(sql, args) } } });
  }

  /** Gives a relation a name in this session, for SQL to read from. */
  async createView(name: string, input: RelationInit): Promise<void> {
    await this.command({ commandType: { case: 'createDataframeView', value: { input, name, replace: true } } });
  }

  /** Runs a command and returns its answers. */
  async command(command: CommandInit, options: CommandOptions = {}): Promise<ExecutePlanResponse[]> {
    const responses: ExecutePlanResponse[] = [];
    for await (const response of this.#execute({ case: 'command', value: command }, options)) responses.push(response);
    return responses;
  }

  /** Ends the session at the server, with its views and streaming queries, and the connection. False when the server did not say that it has. */
  async close(signal?: AbortSignal): Promise<boolean> {
    try {
      // A session with a name of its own may be entered again later.
      const allowReconnect = this.#options.id !== undefined;
      await this.#client.releaseSession(
        { ...this.#fields(), allowReconnect },
        { timeoutMs: 10_000, ...(signal === undefined ? {} : { signal }) },
      );
      return true;
    } catch {
      // a server that is gone has forgotten us already
      return false;
    } finally {
      this.#connection.abort();
    }
  }

  /** Ends the connection only: the session lives on at the server, as after the death of this process. */
  disconnect(): void {
    this.#connection.abort();
  }

  #fields(): SessionFields {
    return {
      sessionId: this.id,
      userContext: { userId: this.#userId, userName: this.#userId },
      clientType: CLIENT_TYPE,
      ...(this.#serverSideId === undefined ? {} : { clientObservedServerSideSessionId: this.#serverSideId }),
    };
  }

  async *#execute(
    opType: { case: 'root'; value: RelationInit } | { case: 'command'; value: CommandInit },
    { timeoutMs }: CommandOptions,
  ): AsyncGenerator<ExecutePlanResponse> {
    const answers = execute(
      this.#client,
      () => this.#fields(),
      { opType },
      {
        signal: this.#options.signal,
        timeoutMs,
        reattachForMs: this.#options.reattachForMs ?? REATTACH_FOR_MS,
        onReattach: this.#options.onReattach,
      },
    );
    try {
      for await (const response of answers) {
        this.#serverSideId ??= response.serverSideSessionId;
        yield response;
      }
    } catch (thrown) {
      throw await this.#explained(thrown);
    }
  }

  async #ask<T extends { serverSideSessionId: string }>(
    request: (fields: SessionFields, call: CallOptions) => Promise<T>,
  ): Promise<T> {
    try {
      const response = await request(this.#fields(), {
        timeoutMs: this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        ...(this.#options.signal === undefined ? {} : { signal: this.#options.signal }),
      });
      this.#serverSideId ??= response.serverSideSessionId;
      return response;
    } catch (thrown) {
      throw await this.#explained(thrown);
    }
  }

  /** The error with the details that Spark keeps for a while under its id. */
  async #explained(thrown: unknown): Promise<Error> {
    const { signal } = this.#options;
    if (signal?.aborted === true) return signal.reason as Error;
    const errorId = thrown instanceof ConnectError ? errorIdOf(thrown) : undefined;
    if (errorId === undefined) return failureOf(thrown, this.server);
    try {
      const details = await this.#client.fetchErrorDetails({ ...this.#fields(), errorId }, { timeoutMs: 10_000 });
      return failureOf(thrown, this.server, details.errors.length > 0 ? details : undefined);
    } catch {
      return failureOf(thrown, this.server);
    }
  }
}

/** A query as a relation, with its values bound. */
export function sqlRelation(query: string, args: SqlArguments = {}): RelationInit {
  const namedArguments = Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      { exprType: { case: 'literal' as const, value: literal(value) } },
    ]),
  );
  return { relType: { case: 'sql', value: { query, namedArguments } } };
}

function literal(value: string | number | bigint | boolean) {
  switch (typeof value) {
    case 'string':
      return { literalType: { case: 'string' as const, value } };
    case 'boolean':
      return { literalType: { case: 'boolean' as const, value } };
    case 'bigint':
      return { literalType: { case: 'long' as const, value } };
    default:
      return { literalType: { case: 'long' as const, value: BigInt(value) } };
  }
}

function headersOf(address: SparkAddress): Interceptor {
  return (next) => (request) => {
    for (const [name, value] of Object.entries(address.headers)) request.header.set(name, value);
    if (address.token !== undefined) request.header.set('authorization', `Bearer ${address.token}`);
    return next(request);
  };
}
