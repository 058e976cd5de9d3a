// How to reach Kafka: the settings as options of the client library, and what its failures mean. It opens no connection and never retries.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { BaseOptions } from '@platformatic/kafka';
import { fail } from '../catalog/errors.ts';
import type { Config } from '../config/load.ts';
import { EsteiraError, messageOf } from '../lib/errors.ts';
import { untilStopped } from '../lib/stopping.ts';

/** Everything needed to reach a cluster; holds a password, so it is never printed. */
export interface BrokerSettings {
  /** host:port, at least one. */
  readonly bootstrap: readonly string[];
  /** Present: TLS, with these authorities (PEM) or those that Node trusts. */
  readonly tls?: { readonly ca?: string };
  readonly sasl?: {
    readonly mechanism: 'SCRAM-SHA-512' | 'SCRAM-SHA-256' | 'PLAIN';
    readonly username: string;
    readonly password: string;
  };
}

const MECHANISMS = { 'scram-sha-512': 'SCRAM-SHA-512', 'scram-sha-256': 'SCRAM-SHA-256', plain: 'PLAIN' } as const;

/** The cluster that the settings name. Throws BROKER_SETTING_INVALID. */
export function brokerSettings(config: Config): BrokerSettings {
  const security = config.get('kafka.security');
  const username = config.get('kafka.user');
  const password = config.get('kafka.password');
  const hasSasl = security.startsWith('sasl');
  if (hasSasl && (username === undefined || password === undefined)) {
    throw invalid(
      `kafka.security is ${security}, but ${username === undefined ? 'kafka.user' : 'kafka.password'} is not set.`,
      'Set kafka.user and kafka.password (ESTEIRA_KAFKA_USER, ESTEIRA_KAFKA_PASSWORD), or another kafka.security.',
    );
  }
  if (!hasSasl && password !== undefined) {
    throw invalid(
      `kafka.password is set, but kafka.security is ${security}, which sends none.`,
      'Set kafka.security to sasl_ssl (or sasl_plaintext), or remove the password.',
    );
  }
  return {
    bootstrap: config.get('kafka.bootstrap').split(','),
    ...(security.endsWith('ssl') ? { tls: authorities(config.get('kafka.ca_file')) } : {}),
    ...(hasSasl
      ? {
          sasl: {
            mechanism: MECHANISMS[config.get('kafka.sasl_mechanism')],
            username: username ?? '',
            password: password ?? '',
          },
        }
      : {}),
  };
}

function authorities(path: string | undefined): { ca?: string } {
  if (path === undefined) return {};
  try {
    return { ca: readFileSync(path, 'utf8') };
  } catch (error) {
    throw invalid(`${path} cannot be read.`, 'Correct kafka.ca_file (ESTEIRA_KAFKA_CA_FILE).', messageOf(error));
  }
}

function invalid(what: string, fix: string, why = 'The settings of Kafka must fit together.'): EsteiraError {
  return fail('BROKER_SETTING_INVALID', { what, why, fix });
}

/** Options of any client of the library. Waits are short: whoever calls decides how long an outage may last. */
export function clientOptions(settings: BrokerSettings, role: string): BaseOptions {
  return {
    clientId: `esteira-${role}`,
    bootstrapBrokers: [...settings.bootstrap],
    connectTimeout: 5000,
    retries: 2,
    retryDelay: 250,
    autocreateTopics: false,
    ...(settings.tls === undefined ? {} : { tls: { ...settings.tls, rejectUnauthorized: true } }),
    // The name that was asked for goes along (SNI): brokers behind one address need it. Addresses are no names.
    ...(settings.tls !== undefined && !settings.bootstrap.some((host) => isIP(hostOf(host)) !== 0)
      ? { tlsServerName: true }
      : {}),
    ...(settings.sasl === undefined ? {} : { sasl: { ...settings.sasl } }),
  };
}

/** Kafka may be there and hang; its clients wait minutes for that. */
const ANSWER_MS = 15_000;

