// Definitions of columns name columns that exist, and the analyses that are figures throughout leave none undefined.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANALYSES, type Analysis, type AnalysisName, analysisNamed } from './analyses.ts';
import { columnMeanings } from './column-meanings.ts';
import { metricNamed } from './metrics.ts';

const named = (name: AnalysisName): Analysis & { readonly name: AnalysisName } => ({ ...analysisNamed(name), name });

test('every figure of the catalogue that an analysis shows is defined at the column that holds it', () => {
  for (const { name } of ANALYSES) {
    const analysis = named(name);
    const meanings = columnMeanings(analysis).map(([, meaning]) => meaning);
    for (const metric of analysis.metrics ?? []) assert.ok(meanings.includes(metricNamed(metric).meaning.en), metric);
  }
  const summary = new Map(columnMeanings(named('summary')));
  assert.equal(summary.get('valor_captado'), metricNamed('receita_captada').meaning.en);
  assert.ok(!summary.has('receita_captada'));
});

test('no column of summary and channels is without a definition', () => {
  const defined = (name: AnalysisName): string[] => columnMeanings(named(name)).map(([column]) => column);
  assert.deepEqual(
    defined('summary'),
    named('summary').columns.map(({ name }) => name),
  );
  assert.deepEqual(
    defined('channels'),
    named('channels')
      .columns.map(({ name }) => name)
      .filter((name) => name !== 'canal'),
  );
});

test('what counts orders with a date of delivery is not called delivered', () => {
  const column = named('delivery').columns.find(({ name }) => name === 'entregues');
  assert.equal(column?.title, 'Com data de entrega');
});
