// Completes package-lock.json with the platform packages that the registry in use did not offer when the lock was written
// (mirrors often lack other platforms): `npm ci` of npm 11 refuses a lock that names an optional package without locking it.
// Run after every change of dependencies: node scripts/complete-lock.cjs; with --check it only tells whether work is left.
// The added entries have a version and no integrity; entries that npm wrote are never changed.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const OS = {
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  linuxmusl: 'linux',
  openharmony: 'openharmony',
  win32: 'win32',
  windows: 'win32',
};
const CPU = {
  arm: 'arm',
  arm64: 'arm64',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  x64: 'x64',
  wasm32: 'wasm32',
};

/** The entries that are missing from a lock: path in node_modules to entry. */
function missingEntries(lock) {
  const missing = {};
  for (const [place, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies || {})) {
      const nested = `${place}/node_modules/${name}`;
      const top = `node_modules/${name}`;
      if (lock.packages[nested] || lock.packages[top] || missing[top]) continue;
      const platform = platformOf(name);
      if (platform === undefined) throw new Error(`cannot tell the platform of the optional package ${name}`);
      if (!/^\d/.test(version))
        throw new Error(`optional package ${name} of ${place} has no exact version: ${version}`);
      missing[top] = { version, ...platform, ...(entry.dev ? { dev: true } : {}), optional: true };
    }
  }
  return missing;
}

/** os, cpu and libc as the package's own manifest states them, read from its name: binding-linux-arm64-musl. */
function platformOf(name) {
  const words = name.split('/').pop().split('-');
  const at = words.findIndex((word) => OS[word] !== undefined);
  if (at < 0 || CPU[words[at + 1]] === undefined) return undefined;
  const platform = { cpu: [CPU[words[at + 1]]], os: [OS[words[at]]] };
  const abi = words[at + 2] || '';
  return abi.startsWith('musl')
    ? { ...platform, libc: ['musl'] }
    : abi.startsWith('gnu')
      ? { ...platform, libc: ['glibc'] }
      : platform;
}

const file = path.join(__dirname, '..', 'package-lock.json');
const lock = JSON.parse(fs.readFileSync(file, 'utf8'));
const missing = missingEntries(lock);
const count = Object.keys(missing).length;
if (process.argv.includes('--check')) {
  if (count > 0)
    console.error(`package-lock.json lacks ${count} platform packages: run node scripts/complete-lock.cjs`);
  process.exitCode = count > 0 ? 1 : 0;
} else {
  const packages = { ...lock.packages, ...missing };
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  fs.writeFileSync(file, JSON.stringify(lock, null, 2) + '\n');
  console.error(`${count} platform packages added to package-lock.json`);
}
