// What failures of a connection are taken for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EsteiraError } from '../lib/errors.ts';
import { asWarehouseError, sqlStateOf } from './connection.ts';

const withCode = (code: string): Error => Object.assign(new Error(`write ${code}`), { code });

test("the system's codes of a lost connection are an outage, EPIPE too, which looks like an SQLSTATE", () => {
  for (const code of ['EPIPE', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', '57P01', '08006', '53300']) {
    const error = asWarehouseError(withCode(code));
    assert.ok(error instanceof EsteiraError && error.retryable, code);
    assert.equal(error.code, 'WAREHOUSE_UNREACHABLE', code);
  }
  assert.equal(sqlStateOf(withCode('EPIPE')), undefined);
  for (const state of ['23505', '42P01', 'XX000', 'P0001', 'HV00A']) assert.equal(sqlStateOf(withCode(state)), state);
});
