// Runs one plan at the Spark Connect server and gives its answers in order, whatever happens to the connection meanwhile:
// the operation goes on at the server, and a broken or ended stream is taken up again after the last answer that arrived.
// Many of these are normal: the server ends every stream after a while (2 minutes by default).
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type Client, type CallOptions } from '@connectrpc/connect';
import { errorClassOf, isBrokenConnection } from './failure.ts';
import type { ExecutePlanResponse, PlanSchema, SparkConnectService } from './protocol/connect_pb.js';

/** What every request of a session carries. */
export interface SessionFields {
  readonly sessionId: string;
  readonly userContext: { readonly userId: string; readonly userName: string };
  readonly clientType: string;
  /** Known after the first answer: the server then refuses us when it is another process than before. */
  readonly clientObservedServerSideSessionId?: string;
}

export interface OperationOptions {
  readonly signal?: AbortSignal | undefined;
  /** Deadline of the whole operation, for one that is answered at once; absent: it may take as long as it takes. */
  readonly timeoutMs?: number | undefined;
  /** How long a server that is away is waited for before the operation fails. */
  readonly reattachForMs: number;
  /** Told of every break that was survived. */
  readonly onReattach?: (() => void) | undefined;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** Yields the answers to a plan, ResultComplete left out. Throws what the transport throws; the caller turns it into words. */
export async function* execute(
  client: Client<typeof SparkConnectService>,
  fields: () => SessionFields,
  plan: MessageInitShape<typeof PlanSchema>,
  options: OperationOptions,
): AsyncGenerator<ExecutePlanResponse> {
  const operationId = randomUUID();
  // A signal for this operation alone, and a deadline that is not the transport's own: where answers are not read to their end, the transport holds on to
  // its listeners and timers, of a signal that may live as long as the process and of a process that is to end.
  const ending = new AbortController();
  const callOff = (): void => ending.abort(options.signal?.reason);
  if (options.signal?.aborted === true) callOff();
  options.signal?.addEventListener('abort', callOff);
  let isLate = false;
  const giveUp = (): void => {
    isLate = true;
    ending.abort();
  };
  const deadline = options.timeoutMs === undefined ? undefined : setTimeout(giveUp, options.timeoutMs);
  const call: CallOptions = { signal: ending.signal };
  const start = (): AsyncIterable<ExecutePlanResponse> =>
    client.executePlan(
      {
        ...fields(),
        operationId,
        plan,
        requestOptions: [{ requestOption: { case: 'reattachOptions', value: { reattachable: true } } }],
      },
      call,
    );
  let lastResponseId: string | undefined;
  const again = (): AsyncIterable<ExecutePlanResponse> =>
    client.reattachExecute(
      { ...fields(), operationId, ...(lastResponseId === undefined ? {} : { lastResponseId }) },
      call,
    );
  let stream = start();
  let pauseMs = FIRST_PAUSE_MS;
  let brokenSince: number | undefined;
  try {
    for (;;) {
      try {
        for await (const response of stream) {
          brokenSince = undefined;
          pauseMs = FIRST_PAUSE_MS;
          lastResponseId = response.responseId;
          if (response.responseType.case === 'resultComplete') return;
          yield response;
        }
        stream = again();
      } catch (thrown) {
        if (isLate) throw new ConnectError('no answer in time', Code.DeadlineExceeded);
        const wasNeverStarted =
          errorClassOf(thrown) === 'INVALID_HANDLE.OPERATION_NOT_FOUND' && lastResponseId === undefined;
        if (options.signal?.aborted === true || (!wasNeverStarted && !isBrokenConnection(thrown))) throw thrown;
        brokenSince ??= performance.now();
        if (performance.now() - brokenSince > options.reattachForMs) throw thrown;
        await delay(pauseMs, undefined, { signal: ending.signal }).catch((stopped: unknown) => {
          if (!isLate) throw stopped;
        });
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        options.onReattach?.();
        stream = wasNeverStarted ? start() : again();
      }
    }
  } finally {
    clearTimeout(deadline);
    options.signal?.removeEventListener('abort', callOff);
    const released = release(client, fields(), operationId);
    // Who calls it off does not wait for a server that may be silent.
    if (!ending.signal.aborted) await released;
  }
}

/** Lets the server drop what it keeps for us. A failure costs nothing: it drops it by itself later. */
async function release(
  client: Client<typeof SparkConnectService>,
  fields: SessionFields,
  operationId: string,
): Promise<void> {
  try {
    await client.releaseExecute(
      {
        ...fields,
        operationId,
        release: { case: 'releaseAll', value: {} },
      },
      { timeoutMs: 5000 },
    );
  } catch {
    // nothing to repair: the operation itself has ended
  }
}
