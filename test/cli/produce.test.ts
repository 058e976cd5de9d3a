// What `esteira produce` prints and how it ends, as a process of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packagePath } from '../../src/lib/paths.ts';
import { csvOf, documentOf, line } from '../support/load.ts';
import { sharedKafka, stackMissing, testPrefix } from '../support/stack.ts';
import { readTopic, topicSetting } from '../support/topic.ts';

const MAIN = packagePath('src', 'cli', 'main.ts');
/** Nobody listens there. */
const NOWHERE = '127.0.0.1:9';

interface Ended {
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `onWaiting` is called when it first says that it waits. */
async function produce(
  args: readonly string[],
  onWaiting?: (kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'produce', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let hasWaited = false;
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    if (hasWaited || !stderr.includes('waiting for Kafka')) return;
    hasWaited = true;
    onWaiting?.((signal) => void child.kill(signal));
  });
  await once(child, 'close');
  return { code: child.exitCode ?? child.signalCode, stdout, stderr };
}

async function fileOf(t: TestContext, name: string, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-produce-cli-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

test(
  'produce says what it sent, ends with 0, and its report in JSON says the same',
  { skip: stackMissing },
  async (t) => {
    const { bootstrap } = await sharedKafka();
    const path = await fileOf(t, 'pedidos.csv', csvOf([line({ id_pedido: '1' }), line({ id_pedido: '2' })]));
    const topic = `${testPrefix()}comando`;
    const common = ['--csv', path, '--topic', topic, '--kafka', bootstrap];

    const missing = await produce(common);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /TOPIC_UNKNOWN[\s\S]*--create-topic/);

    const first = await produce([...common, '--create-topic', '--partitions', '2', '--retention', '2d']);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /pedidos\.csv: 2 lines \(esteira, csv\), 2 messages\n/);
    assert.match(first.stdout, /2 messages delivered to 2 partitions/);
    assert.equal(await topicSetting({ bootstrap: [bootstrap] }, topic, 'retention.ms'), String(2 * 24 * 3_600_000));

    const second = await produce([...common, '--json']);
    const report = JSON.parse(second.stdout) as { deliveredCount: number; partitionCount: number };
    assert.deepEqual([report.deliveredCount, report.partitionCount], [2, 2]);
    assert.equal((await readTopic({ bootstrap: [bootstrap] }, topic)).length, 4);
  },
);

test(
  'a message that the topic does not take ends with 4 and is named by its hash only',
  { skip: stackMissing },
  async (t) => {
    const { bootstrap } = await sharedKafka();
    const { TopicAdmin } = await import('../../src/broker/topics.ts');
    const topic = `${testPrefix()}pequeno`;
    const admin = new TopicAdmin({ bootstrap: [bootstrap] });
    t.after(() => admin.close());
    await admin.ensure(topic, { partitions: 1, retentionMs: 60_000, maxMessageBytes: 700 });
    const documents = [
      documentOf(line({ id_pedido: '1' }), { itens: [], pagamentos: [] }),
      documentOf(
        line({ id_pedido: '2', nome: Array.from({ length: 900 }, (_, n) => (n * 7919).toString(36)).join('') }),
      ),
    ];
    const path = await fileOf(t, 'pedidos.jsonl', documents.map((document) => JSON.stringify(document)).join('\n'));
    const { code, stdout, stderr } = await produce([path, '--topic', topic, '--kafka', bootstrap]);
    assert.equal(code, 4, stderr);
    assert.match(stderr, /MESSAGE_TOO_LARGE[\s\S]*hash_origem [0-9a-f]{64}/);
    assert.match(stdout, /1 message delivered/);
  },
);

test('a broker that stays away ends with 3 after the outage allowed', async (t) => {
  const path = await fileOf(t, 'pedidos.csv', csvOf([line({ id_pedido: '1' })]));
  const { code, stderr } = await produce([path, '--kafka', NOWHERE, '--max-outage', '3s']);
  assert.equal(code, 3, stderr);
  assert.match(stderr, /waiting for Kafka/);
  assert.match(stderr, /BROKER_UNREACHABLE/);
});

test('while it waits for Kafka, Ctrl-C ends it with 130 and SIGTERM with 0', async (t) => {
  const path = await fileOf(t, 'pedidos.csv', csvOf([line({ id_pedido: '1' })]));
  const stopped = await produce([path, '--kafka', NOWHERE], (kill) => kill('SIGINT'));
  assert.equal(stopped.code, 130, stopped.stderr);
  const ended = await produce([path, '--kafka', NOWHERE], (kill) => kill('SIGTERM'));
  assert.equal(ended.code, 0, ended.stderr);
});

test('produce without a file, and with numbers that make no topic, ends with 2', async (t) => {
  const path = await fileOf(t, 'pedidos.csv', csvOf([line({ id_pedido: '1' })]));
  const nothing = await produce([]);
  assert.equal(nothing.code, 2);
  assert.match(nothing.stderr, /No file was named/);
  assert.equal((await produce([path, '--partitions', '0'])).code, 2);
  assert.equal((await produce([path, '--retention', 'sempre'])).code, 2);
  const password = await produce([path, '--kafka-password', 'segredo']);
  assert.equal(password.code, 2);
  assert.doesNotMatch(password.stderr, /segredo/);
});
