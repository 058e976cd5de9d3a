// `esteira prove`: rounds of faults on a throw-away stack, and after each the warehouse against an independent oracle. It never touches the user's own.
import { messageOf } from '../lib/errors.ts';
import { CONSUMER_FAULTS } from './consumer-faults.ts';
import { Ground } from './ground.ts';
import { type Fault, Round } from './round.ts';
import { SERVER_FAULTS } from './server-faults.ts';
import { SPARK_FAULTS } from './spark-faults.ts';

export interface ProveOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly withSpark: boolean;
  /** Of Kafka's and Spark's jars. */
  readonly cache: string;
  /** The command line's own file: commands are processes of their own, to be killed. */
  readonly main: string;
  /** An empty folder for everything; removed at the end. Default: one of its own among the system's temporary files. */
  readonly home?: string;
  /** Ends what is under way, then the servers. */
  readonly signal?: AbortSignal;
  readonly onRound?: (round: ProofRound) => void;
}

export interface ProofRound {
  readonly round: number;
  readonly fault: string;
  /** Failpoints that were hit. */
  readonly points: readonly string[];
  /** Failpoints that this machine cannot hit, with the reason. */
  readonly leftOut: Readonly<Record<string, string>>;
  /** Messages sent. */
  readonly events: number;
  readonly restarts: number;
  readonly seconds: number;
  /** Null: all held. */
  readonly failure: string | null;
}

/** In the order of the rounds; more rounds begin again. */
const FAULTS: readonly Fault[] = [
  SERVER_FAULTS.killProducer,
  CONSUMER_FAULTS.killConsumer,
  CONSUMER_FAULTS.disorder,
  SERVER_FAULTS.poison,
  SERVER_FAULTS.killPostgres,
  SERVER_FAULTS.refuse,
  CONSUMER_FAULTS.editPositions,
  CONSUMER_FAULTS.pauseConsumer,
  SERVER_FAULTS.killKafka,
  SPARK_FAULTS.killSpark,
  SPARK_FAULTS.damageCheckpoint,
  CONSUMER_FAULTS.replaceTopic,
];

/** The faults of one cycle. */
export function faultNames(withSpark: boolean): string[] {
  return faults(withSpark).map(({ name }) => name);
}

function faults(withSpark: boolean): readonly Fault[] {
  return FAULTS.filter(({ needsSpark }) => withSpark || needsSpark !== true);
}

/** Runs the rounds; one that fails is reported and ends the run. Throws what keeps the servers from starting, and when stopped. */
export async function prove(options: ProveOptions): Promise<ProofRound[]> {
  const { rounds, seed, withSpark, cache, main, home, signal, onRound } = options;
  const ground = await Ground.open({ seed, cache, main, home, signal });
  try {
    await ground.send(ground.versions(200));
    await ground.consume();
    await ground.check();
    const reports: ProofRound[] = [];
    const all = faults(withSpark);
    for (let index = 0; index < rounds; index++) {
      signal?.throwIfAborted();
      const fault = all[index % all.length];
      if (fault === undefined) break;
      const report = { round: index + 1, ...(await playRound(ground, fault, Math.floor(index / all.length))) };
      signal?.throwIfAborted();
      reports.push(report);
      onRound?.(report);
      if (report.failure !== null) break;
    }
    return reports;
  } finally {
    await ground.close();
  }
}

/** One round: the fault, whether it met all its failpoints, and all that must hold afterwards. Never throws: what went wrong is in `failure`. */
export async function playRound(ground: Ground, fault: Fault, cycle: number): Promise<Omit<ProofRound, 'round'>> {
  const round = new Round(ground, cycle);
  const started = performance.now();
  const before = ground.sentCount;
  let failure: string | null = null;
  try {
    await fault.suffer(round);
    const missed = fault.points(cycle).filter((point) => !round.hits.includes(point) && !round.leftOut.has(point));
    if (missed.length > 0) failure = `These failpoints were not hit: ${missed.join('; ')}.`;
    else await ground.check();
  } catch (error) {
    failure = messageOf(error);
  }
  return {
    fault: fault.name,
    points: round.hits,
    leftOut: Object.fromEntries(round.leftOut),
    events: ground.sentCount - before,
    restarts: round.restarts,
    seconds: (performance.now() - started) / 1000,
    failure,
  };
}
