// Makes the JavaScript and the declarations of the Spark Connect messages from our .proto files. Only needed when a .proto file is edited:
// its output is committed, so that neither users nor tests need the generators, which npx fetches into its own cache.
import './assert-node.mjs';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BUF = '@bufbuild/buf@1.75.0';
const PLUGIN = '@bufbuild/protoc-gen-es@2.17.0';
const folder = join(import.meta.dirname, '..', 'src', 'engines', 'spark', 'connect', 'protocol');

const out = mkdtempSync(join(tmpdir(), 'esteira-protocol-'));
const template = JSON.stringify({
  version: 'v2',
  plugins: [{ local: 'protoc-gen-es', out, opt: ['target=js+dts', 'import_extension=js'] }],
});
const generate = ['--yes', '-p', BUF, '-p', PLUGIN, 'buf', 'generate', '--template', template, folder];
const { status } = spawnSync('npx', generate, { cwd: out, stdio: ['ignore', 2, 2] });
if (status === 0) {
  for (const name of readdirSync(out)) writeFileSync(join(folder, name), readFileSync(join(out, name)));
}
rmSync(out, { recursive: true, force: true });
process.exitCode = status === 0 ? 0 : 1;
