// A command of Esteira in a process of its own, watched: what it says, how it ends, and the most memory it holds.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { packagePath } from '../src/lib/paths.ts';

/** A command of Esteira in a process of its own. */
export class Running {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #said = '';
  #mostKb = 0;

  constructor(args: readonly string[], variables: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [packagePath('src', 'cli', 'main.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...variables },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    const timer = setInterval(() => this.#lookAtMemory(), 100);
    this.#ended = new Promise((resolve) =>
      this.#child.once('close', (code) => {
        clearInterval(timer);
        resolve(code);
      }),
    );
  }

  /** The most memory it has held, where the system tells; MB. */
  get mostMb(): number {
    return this.#mostKb / 1000;
  }

  async until(words: string): Promise<void> {
    while (!this.#said.includes(words)) {
      if (this.#child.exitCode !== null) throw new Error(this.#said);
      await sleep(20);
    }
  }

  async success(): Promise<void> {
    if ((await this.#ended) !== 0) throw new Error(this.#said);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.success();
  }

  #lookAtMemory(): void {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      this.#mostKb = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? this.#mostKb);
    } catch {
      // it has ended, or this system has no /proc
    }
  }
}
