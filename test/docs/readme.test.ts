// README.md is run: its shell blocks in order, as somebody new would type them, and what it shows must be what the commands print.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { blocksOf, type Block } from '../support/markdown.ts';
import { temporaryHome } from '../support/postgres.ts';

const ROOT = join(import.meta.dirname, '../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const PORTUGUESE = readFileSync(join(ROOT, 'README.pt-BR.md'), 'utf8');

/** An export of Nuvemshop: the user's own file, which the text takes for granted. */
const NUVEMSHOP = `Número do Pedido;E-mail;Data;Status do Pedido;Status do Pagamento;Status do Envio;Moeda;Desconto;Valor do Frete;Total;Nome do comprador;Cidade;Código postal;Estado;Forma de Pagamento;Nome do Produto;Valor do Produto;Quantidade Comprada;SKU
501;ana@example.com;03/10/2026 14:20:00;Aberto;Confirmado;Enviado;BRL;0,00;15,00;94,80;Ana Lima;Campinas;13010-001;São Paulo;Pix;Caneca azul;39,90;2;CAN-1
502;bia@example.com;04/10/2026 09:05:00;Aberto;Pendente;Não está embalado;BRL;0,00;20,00;95,00;Bia Reis;Olinda;53020-000;Pernambuco;Boleto;Prato raso;12,50;6;PRA-1
`;

test("README's commands run one after the other, and print what README shows", { timeout: 240_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-readme-'));
  const env: NodeJS.ProcessEnv = { ...process.env, ESTEIRA_HOME: temporaryHome(), NO_COLOR: '1' };
  t.after(async () => {
    await shell('./esteira warehouse stop', folder, env);
    rmSync(folder, { recursive: true });
  });
  symlinkSync(join(ROOT, 'esteira'), join(folder, 'esteira'));
  symlinkSync(join(ROOT, 'data'), join(folder, 'data'));
  writeFileSync(join(folder, 'pedidos-nuvemshop.csv'), NUVEMSHOP);

  let printed: string[] = [];
  let ranCount = 0;
  for (const block of blocksOf(README)) {
    const where = `README.md, line ${block.line}`;
    if (block.file !== '') writeFileSync(join(folder, block.file), block.text);
    if (block.language === 'text') assertShown(block, printed, where);
    if (block.language !== 'sh' || block.note.startsWith('skip')) continue;
    const store = block.note === 'needs a store' ? await serveStore(folder, env) : null;
    try {
      const { code, stdout, stderr } = await shell(block.text, folder, { ...env, ...store?.env });
      assert.equal(code, 0, `${where}: ${stderr}`);
      printed = linesOf(stdout);
      ranCount += 1;
    } finally {
      store?.child.kill('SIGTERM');
    }
  }
  assert.ok(ranCount >= 8, `only ${ranCount} blocks were run`);
});

test('a line that no command printed is found', () => {
  const block: Block = { language: 'text', file: '', note: '', line: 1, text: 'Aceitos  2\n...\n3 lines in 1.0 s\n' };
  assert.doesNotThrow(() =>
    assertShown(block, linesOf('Aceitos  2\nother\n3 lines in 2.5 s, 3.000 lines/s\n'), 'here'),
  );
  assert.doesNotThrow(() => assertShown(block, linesOf('Aceitos  2\n3 lines in 2.5 s, 3,000 lines/s\n'), 'here'));
  assert.throws(() => assertShown(block, linesOf('Aceitos  3\n3 lines in 1.0 s\n'), 'here'), /Aceitos 2/);
});

test('only blocks that serve for ever or install packages are skipped', () => {
  const skipped = blocksOf(README).filter((block) => block.note.startsWith('skip'));
  assert.deepEqual(
    skipped.map((block) => block.text.trim().split(/\s+/).slice(0, 3).join(' ')),
    ['npm run demo', './esteira store serve', './esteira stack up', './esteira stack up', './esteira dashboard'],
  );
});

test('the README in Portuguese has the same commands, files and outputs in the same order', () => {
  const essence = (page: string): string[] =>
    blocksOf(page)
      .filter((block) => block.note !== 'skip, they install packages and run all tests')
      .map((block) => `${block.language} ${block.file} ${block.note}\n${block.text}`);
  assert.deepEqual(essence(PORTUGUESE), essence(README));
});

test('both READMEs have as many sections and table rows', () => {
  const shape = (page: string): unknown => ({
    headings: [...page.matchAll(/^(#+) /gm)].map(([, level]) => level),
    rows: [...page.matchAll(/^\|/gm)].length,
  });
  assert.deepEqual(shape(PORTUGUESE), shape(README));
});

/** Every shown line was printed; `...` stands for any lines, and durations, rates and the width of columns may differ. */
function assertShown(block: Block, printed: readonly string[], where: string): void {
  const shown = linesOf(block.text).filter((line) => line !== '' && line !== '...');
  const missing = shown.filter((line) => !printed.includes(line));
  assert.deepEqual(
    missing,
    [],
    `${where}: these lines are shown but not printed; the commands printed\n${printed.join('\n')}`,
  );
}

function linesOf(text: string): string[] {
  const bare = (line: string): string =>
    line.replace(/ in \d+\.\d s(, [\d.,]+ lines\/s)?/, ' in N s').replaceAll(/ +/g, ' ');
  return text.split('\n').map((line) => bare(line).trimEnd());
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function shell(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-eu', '-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A small mock store on a free port; the caller ends it. */
function serveStore(
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ child: ChildProcess; env: Record<string, string> }> {
  return new Promise((resolve, reject) => {
    // the launcher replaces itself by node: the signal reaches the server
    const child = spawn(join(cwd, 'esteira'), ['store', 'serve', '--port', '0', '--orders', '300', '--json'], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the store ended with ${code}`)));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      if (!said.includes('\n')) return;
      const { url } = JSON.parse(said) as { url: string };
      resolve({ child, env: { ESTEIRA_MOCK_URL: url } });
    });
  });
}
