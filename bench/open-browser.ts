// An open page as a client: it holds a stream of events and asks for the page again at a notice, no more than once a second, as src/dashboard/assets/dashboard.js does.
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const MIN_GAP_MS = 1_000;

export class OpenBrowser {
  readonly #port: number;
  readonly #agent: Agent;
  readonly #localAddress: string;
  #stream: IncomingMessage | null = null;
  #isRefreshing = false;
  #isWanted = false;
  #isClosed = false;
  #shown = '';
  #shownAt = 0;
  /** Batch events heard. */
  notices = 0;
  pages = 0;
  refused = 0;
  /** Milliseconds of each page. */
  readonly times: number[] = [];
  /** When it first showed what `hasSeen` waited for. */
  seenAt: number | null = null;

  constructor(port: number, index: number) {
    this.#port = port;
    // Linux answers on all of 127.0.0.0/8: every browser is a client of its own
    this.#localAddress =
      process.platform === 'linux' ? `127.0.${1 + Math.floor(index / 250)}.${1 + (index % 250)}` : '127.0.0.1';
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  async open(): Promise<void> {
    await this.#page();
    const response = await this.#get('/live', new Agent());
    this.#stream = response;
    response.setEncoding('utf8').on('data', (text: string) => {
      for (const [, event] of text.matchAll(/event: (\w+)/g)) {
        if (event !== 'batch') continue;
        this.notices += 1;
        void this.#refresh();
      }
    });
    response.on('error', () => undefined);
  }

  /** Waits until the page shows this captured revenue. */
  async hasSeen(revenue: string, timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (this.#shown !== revenue && performance.now() < until) await sleep(20);
    if (this.#shown === revenue) this.seenAt = this.#shownAt;
  }

  close(): void {
    this.#isClosed = true;
    this.#stream?.destroy();
    this.#agent.destroy();
  }

  async #refresh(): Promise<void> {
    this.#isWanted = true;
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      await this.#page().catch(() => undefined);
      await sleep(MIN_GAP_MS);
    }
    this.#isRefreshing = false;
  }

  async #page(): Promise<void> {
    const start = performance.now();
    const response = await this.#get('/', this.#agent);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    if (response.statusCode !== 200) {
      this.refused += 1;
      return;
    }
    this.pages += 1;
    this.times.push(performance.now() - start);
    const shown = /data-metric="receita_captada"[\s\S]*?data-value="([^"]*)"/.exec(text)?.[1] ?? '';
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#shownAt = performance.now();
  }

  #get(path: string, agent: Agent): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port: this.#port, path, agent, localAddress: this.#localAddress }, resolve).on(
        'error',
        reject,
      );
    });
  }
}
