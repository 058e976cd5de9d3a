// Support of the tests of bad values: collects orders into one file while the tests are being declared, and loads it once before they run.
import { csvOf, line, loaded, outcomes, pick, type Cells, type Row, type Warehouse } from '../support/load.ts';

export interface LoadedOrders {
  readonly warehouse: Warehouse;
  /** By order number: "!" and the reasons, or the warnings. */
  readonly all: Readonly<Record<string, string>>;
}

/** One file of orders, with decimal points. */
export class OrderFile {
  readonly lines: Cells[] = [];
  #loaded: LoadedOrders | undefined;
  #release = async (): Promise<void> => undefined;

  /** Puts an order into the file; the first line's cells hold for the others too. Returns its number. */
  order(first: Cells, ...more: Cells[]): string {
    const id = first.id_pedido ?? `P${this.lines.length + 1}`;
    for (const cells of [{}, ...more]) this.lines.push(line({ ...first, id_pedido: id, ...cells }));
    return id;
  }

  /** Outcomes of orders that differ in one column, by its text. */
  column(name: keyof Cells, texts: readonly string[], besides: Cells = {}): () => Record<string, string | undefined> {
    const ids = texts.map((text) => [text, this.order({ ...besides, [name]: text })] as const);
    return () => Object.fromEntries(ids.map(([text, id]) => [text, this.#loaded?.all[id]]));
  }

  /** Warnings and other stored values of accepted orders that differ in one column, by its text. */
  stored(
    name: keyof Cells,
    texts: readonly string[],
    besides: Cells,
    ...wanted: string[]
  ): () => Promise<Record<string, Row>> {
    const ids = texts.map((text) => [text, this.order({ ...besides, [name]: text })] as const);
    return async () => {
      const entries: [string, Row][] = [];
      for (const [text, id] of ids)
        entries.push([text, pick(await this.#loaded?.warehouse.order(id), 'avisos', ...wanted)]);
      return Object.fromEntries(entries);
    };
  }

  async load(): Promise<LoadedOrders> {
    // node:test runs `before` as soon as the first test is declared: wait for the others to put their orders in.
    await new Promise((resume) => setImmediate(resume));
    const warehouse = await loaded({ after: (hook) => void (this.#release = hook) }, csvOf(this.lines), {
      decimal: '.',
    });
    this.#loaded = { warehouse, all: await outcomes(warehouse) };
    return this.#loaded;
  }

  release(): Promise<void> {
    return this.#release();
  }
}
