// A TCP proxy between a loader and PostgreSQL that reads the client's messages and names the moments of the loader's transaction by the SQL it sees.
// At an armed moment it holds everything and runs an action (kill, cut). For `esteira prove` and tests. It needs no hook in the product and changes no byte.
// Protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html (type byte, Int32 length that includes itself).
import { createServer, connect as connectTo, type AddressInfo, type Socket } from 'node:net';

/**
 * Moments in the order of the transaction. `data` moments (isCopy) are held in the middle of a COPY: the statement is at the server, its end is not.
 * Every statement that writes a table of the warehouse is one; `isRare` ones only come with new periods or contents without an update time.
 */
export const PHASES = {
  'before BEGIN is executed': { sql: /^BEGIN/ },
  'before the lock is taken': { sql: /^SELECT pg_advisory_xact_lock/ },
  'before the ledger is looked up': { sql: /FROM esteira\.lotes WHERE id_lote/ },
  'before the position is read': { sql: /FROM esteira\.posicoes WHERE chave = ANY \(\$1\) .*FOR UPDATE/ },
  'during COPY of the keys': { sql: /^COPY "chaves_lote"/, isCopy: true },
  'while the known versions are read': { sql: /^COPY \(\s*SELECT h\.loja/ },
  'before replaced orders are removed': { sql: /^DELETE FROM "pedidos"/m },
  'during COPY pedidos': { sql: /^COPY "pedidos"/, isCopy: true },
  'during COPY itens_pedido': { sql: /^COPY "itens_pedido"/, isCopy: true },
  'during COPY pagamentos': { sql: /^COPY "pagamentos"/, isCopy: true },
  'during COPY historico_status': { sql: /^COPY "historico_status"/, isCopy: true },
  'before customers are kept': { sql: /^\s*INSERT INTO "clientes"/ },
  'before products are kept': { sql: /^\s*INSERT INTO "produtos"/ },
  'before sightings are kept': { sql: /^\s*INSERT INTO esteira\.vistos/, isRare: true },
  'before the history takes an earlier sighting': { sql: /^\s*UPDATE historico_status/, isRare: true },
  'before the quarantine is written': { sql: /^\s*INSERT INTO pedidos_rejeitados/ },
  'before the quarantine is resolved': { sql: /^\s*UPDATE pedidos_rejeitados/ },
  'during COPY of a new period into a rollup': {
    sql: /^COPY "(?:pedidos_(?:diarios|horarios|municipio)|vendas_\w+|pagamentos_\w+)"/,
    isCopy: true,
    isRare: true,
  },
  'before a rollup is added': { sql: /^\s*INSERT INTO "vendas_categoria"/m },
  'before changes of status are added': { sql: /^\s*INSERT INTO "mudancas_diarias"/m },
  'before the cohorts are marked': { sql: /^UPDATE esteira\.apuracao_coortes m SET/ },
  'before the ledger row': { sql: /^\s*INSERT INTO esteira\.lotes/ },
  'before the position moves': { sql: /^\s*INSERT INTO esteira\.posicoes/ },
  'before COMMIT is executed': { sql: /^COMMIT/ },
  'COMMIT executed, its answer held': { sql: /^COMMIT/, isAnswer: true },
} as const satisfies Record<string, PhaseMark>;

interface PhaseMark {
  readonly sql: RegExp;
  readonly isCopy?: true;
  readonly isAnswer?: true;
  readonly isRare?: true;
}

export type Phase = keyof typeof PHASES;

const MARKS = Object.entries(PHASES) as [Phase, PhaseMark][];

/** Those that a load goes through again and again when it replaces orders and rejects some. */
export const COMMON_PHASES: readonly Phase[] = MARKS.filter(([, { isRare }]) => isRare !== true).map(([name]) => name);

/** Those that `COMMON_PHASES` leaves out. */
export const RARE_PHASES: readonly Phase[] = MARKS.filter(([, { isRare }]) => isRare === true).map(([name]) => name);

export interface Trap {
  readonly phase: Phase;
  /** Which occurrence from the moment of arming; 1 is the next. */
  readonly nth?: number;
  /** Runs while the connection is held. Afterwards the connection is cut, or goes on when the action says so. */
  readonly action: () => Promise<'cut' | 'go on'>;
}

export interface WireProxy {
  readonly port: number;
  /** Replaces the port (and host) of a URL by the proxy's. */
  url(direct: string): string;
  /** Sets one trap; resolves when it was sprung and its action is done. */
  arm(trap: Trap): Promise<void>;
  /** Takes the trap away. */
  disarm(): void;
  /** How often each phase was passed or met. */
  readonly seen: ReadonlyMap<Phase, number>;
  /** Aborts every connection at once, whatever it is doing. */
  cutAll(): void;
  close(): Promise<void>;
}

interface Armed {
  readonly trap: Trap;
  left: number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** `onStatement` is told every SQL text of the clients. */
export async function startWireProxy(
  target: () => { host: string; port: number },
  onStatement: (sql: string) => void = () => undefined,
): Promise<WireProxy> {
  const seen = new Map<Phase, number>();
  const links = new Set<Link>();
  let armed: Armed | null = null;
  const meet = (phase: Phase): Armed | null => {
    seen.set(phase, (seen.get(phase) ?? 0) + 1);
    if (armed?.trap.phase !== phase || --armed.left > 0) return null;
    const sprung = armed;
    armed = null;
    return sprung;
  };
  const server = createServer((client) => {
    const link = new Link(client, target(), { meet, onStatement, gone: () => links.delete(link) });
    links.add(link);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    seen,
    url: (direct) => {
      const url = new URL(direct);
      url.hostname = '127.0.0.1';
      url.port = String(port);
      return url.href;
    },
    arm: (trap) =>
      new Promise<void>((done, failed) => {
        armed = { trap, left: trap.nth ?? 1, done, failed };
      }),
    disarm: () => {
      armed = null;
    },
    cutAll: () => {
      for (const link of links) link.cut();
    },
    close: async () => {
      for (const link of links) link.cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Observer {
  /** The trap to spring at this phase, if there is one. */
  readonly meet: (phase: Phase) => Armed | null;
  readonly onStatement: (sql: string) => void;
  readonly gone: () => void;
}

/** One client connection and its own connection to the server. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #meet: (phase: Phase) => Armed | null;
  readonly #onStatement: (sql: string) => void;
  #buffer: Buffer = Buffer.alloc(0);
  #isStarted = false;
  #isHeld = false;
  /** A trap that waits for the server's answer to the message before it. */
  #answer: Armed | null = null;
  /** A trap in a COPY: sprung at its first data. */
  #copy: Armed | null = null;

  constructor(client: Socket, target: { host: string; port: number }, { meet, onStatement, gone }: Observer) {
    this.#client = client;
    this.#meet = meet;
    this.#onStatement = onStatement;
    this.#server = connectTo(target);
    for (const socket of [client, this.#server]) {
      // Messages are passed on one by one: put together by the system, each would wait 40 ms for the answer to the one before.
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.cut();
        gone();
      });
    }
    client.on('data', (data: Buffer) => this.#fromClient(data));
    this.#server.on('data', (data: Buffer) => {
      if (this.#answer) {
        const held = this.#answer;
        this.#answer = null;
        void this.#spring(held, () => client.write(data));
      } else if (this.#isHeld) {
        this.#late.push(data);
      } else client.write(data);
    });
  }

  #late: Buffer[] = [];

  cut(): void {
    // A reset, as from a crashed host: nothing that is still buffered arrives.
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  #fromClient(data: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? data : Buffer.concat([this.#buffer, data]);
    if (!this.#isHeld) this.#forward();
  }

  /** Forwards whole messages until one is held. */
  #forward(): void {
    while (!this.#isHeld && this.#buffer.length >= 5) {
      const header = this.#isStarted ? 1 : 0;
      const size = header + this.#buffer.readInt32BE(header);
      if (this.#buffer.length < size) return;
      const message = this.#buffer.subarray(0, size);
      this.#buffer = this.#buffer.subarray(size);
      if (!this.#isStarted) {
        // SSLRequest (80877103) is answered with one byte and followed by another start-up message.
        if (message.readInt32BE(4) !== 80877103) this.#isStarted = true;
        this.#server.write(message);
      } else this.#inspect(message);
    }
  }

  #inspect(message: Buffer): void {
    const type = String.fromCharCode(message[0] ?? 0);
    if (type === 'd' && this.#copy) {
      // Half of the rows are at the server, the rest never comes.
      const held = this.#copy;
      this.#copy = null;
      this.#server.write(message);
      void this.#spring(held, () => undefined);
      return;
    }
    const sql = sqlOf(type, message);
    if (sql !== null) {
      this.#onStatement(sql);
      for (const [name, phase] of MARKS) {
        if (!phase.sql.test(sql)) continue;
        const trap = this.#meet(name);
        if (!trap) continue;
        if (phase.isCopy) this.#copy = trap;
        else if (phase.isAnswer) this.#answer = trap;
        else {
          void this.#spring(trap, () => this.#server.write(message));
          return;
        }
      }
    }
    this.#server.write(message);
  }

  async #spring(armed: Armed, goOn: () => void): Promise<void> {
    this.#isHeld = true;
    try {
      if ((await armed.trap.action()) === 'cut') this.cut();
      else {
        goOn();
        for (const data of this.#late.splice(0)) this.#client.write(data);
        this.#isHeld = false;
        this.#forward();
      }
      armed.done();
    } catch (error) {
      this.cut();
      armed.failed(error);
    }
  }
}

/** The SQL of a simple Query or of a Parse message. */
function sqlOf(type: string, message: Buffer): string | null {
  if (type === 'Q') return message.toString('utf8', 5, message.length - 1);
  if (type !== 'P') return null;
  const start = message.indexOf(0, 5) + 1;
  return message.toString('utf8', start, message.indexOf(0, start));
}