/** Settles as the question does; rejects with the signal's reason as soon as that comes, and when there is no answer in time, with what asBrokerError takes for an outage. */
export async function untilAnswered<T>(question: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const late = new AbortController();
  const silence = Object.assign(new Error(`no answer within ${ANSWER_MS / 1000} s`), { canRetry: true });
  const timer = setTimeout(() => late.abort(silence), ANSWER_MS);
  try {
    return await untilStopped(untilStopped(question, signal), late.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The host of `host:port`, without the brackets of an IPv6 address. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
}

/** Errors of Kafka's protocol that speak of the client's rights or its way of talking. */
const REFUSALS = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'DELEGATION_TOKEN_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'ILLEGAL_SASL_STATE',
  'SECURITY_DISABLED',
]);

/** Turns a failure of Kafka or of the way to it into an EsteiraError; anything else is returned as it is, a bug. */
export function asBrokerError(error: unknown, topic?: string): unknown {
  if (error instanceof EsteiraError) return error;
  const causes = [...causesOf(error)];
  const has = (test: (cause: KafkaFailure) => boolean): KafkaFailure | undefined => causes.find(test);
  const large = has(({ apiId }) => apiId === 'MESSAGE_TOO_LARGE' || apiId === 'RECORD_LIST_TOO_LARGE');
  if (large) return tooLarge(topic);
  if (has(({ message }) => /^Unknown topic\b/.test(message)) || has(({ apiId }) => apiId === 'UNKNOWN_TOPIC_ID'))
    return unknownTopic(topic, error);
  const refusal = has(
    ({ code, apiId, message }) =>
      code === 'PLT_KFK_AUTHENTICATION' ||
      REFUSALS.has(apiId ?? '') ||
      /TLS|SASL|certificate|self-signed/i.test(message),
  );
  if (refusal) {
    return fail('BROKER_REFUSED', {
      what: 'Kafka refused the connection or the rights.',
      why: refusal.message,
      fix: 'Check kafka.security, kafka.ca_file, kafka.user and kafka.password (esteira config), and what the user may do.',
      cause: error,
    });
  }
  const short = has(({ apiId }) => apiId === 'NOT_ENOUGH_REPLICAS' || apiId === 'NOT_ENOUGH_REPLICAS_AFTER_APPEND');
  if (short) {
    return fail('BROKER_UNREACHABLE', {
      what: `Kafka takes no messages${topic === undefined ? '' : ` for topic ${topic}`}: replicas are missing.`,
      why: short.message,
      fix: 'Start the brokers that are down, or have min.insync.replicas of the topic lowered; then run the same command again.',
      cause: error,
    });
  }
  const passing = has(({ code, canRetry }) => code === 'PLT_KFK_NETWORK' || canRetry === true);
  if (passing) {
    return fail('BROKER_UNREACHABLE', {
      what: 'Kafka does not answer.',
      why: deepest(passing).message,
      fix: 'Start it (esteira stack up) or check kafka.bootstrap and the network; then run the same command again.',
      cause: error,
    });
  }
  return error;
}

/** The error for a topic that is not there. */
export function unknownTopic(topic: string | undefined, cause?: unknown): EsteiraError {
  return fail('TOPIC_UNKNOWN', {
    what: `There is no topic ${topic ?? 'of this name'}.`,
    why: 'Kafka knows no topic of that name, or this user may not see it.',
    fix: 'Correct the name, or create the topic: esteira produce --create-topic makes the raw one, esteira stream --create-topics those that Spark writes.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error for a message that the topic does not take; `what` names it without showing it. */
export function tooLarge(topic?: string, what?: string): EsteiraError {
  return fail('MESSAGE_TOO_LARGE', {
    what: what ?? `A message is too large${topic === undefined ? '' : ` for topic ${topic}`}.`,
    why: "Kafka's limit of the topic (max.message.bytes) is smaller.",
    fix: 'Raise max.message.bytes of the topic and run the same command again; what was sent already does no harm.',
  });
}

interface KafkaFailure {
  readonly message: string;
  readonly code?: string;
  readonly apiId?: string;
  readonly canRetry?: boolean;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** An error and everything underneath it. */
function* causesOf(error: unknown, depth = 0): Generator<KafkaFailure> {
  if (!(error instanceof Error) || depth > 8) return;
  const failure = error as KafkaFailure;
  for (const inner of failure.errors ?? []) yield* causesOf(inner, depth + 1);
  yield* causesOf(failure.cause, depth + 1);
  yield failure;
}

function deepest(failure: KafkaFailure): KafkaFailure {
  return failure.cause instanceof Error && failure.cause.message !== '' ? deepest(failure.cause) : failure;
}
