// The metrics that commands serve are those of the catalogue, in a form that Prometheus reads, and the alerts ask for no other. With promtool at hand,
// Prometheus itself looks at both; without, that is left out and said so.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  CONSUME_METRICS,
  DASHBOARD_METRICS,
  type MetricFamily,
  STREAM_METRICS,
} from '../../src/catalog/process-metrics.ts';
import { packagePath } from '../../src/lib/paths.ts';
import { ConsumeMetrics } from '../../src/pipeline/consume/metrics.ts';
import { NO_COUNTS } from '../../src/pipeline/totals.ts';
import { StreamMetrics } from '../../src/pipeline/stream/metrics.ts';
import { programMissing } from '../support/program.ts';

const ALERTS = packagePath('deploy', 'prometheus', 'alerts.yaml');
const TOPIC = 'topo "1"\\\n';
const place = { topic: TOPIC, partition: 3, position: 5n, end: 12n };

function consumeText(): string {
  const metrics = new ConsumeMetrics('g', () => 1_500);
  metrics.observe({ kind: 'assigned', partitions: [{ ...place, end: 4n }] });
  metrics.observe({ kind: 'loaded', messageCount: 2, counts: NO_COUNTS, partitions: [place], seconds: 0.3 });
  return metrics.metrics();
}

function streamText(): string {
  const metrics = new StreamMetrics(TOPIC, () => 2_500);
  metrics.observe({ kind: 'started', start: 1, endedOrphans: 0 });
  metrics.observe({ kind: 'batch', batch: 0, records: 9, seconds: 40, recordsPerSecond: 1 });
  metrics.observe({ kind: 'lag', partitions: [place], isFresh: true });
  metrics.observe({ kind: 'failed', code: 'SPARK_FAILED', reason: 'x', waitMs: 1 });
  return metrics.metrics();
}

/** Name, labels and value of every sample. */
function samplesOf(text: string): { name: string; labels: string[]; value: number }[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      assert.notEqual(value, undefined, line);
      return {
        name,
        labels: [...labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, key]) => key ?? ''),
        value: Number(value),
      };
    });
}

for (const [command, families, text] of [
  ['consume', CONSUME_METRICS, consumeText()],
  ['stream', STREAM_METRICS, streamText()],
] as const satisfies readonly (readonly [string, Readonly<Record<string, MetricFamily>>, string])[])
  test(`${command} serves every family of the catalogue with its labels, and no other`, () => {
    const all: MetricFamily[] = Object.values(families);
    const described = [...text.matchAll(/^# HELP (\w+) (.+)\n# TYPE \1 (\w+)$/gm)].map(([, ...words]) => words);
    assert.deepEqual(
      described,
      all.map(({ name, help, type }) => [name, help, type]),
    );
    for (const { name, labels, value } of samplesOf(text)) {
      const family = all.find(
        (each) => name === each.name || (each.type === 'histogram' && name.startsWith(each.name)),
      );
      assert.deepEqual(
        labels.filter((label) => label !== 'le'),
        family?.labels,
        name,
      );
      assert.ok(Number.isFinite(value), name);
    }
  });

test('labels are escaped, a batch is in all buckets from its own on, and a lag is never negative', () => {
  const text = streamText();
  assert.ok(text.includes('esteira_stream_lag_messages{topico="topo \\"1\\"\\\\\\n",particao="3"} 7\n'), text);
  const buckets = samplesOf(text).filter(({ name }) => name.startsWith('esteira_stream_batch_seconds'));
  assert.deepEqual(
    buckets.map(({ value }) => value),
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 40, 1],
  );
  const consumed = samplesOf(consumeText()).filter(({ name }) => name.startsWith('esteira_consume_batch_seconds'));
  assert.deepEqual(
    consumed.map(({ value }) => value),
    [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0.3, 1],
  );
  const metrics = new ConsumeMetrics('g');
  metrics.observe({ kind: 'assigned', partitions: [{ ...place, end: 4n }] });
  assert.match(metrics.metrics(), /lag_messages\{.*\} 0$/m);
});

test('alerts ask for metrics and labels that there are', () => {
  const families: Pick<MetricFamily, 'name' | 'labels'>[] = [
    ...[CONSUME_METRICS, STREAM_METRICS, DASHBOARD_METRICS].flatMap((each) => Object.values(each)),
    // Prometheus' own
    { name: 'up', labels: ['job', 'instance'] },
  ];
  const file = parse(readFileSync(ALERTS, 'utf8')) as {
    groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
  };
  const rules = file.groups.flatMap((group) => group.rules);
  assert.ok(rules.length >= 7);
  for (const { alert, expr, annotations } of rules) {
    const names = expr.match(/\b(?:esteira_\w+|up)\b/g) ?? [];
    assert.notEqual(names.length, 0, alert);
    const known = names.map((name) => families.find((family) => family.name === name));
    assert.ok(!known.includes(undefined), `${alert}: ${names.join(', ')}`);
    const labels = [
      ...[...expr.matchAll(/\b(?:by|on) \((\w+)\)/g)].map(([, label]) => label ?? ''),
      ...[...(annotations['summary'] ?? '').matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label ?? ''),
    ];
    for (const label of labels)
      for (const family of known) assert.ok(family?.labels.includes(label), `${alert}: ${label} of ${family?.name}`);
  }
});

test('Prometheus accepts the alerts and what the commands serve', { skip: programMissing('promtool') }, () => {
  execFileSync('promtool', ['check', 'rules', ALERTS], { stdio: 'pipe' });
  for (const input of [consumeText(), streamText()])
    execFileSync('promtool', ['check', 'metrics'], { input, stdio: ['pipe', 'pipe', 'pipe'] });
});
