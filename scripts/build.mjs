// Compiles src/ to dist/ for the package: Node refuses to strip types below node_modules, so what is published is JavaScript.
// Files of src/ that are not code are copied beside the compiled ones. Tests stay out.
import './assert-node.mjs';
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(1);
for (const file of globSync('src/**/*.*', { cwd: root })) {
  if (!file.endsWith('.ts')) cpSync(join(root, file), join(dist, file.slice('src/'.length)));
}
