// Runs one task of this repository (demo, test, ...) on a machine that may have nothing but git, Node and npm.
// Written so that the oldest Node can parse it, and say what it misses; the work is in install.cjs and run.mjs.
// The formatter leaves this file alone: it would add commas that old Nodes do not know.
'use strict';
var major = Number(process.versions.node.split('.')[0]);
if (!(major >= 20)) {
  console.error('Esteira cannot start: Node ' + process.versions.node + ' is too old.');
  console.error('Why: npm needs Node 20 or newer to install the rest (Node 24 for Esteira itself comes with the packages).');
  console.error('Fix: install a current Node from https://nodejs.org/ and run the same command again.');
  process.exit(2);
}
void require('./install.cjs').main(process.argv.slice(2));
