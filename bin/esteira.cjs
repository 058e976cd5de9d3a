#!/usr/bin/env node
// The command of the installed package: says what is wrong on a Node that is too old, else runs the program (dist/cli/main.js).
// Any Node from 12 on can parse this file; the program could not even be parsed there, and would end with a stack instead of a reason.
'use strict';
const { engines } = require('../package.json');

const needed = parseInt(engines.node.replace(/\D+/, ''), 10);
const found = process.versions.node;
if (parseInt(found, 10) < needed) {
  process.stderr.write(
    `Esteira cannot start: this is Node ${found}, and it needs Node ${needed} or newer.\n` +
      'Why: it is written in JavaScript that older Nodes do not understand.\n' +
      `Fix: install Node ${needed} from https://nodejs.org/ and run the same command again.\n`,
  );
  process.exitCode = 2;
} else {
  void import('../dist/cli/main.js').then(({ main }) => main(process.argv.slice(2)));
}
