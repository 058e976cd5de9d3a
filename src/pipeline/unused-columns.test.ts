// A misspelt column of our own form is told with what was meant; the columns of other programs' exports are not.
import assert from 'node:assert/strict';
import test from 'node:test';
import { unusedColumns } from './unused-columns.ts';

test('columns that were not used are told, misspelt ones with the column that was meant', () => {
  const header = 'id_pedido;data_pedido;freteee;descontos;observacao';
  assert.deepEqual(
    unusedColumns({ profile: 'esteira', header, extraColumns: ['freteee', 'descontos', 'observacao'] }),
    ['these columns are not used: freteee (did you mean frete?), descontos (did you mean desconto?), observacao'],
  );
  assert.deepEqual(unusedColumns({ profile: 'esteira', header: 'id_pedido,frete,frete_', extraColumns: ['obs'] }), [
    'this column is not used: obs',
  ]);
  assert.deepEqual(unusedColumns({ profile: 'esteira', header, extraColumns: [] }), []);
  assert.deepEqual(unusedColumns({ profile: 'shopify', header, extraColumns: ['freteee'] }), []);
  const many = Array.from({ length: 30 }, (_, index) => `zzzzzzzzzz${index}`);
  assert.match(unusedColumns({ profile: 'esteira', header, extraColumns: many })[0] ?? '', / and 22 more$/);
});
