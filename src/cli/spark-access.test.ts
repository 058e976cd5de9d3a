// Where Spark is, as the settings say it: the address, the authorities of its certificate, and the folder of exchange.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Config, loadConfig } from '../config/load.ts';
import { EsteiraError } from '../lib/errors.ts';
import { exchangeFolder, sparkAccess } from './spark-access.ts';

interface Place {
  readonly folder: string;
  readonly config: (env: Readonly<Record<string, string>>) => Config;
}

async function place(t: TestContext): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-spark-access-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return { folder, config: (env) => loadConfig({ env: { ESTEIRA_HOME: folder, ...env }, cwd: folder }) };
}

/** CONFIG_INVALID that names what to correct, and no secret. */
const invalid =
  (fix: RegExp, what = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof EsteiraError);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.match(error.fix, fix);
    assert.match(error.what, what);
    assert.doesNotMatch(`${error.message} ${error.what} ${error.why} ${error.fix}`, /segredo/);
    return true;
  };

test('without settings Spark is looked for on this machine, and the system says who is believed', async (t) => {
  const { config } = await place(t);
  const { spark, ca } = sparkAccess(config({}));
  assert.deepEqual(
    [spark.host, spark.port, spark.useTls, spark.token, ca],
    ['localhost', 15_002, false, undefined, undefined],
  );
  assert.equal(exchangeFolder(config({})), undefined);
});

test('the address is parsed and the authorities are read from their file', async (t) => {
  const { folder, config } = await place(t);
  await writeFile(join(folder, 'ca.pem'), 'uma autoridade\n');
  const { spark, ca } = sparkAccess(
    config({
      ESTEIRA_SPARK_URL: 'sc://spark.example.com:443/;token=segredo',
      ESTEIRA_SPARK_CA_FILE: join(folder, 'ca.pem'),
    }),
  );
  assert.deepEqual([spark.host, spark.port, spark.useTls, spark.token], ['spark.example.com', 443, true, 'segredo']);
  assert.equal(ca, 'uma autoridade\n');
});

test('an address that cannot be understood is refused without its token', async (t) => {
  const { config } = await place(t);
  const url = 'sc://spark.example.com/;token=segredo;use_ssl=false';
  assert.throws(() => sparkAccess(config({ ESTEIRA_SPARK_URL: url })), invalid(/sc:\/\/localhost:15002/));
});

test('a file of authorities that is missing, or is no file, is named with its setting', async (t) => {
  const { folder, config } = await place(t);
  for (const path of [join(folder, 'nada.pem'), folder])
    assert.throws(
      () => sparkAccess(config({ ESTEIRA_SPARK_CA_FILE: path })),
      invalid(/spark\.ca_file \(ESTEIRA_SPARK_CA_FILE\)/, new RegExp(`^${path} cannot be read`)),
      path,
    );
});

test('the folder of exchange must be there and be a folder', async (t) => {
  const { folder, config } = await place(t);
  const here = join(folder, 'troca');
  await mkdir(here);
  assert.equal(exchangeFolder(config({ ESTEIRA_SPARK_EXCHANGE: here })), here);
  await writeFile(join(folder, 'arquivo'), '');
  for (const path of [join(folder, 'nada'), join(folder, 'arquivo')])
    assert.throws(
      () => exchangeFolder(config({ ESTEIRA_SPARK_EXCHANGE: path })),
      invalid(/spark\.exchange \(ESTEIRA_SPARK_EXCHANGE\)/, new RegExp(`^${path} is no folder`)),
      path,
    );
});
