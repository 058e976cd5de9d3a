// One round of `esteira prove`: which failpoints it is to hit, which it hit, and what was started again. It does no harm itself.
import assert from 'node:assert/strict';
import type { Ground } from './ground.ts';
import type { Program } from './program.ts';
import type { Phase } from './wire-proxy.ts';

/** Something that goes wrong, as a round. `suffer` sends messages, breaks something, and ends when the warehouse should be right again. */
export interface Fault {
  readonly name: string;
  readonly needsSpark?: true;
  /** Failpoints of the round; `cycle` counts from 0 how often this fault had its turn. */
  readonly points: (cycle: number) => readonly string[];
  readonly suffer: (round: Round) => Promise<void>;
}

export class Round {
  readonly ground: Ground;
  readonly cycle: number;
  readonly #hit: string[] = [];
  readonly #left = new Map<string, string>();
  #restarts = 0;

  constructor(ground: Ground, cycle: number) {
    this.ground = ground;
    this.cycle = cycle;
  }

  /** The failpoint was met for certain. */
  hit(point: string): void {
    this.#hit.push(point);
  }

  /** The failpoint cannot be met on this machine. */
  leaveOut(point: string, why: string): void {
    this.#left.set(point, why);
  }

  /**
   * Waits until a consumer meets a moment of its transaction, and for the action that is taken there while it is held. Throws when it ends without meeting it.
   */
  async atPhase(consumer: Program, phase: Phase, action: () => Promise<'cut' | 'go on'>): Promise<void> {
    const { proxy } = this.ground;
    let isMet = false;
    const sprung = proxy.arm({
      phase,
      action: () => {
        isMet = true;
        return action();
      },
    });
    const ended = consumer.ended.then(({ stderr }) => {
      assert.ok(isMet, `a consumer ended and never came to this: ${phase}. ${stderr.slice(-400)}`);
      return sprung;
    });
    try {
      await Promise.race([sprung, ended]);
    } finally {
      proxy.disarm();
    }
  }

  /** Something that was killed runs again. */
  restarted(): void {
    this.#restarts += 1;
  }

  get hits(): readonly string[] {
    return this.#hit;
  }

  get leftOut(): ReadonlyMap<string, string> {
    return this.#left;
  }

  get restarts(): number {
    return this.#restarts;
  }
}
