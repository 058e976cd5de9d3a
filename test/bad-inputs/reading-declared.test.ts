// What the user declared of a file instead of leaving it to be found: it is obeyed, and told as declared.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { column, HEADER, line, stage } from './staged.ts';

const withCity = (city: string): string => `${HEADER}\n${line(1).replace('Campinas', city)}\n`;

test('input 2: an encoding that was declared is told as declared, and doubted where the bytes are UTF-8', async () => {
  const windows = await stage(Buffer.from(withCity('São João'), 'latin1'), { encoding: 'latin1' });
  assert.deepEqual(column(windows, 'cidade'), ['São João']);
  assert.deepEqual(windows.staged.warnings, ['read as windows-1252, as --encoding says']);
  assert.deepEqual((await stage(withCity('Campinas'), { encoding: 'latin1' })).staged.warnings, [
    'read as windows-1252, as --encoding says',
  ]);
  const utf8 = await stage(withCity('São João'), { encoding: 'latin1' });
  assert.deepEqual(column(utf8, 'cidade'), ['SÃ£o JoÃ£o']);
  assert.match(utf8.staged.warnings.join('; '), /^read as windows-1252, as --encoding says, but the bytes are UTF-8/);
  assert.match((await stage(Buffer.from(withCity('São João'), 'latin1'))).staged.warnings.join('; '), /not UTF-8/);
});
