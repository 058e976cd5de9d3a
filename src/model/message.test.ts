import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contractOf, orderKey } from './message.ts';

function given(headers: Record<string, string>): (name: string) => string | undefined {
  return (name) => headers[name];
}

describe('the contract of a record', () => {
  it('is raw when nobody said anything', () => {
    assert.equal(contractOf(given({})), 'pedido');
  });

  it('is what the header says, in any minor version', () => {
    assert.equal(contractOf(given({ contrato: 'pedido-tratado', versao: '1' })), 'pedido-tratado');
    assert.equal(contractOf(given({ contrato: 'pedido-rejeitado', versao: '1.7' })), 'pedido-rejeitado');
  });

  it('is unknown in another major version or under another name', () => {
    assert.equal(contractOf(given({ contrato: 'pedido', versao: '2' })), null);
    assert.equal(contractOf(given({ contrato: 'pedido', versao: '' })), null);
    assert.equal(contractOf(given({ contrato: 'fatura', versao: '1' })), null);
  });
});

it('the key of an order is its store and its number', () => {
  assert.equal(orderKey('loja', '1001'), 'loja:1001');
});
