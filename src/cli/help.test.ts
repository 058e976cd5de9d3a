// The help of the real program: what it shows first, and what it says of a command that does not exist.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommanderError } from 'commander';
import { buildProgram } from './main.ts';

/** What the program prints for these words; its errors come through. */
async function shown(...words: readonly string[]): Promise<string> {
  const program = buildProgram();
  let text = '';
  const catchAll = (command: typeof program): void => {
    command.exitOverride().configureOutput({ writeOut: (more) => (text += more), writeErr: (more) => (text += more) });
    command.commands.forEach(catchAll);
  };
  catchAll(program);
  await program.parseAsync([...words], { from: 'user' }).catch((error: unknown) => {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  });
  return text;
}

test('the commands come first, and settings are pointed to, not listed', async () => {
  const text = await shown('--help');
  const lines = text.split('\n');
  assert.ok(lines.findIndex((line) => line.startsWith('  demo ')) < 10, text);
  assert.doesNotMatch(text, /--memory-limit|ESTEIRA_/);
  const places = ['Usage:', 'Commands:', '  completion <shell>', 'Options:', 'Examples:', 'Settings (every command'];
  assert.deepEqual(
    places.map((start) => lines.findIndex((line) => line.startsWith(start))).toSorted((a, b) => a - b),
    places.map((start) => lines.findIndex((line) => line.startsWith(start))),
  );
  assert.ok(places.every((start) => lines.some((line) => line.startsWith(start))));
  assert.match(text, /^Settings .*: esteira config, docs\/config\.md$/m);
  assert.equal(await shown('help'), text);
});

test("a command's own help is as commander makes it", async () => {
  const text = await shown('query', 'summary', '--help');
  assert.match(text, /^Usage: esteira query summary \[options\]\n[^]*\nOptions:\n[^]*--limit <n>[^]*\nExamples:/);
  assert.equal(await shown('help', 'query', 'summary'), text);
  assert.equal(await shown('query', 'help', 'summary'), text);
});

test('defaults that are durations are shown with their unit', async () => {
  const text = (await shown('consume', '--help')).replaceAll(/\s+/g, ' ');
  assert.match(text, /--max-wait <duration> [^(]*\(default: 20ms\)/);
  assert.match(text, /--session-timeout <duration> [^(]*\(default: 30s\)/);
});

test('help for a command that does not exist says so, with the nearest one', async () => {
  await assert.rejects(shown('help', 'nada'), { code: 'USAGE', what: 'There is no command "esteira nada".' });
  await assert.rejects(shown('help', 'statsu'), { code: 'USAGE', fix: 'Did you mean esteira status --help?' });
  await assert.rejects(shown('query', 'help', 'sumary'), { fix: 'Did you mean esteira query summary --help?' });
  await assert.rejects(shown('help', 'run', 'tudo'), { why: 'esteira run has no commands below it.' });
});

test('a setting is still an option of the program and of every command', async () => {
  for (const words of [
    ['--memory-limit', '1GB', 'help'],
    ['help', 'config', '--memory-limit', '1GB'],
  ])
    assert.match(await shown(...words), /^Usage: esteira/);
});

test('what real time cannot do is refused at once, not tried again and again', async () => {
  for (const other of [['--max-batch', '5'], ['--interval', '10 seconds'], ['--available-now']])
    await assert.rejects(shown('stream', '--real-time', ...other), { code: 'commander.conflictingOption' });
});
