// Writes docs/monitoring.md from src/catalog/process-metrics.ts and deploy/prometheus/alerts.yaml.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import {
  CONSUME_METRICS,
  DASHBOARD_METRICS,
  type MetricFamily,
  STREAM_METRICS,
} from '../../src/catalog/process-metrics.ts';
import { packagePath } from '../../src/lib/paths.ts';
import { code, page, table } from './markdown.ts';

interface AlertFile {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly for: string;
      readonly annotations: { readonly summary: string; readonly action: string };
    }[];
  }[];
}

const SCRAPE = `\`\`\`yaml
scrape_configs:
  - job_name: esteira
    static_configs:
      - targets: ['127.0.0.1:9464', '127.0.0.1:9465', '127.0.0.1:9466']   # consume, stream, dashboard
rule_files: [alerts.yaml]                                                  # deploy/prometheus/alerts.yaml
\`\`\``;

/** The whole page, ending with a newline. */
export function monitoringDoc(): string {
  const alerts = (parse(readFileSync(packagePath('deploy', 'prometheus', 'alerts.yaml'), 'utf8')) as AlertFile).groups;
  return page([
    '# Monitoring',
    'Generated from `src/catalog/process-metrics.ts` and `deploy/prometheus/alerts.yaml`.',
    'Commands that go on for long tell how they are doing over HTTP when asked with `--metrics-port`: `esteira consume`, `esteira stream`, `esteira dashboard`. They listen on 127.0.0.1 only, and show counts and times, never an order, a key or a setting.',
    table(
      ['path', 'answer'],
      [
        [
          code('/healthz'),
          '200 while the process answers. It waits for services that are down for as long as it takes, so being down is no reason to restart it.',
        ],
        [code('/readyz'), '200 while it does its work; 503 and one sentence while it waits for something.'],
        [code('/metrics'), 'the figures below, in the text format of Prometheus'],
      ],
    ),
    'For one look, `esteira status` needs none of this: it shows how far each topic is read, by consumers and by Spark, the last batch, the quarantine and incidents. Tools that show the lag of consumer groups see them too: the positions that count are in the warehouse and in the checkpoint of Spark, and are written down in Kafka as a hint (`ecommerce-consumers`, `esteira-stream-<treated topic>`).',
    '## With Prometheus',
    SCRAPE,
    'The labels of a figure are Portuguese, like the columns of the warehouse: `grupo` group, `topico` topic, `particao` partition, `resultado` outcome, `servico` service, `classe` class.',
    '## Alerts',
    'The rules of `deploy/prometheus/alerts.yaml` wake a person only where nothing mends itself.',
    table(
      ['alert', 'after', 'meaning', 'what to do'],
      alerts.flatMap(({ rules }) =>
        rules.map((rule) => [code(rule.alert), rule.for, plain(rule.annotations.summary), rule.annotations.action]),
      ),
    ),
    ...section('esteira consume', CONSUME_METRICS),
    ...section('esteira stream', STREAM_METRICS),
    ...section('esteira dashboard', DASHBOARD_METRICS),
  ]);
}

/** Without the words of Prometheus' templates. */
function plain(summary: string): string {
  return summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '`$1`');
}

function section(command: string, families: Readonly<Record<string, MetricFamily>>): string[] {
  return [
    `## ${code(command)}`,
    table(
      ['metric', 'type', 'labels', 'meaning'],
      Object.values(families).map(({ name, type, labels, help }) => [
        code(name),
        type,
        labels.map(code).join(', '),
        help,
      ]),
    ),
  ];
}
