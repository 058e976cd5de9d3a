// Fetching jars with a real Maven: once, whole, again when they are gone, and with a clear error without network.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { EsteiraError } from '../../src/lib/errors.ts';
import type { Distribution } from '../../src/stack/artifacts.ts';
import { isComplete, resolveJars } from '../../src/stack/jars.ts';
import { findMaven } from '../../src/stack/programs.ts';
import { temporaryHome } from '../support/postgres.ts';
import { stackMissing } from '../support/stack.ts';

/** One jar of 40 kB that depends on nothing. */
const SMALL: Distribution = {
  name: 'kafka',
  artifacts: [{ group: 'org.slf4j', name: 'slf4j-api', version: '1.7.36' }],
};

const skip = stackMissing !== false ? stackMissing : mavenMissing();

function mavenMissing(): string | false {
  try {
    findMaven();
    return false;
  } catch {
    return process.env['ESTEIRA_TEST_STACK_REQUIRED'] === '1' ? false : 'there is no Maven here';
  }
}

test(
  'two that need the jars at once fetch them once, and a jar that was deleted is fetched again',
  { skip },
  async () => {
    const cache = temporaryHome();
    let fetchCount = 0;
    const fetch = (): Promise<string> => resolveJars(SMALL, { cache, onFetch: () => fetchCount++ });
    const [folder, same] = await Promise.all([fetch(), fetch()]);
    assert.equal(folder, same);
    assert.equal(fetchCount, 1);
    const jar = join(folder, 'slf4j-api-1.7.36.jar');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.jar')),
      ['slf4j-api-1.7.36.jar'],
    );
    // nothing half done stays behind
    assert.deepEqual(readdirSync(join(cache, 'jars')), [folder.split('/').at(-1)]);

    rmSync(jar);
    assert.equal(isComplete(folder), false);
    assert.equal(await fetch(), folder);
    assert.equal(isComplete(folder), true);
    assert.equal(fetchCount, 2);
  },
);

test('without network the error says so and nothing is left in the cache', { skip }, async () => {
  const home = temporaryHome();
  const cache = mkdtempSync(join(home, 'cache-'));
  const settings = join(home, '.m2', 'settings.xml');
  mkdirSync(join(home, '.m2'));
  // nobody listens on port 1
  writeFileSync(
    settings,
    '<settings><mirrors><mirror><id>none</id><mirrorOf>*</mirrorOf><url>http://127.0.0.1:1/</url></mirror></mirrors></settings>',
  );
  const env = { ...process.env, MAVEN_OPTS: `-Duser.home=${home}` };
  await assert.rejects(resolveJars(SMALL, { cache, env }), (error: unknown) => {
    assert.ok(error instanceof EsteiraError);
    assert.equal(error.code, 'JARS_UNAVAILABLE');
    assert.match(error.why, /127\.0\.0\.1:1/);
    assert.match(error.fix, /network/);
    return true;
  });
  assert.deepEqual(readdirSync(join(cache, 'jars')), []);
});
