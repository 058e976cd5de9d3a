// The mock store's inside: its clock, its orders, how they change while somebody reads, and the index its list is served from.
// It knows nothing of HTTP (`server.ts`). The same options and the same calls give the same store.
import { Draw } from './draw.ts';
import { moveOn, newOrder, type MockOrder } from './orders.ts';

export interface Churn {
  /** Changes after each page served: the hardest case for a reader. */
  readonly perPage?: number;
  /** Changes as time goes by. */
  readonly perSecond?: number;
}

export interface WorldOptions {
  readonly orderCount: number;
  readonly seed: number;
  /** Milliseconds since the epoch at the beginning; absent: the machine's clock, running on. */
  readonly startMs?: number | undefined;
  readonly churn: Churn;
  /** How long a change may take to show in the list (seconds, drawn from 0 to this). */
  readonly indexLagSeconds: number;
  /** So many orders share one update time, as after a bulk edit in the store's back office. */
  readonly bulkTieCount: number;
}

/** How far back the first orders go. */
const HISTORY_SECONDS = 90 * 86_400;
const MAX_CHANGES_AT_ONCE = 20_000;

export class World {
  readonly #options: WorldOptions;
  readonly #draw: Draw;
  readonly #orders = new Map<number, MockOrder>();
  /** What the list shows, sorted by (updatedAt, id). Behind `#orders` by the index lag. */
  readonly #index: MockOrder[] = [];
  readonly #shown = new Map<number, MockOrder>();
  #waiting: { readonly visibleAt: number; readonly order: MockOrder }[] = [];
  #offsetMs = 0;
  #owedChanges = 0;
  #churnedUntilMs: number;
  #lastServed: readonly MockOrder[] = [];
  #isFrozen = false;
  changeCount = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#draw = new Draw(options.seed);
    this.#churnedUntilMs = this.now();
    this.#populate();
  }

  /** The store's clock, milliseconds. */
  now(): number {
    return (this.#options.startMs ?? Date.now()) + this.#offsetMs;
  }

  /** Moves the clock on; what falls due meanwhile happens. */
  advance(ms: number): void {
    this.#offsetMs += ms;
    this.settle();
  }

  /** No more changes by themselves; those made still have to reach the list. */
  freeze(): void {
    this.settle();
    this.#isFrozen = true;
  }

  /** Current version of every order, by id. */
  orders(): MockOrder[] {
    this.settle();
    return [...this.#orders.values()].toSorted((left, right) => left.id - right.id);
  }

  /** Makes `count` changes now. */
  change(count: number): void {
    for (let made = 0; made < count; made += 1) this.#changeOne(Math.floor(this.now() / 1000));
  }

  /** Lets one order move on now, whatever chance says; false when it already did in this very second, or does not exist. */
  touch(id: number): boolean {
    const order = this.#orders.get(id);
    const at = Math.floor(this.now() / 1000);
    if (order === undefined || order.updatedAt >= at) return false;
    this.#put(moveOn(order, at, this.#draw), at);
    return true;
  }

  /** The list between two inclusive update times, as it shows at this moment: a copy of the rows `from` .. `from + limit`. */
  list(
    bounds: { readonly min: number; readonly max: number },
    from: number,
    limit: number,
  ): { rows: MockOrder[]; total: number } {
    this.settle();
    const first = this.#placeOf(bounds.min, 0);
    const end = this.#placeOf(bounds.max + 1, 0);
    return {
      rows: this.#index.slice(first + from, Math.min(first + from + limit, end)),
      total: Math.max(0, end - first),
    };
  }

  /** How many rows of the list between the bounds come before or at (updatedAt, id). */
  rankAfter(bounds: { readonly min: number; readonly max: number }, updatedAt: number, id: number): number {
    this.settle();
    return Math.max(0, this.#placeOf(updatedAt, id + 1) - this.#placeOf(bounds.min, 0));
  }

  /** Called after a page went out: the store changes, most of all what was just read. */
  served(rows: readonly MockOrder[]): void {
    this.#lastServed = rows;
    if (!this.#isFrozen) this.change(this.#options.churn.perPage ?? 0);
  }

  /** Catches up with the clock: changes that are owed, then changes that become visible. */
  settle(): void {
    const now = this.now();
    const perSecond = this.#options.churn.perSecond ?? 0;
    if (!this.#isFrozen && perSecond > 0) {
      this.#owedChanges += ((now - this.#churnedUntilMs) / 1000) * perSecond;
      const due = Math.min(MAX_CHANGES_AT_ONCE, Math.floor(this.#owedChanges));
      this.#owedChanges -= Math.floor(this.#owedChanges);
      for (let made = 0; made < due; made += 1) {
        this.#changeOne(Math.floor((this.#churnedUntilMs + ((now - this.#churnedUntilMs) * made) / due) / 1000));
      }
    }
    this.#churnedUntilMs = now;
    const seconds = now / 1000;
    if (this.#waiting.some((change) => change.visibleAt <= seconds)) {
      for (const change of this.#waiting) if (change.visibleAt <= seconds) this.#show(change.order);
      this.#waiting = this.#waiting.filter((change) => change.visibleAt > seconds);
    }
  }

  #populate(): void {
    const { orderCount, seed, bulkTieCount } = this.#options;
    const end = Math.floor(this.now() / 1000) - 3600;
    const bulkAt = end - HISTORY_SECONDS / 3;
    for (let id = 1001; id <= 1000 + orderCount; id += 1) {
      const age = 1 - (id - 1001) / Math.max(1, orderCount);
      let order = newOrder(seed, id, end - Math.floor(age * HISTORY_SECONDS));
      for (let steps = this.#draw.whole(0, 3); steps > 0; steps -= 1) {
        const at = Math.min(end, order.updatedAt + this.#draw.whole(30, 5 * 86_400));
        if (at > order.updatedAt) order = moveOn(order, at, this.#draw);
      }
      // The oldest orders were edited together: one second, more than a page.
      if (id <= 1000 + Math.min(bulkTieCount, orderCount))
        order = { ...order, updatedAt: Math.max(order.updatedAt, bulkAt) };
      this.#orders.set(id, order);
      this.#shown.set(id, order);
      this.#index.push(order);
    }
    this.#index.sort(byPlace);
  }

  #changeOne(at: number): void {
    const isNew = this.#draw.chance(0.2) || this.#orders.size === 0;
    if (isNew) {
      this.#put(newOrder(this.#options.seed, 1001 + this.#orders.size, at), at);
      return;
    }
    const isReread = this.#lastServed.length > 0 && this.#draw.chance(0.5);
    const id = isReread ? this.#draw.pick(this.#lastServed).id : this.#draw.whole(1001, 1000 + this.#orders.size);
    const order = this.#orders.get(id);
    // An update time has whole seconds: a second change in the same one could not be told from the first.
    if (order !== undefined && order.updatedAt < at) this.#put(moveOn(order, at, this.#draw), at);
  }

  #put(order: MockOrder, at: number): void {
    this.changeCount += 1;
    this.#orders.set(order.id, order);
    const lag = this.#options.indexLagSeconds;
    if (lag === 0) this.#show(order);
    else this.#waiting.push({ visibleAt: at + this.#draw.whole(0, lag), order });
  }

  #show(order: MockOrder): void {
    const old = this.#shown.get(order.id);
    if (old !== undefined) {
      if (old.updatedAt > order.updatedAt) return;
      this.#index.splice(this.#placeOf(old.updatedAt, old.id), 1);
    }
    this.#index.splice(this.#placeOf(order.updatedAt, order.id), 0, order);
    this.#shown.set(order.id, order);
  }

  /** First place in the list that is not before (updatedAt, id). */
  #placeOf(updatedAt: number, id: number): number {
    let [low, high] = [0, this.#index.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#index[middle];
      if (order !== undefined && (order.updatedAt < updatedAt || (order.updatedAt === updatedAt && order.id < id)))
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function byPlace(left: MockOrder, right: MockOrder): number {
  return left.updatedAt - right.updatedAt || left.id - right.id;
}
