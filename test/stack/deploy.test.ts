// The files of deploy/ agree with the program: the compose file is valid by the Compose Specification's own schema and names the same
// versions, ports, users, topics and settings; what PostgreSQL runs at its first start gives a role that may do what is needed, no more.
// No container is started here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  globSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import pg from 'pg';
import { parse } from 'yaml';
import { DEFAULT_PARTITIONS, DEFAULT_RETENTION_MS } from '../../src/broker/topics.ts';
import { memoryMb } from '../../src/config/kinds.ts';
import { loadConfig } from '../../src/config/load.ts';
import { packagePath } from '../../src/lib/paths.ts';
import { version } from '../../src/lib/version.ts';
import { TOPICS } from '../../src/model/message.ts';
import { KAFKA, KAFKA_VERSION, SPARK, SPARK_VERSION } from '../../src/stack/artifacts.ts';
import { BROKER_SETTINGS } from '../../src/stack/kafka-properties.ts';
import { CHECKPOINT_FILE_MANAGER, DEFAULT_HEAP_MB, heapOptions } from '../../src/stack/spark.ts';
import { POSTGRES_MAJOR } from '../../src/storage/embedded/binaries.ts';
import { DATABASE } from '../../src/storage/embedded/roles.ts';
import { migrate } from '../../src/storage/migrations.ts';
import { startCluster } from '../support/postgres.ts';
import { programMissing } from '../support/program.ts';

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: unknown;
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly restart?: string;
  readonly build?: { readonly dockerfile: string };
}

interface Compose {
  readonly services: Readonly<Record<'kafka' | 'topics' | 'spark' | 'postgres' | 'consume', Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const text = readFileSync(packagePath('deploy', 'docker-compose.yaml'), 'utf8');
const compose = parse(text) as Compose;
const { kafka, topics, spark, postgres, consume } = compose.services;
const config = loadConfig({ env: {}, cwd: tmpdir() });

test('the compose file is valid by the schema of the Compose Specification, and the schema can refuse', () => {
  const folder = dirname(createRequire(import.meta.url).resolve('dclint/package.json'));
  const schema = JSON.parse(readFileSync(join(folder, 'schemas', 'compose.schema.json'), 'utf8')) as object;
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile({
    ...schema,
    $schema: 'http://json-schema.org/draft-07/schema#',
  });
  assert.equal(validate(compose), true, JSON.stringify(validate.errors));
  const wrong = { ...compose, services: { kafka: { ...kafka, helthcheck: {} } } };
  assert.equal(validate(wrong), false);
});

test('every image is pinned to the version that the program uses elsewhere', () => {
  assert.equal(kafka.image, `apache/kafka:${KAFKA_VERSION}`);
  assert.equal(topics.image, kafka.image);
  assert.match(spark.image, new RegExp(`^apache/spark:${SPARK_VERSION}-scala2\\.13-java17-`));
  assert.match(postgres.image, new RegExp(`^postgres:${POSTGRES_MAJOR}\\.\\d+$`));
  assert.equal(consume.image, `esteira:${version}`);
  const connector = SPARK.artifacts.find(({ name }) => name.includes('kafka'));
  assert.ok(connector);
  assert.ok(spark.command?.includes(`${connector.group}:${connector.name}:${connector.version}`));
  assert.ok(KAFKA.artifacts.some((artifact) => artifact.version === KAFKA_VERSION));
});

test('ports are those of the settings, and nothing listens beyond this machine', () => {
  const kafkaPort = config.get('stack.kafka_port');
  const sparkPort = config.get('stack.spark_port');
  assert.deepEqual(kafka.ports, [`127.0.0.1:${kafkaPort}:${kafkaPort}`]);
  assert.equal(config.get('kafka.bootstrap'), `localhost:${kafkaPort}`);
  assert.match(kafka.environment?.['KAFKA_ADVERTISED_LISTENERS'] ?? '', new RegExp(`CLIENT://localhost:${kafkaPort},`));
  assert.deepEqual(spark.ports, [`127.0.0.1:${sparkPort}:${sparkPort}`]);
  assert.ok(spark.command?.includes(`spark.connect.grpc.binding.port=${sparkPort}`));
  assert.deepEqual(postgres.ports, ['127.0.0.1:5432:5432']);
  assert.equal(consume.ports, undefined);
});

test('the broker is told what the broker of esteira stack is told', () => {
  const told = Object.fromEntries(
    Object.entries(BROKER_SETTINGS).map(([key, value]) => [`KAFKA_${key.toUpperCase().replaceAll('.', '_')}`, value]),
  );
  assert.deepEqual({ ...kafka.environment, ...told }, kafka.environment);
});

test('Spark has the memory that it has in esteira stack, used in the same way', () => {
  const [initial, most, young] = heapOptions(DEFAULT_HEAP_MB);
  assert.equal(memoryMb(config.get('stack.spark_memory')), DEFAULT_HEAP_MB);
  const after = (option: string): string | undefined => spark.command?.[spark.command.indexOf(option) + 1];
  assert.equal(`-Xmx${after('--driver-memory')}`, most);
  assert.equal(after('--driver-java-options'), `${initial} ${young}`);
});

test('Spark writes checkpoints as it does in esteira stack', () => {
  for (const [key, value] of Object.entries(CHECKPOINT_FILE_MANAGER))
    assert.ok(spark.command?.includes(`${key}=${value}`));
});

test('the topics are those of the contract, with the partitions and the retention that produce gives them', () => {
  const script = topics.command?.at(-1) ?? '';
  const [, names] = /for topic in ([^;]+);/.exec(script) ?? [];
  assert.deepEqual(names?.split(' ').toSorted(), Object.values(TOPICS).toSorted());
  assert.match(script, new RegExp(`--partitions ${DEFAULT_PARTITIONS} `));
  assert.match(script, new RegExp(`retention\\.ms=${DEFAULT_RETENTION_MS}$`, 'm'));
});

test('what keeps data has a named volume, what serves has a health check and comes back', () => {
  for (const [name, service] of Object.entries({ kafka, spark, postgres, consume })) {
    assert.ok(service.healthcheck, name);
    assert.equal(service.restart, 'unless-stopped', name);
    const volume = service.volumes?.[0]?.split(':')[0] ?? '';
    assert.ok(volume in compose.volumes, `${name}: ${volume}`);
  }
});

test('what ends by itself is awaited by a service that goes on: else `up --wait` takes its end for a failure', () => {
  const all = Object.entries(compose.services);
  const once = all.filter(([, { restart }]) => restart === 'no');
  assert.deepEqual(
    once.map(([name]) => name),
    ['topics'],
  );
  for (const [name, { profiles }] of once) {
    // with the profiles of the one, or with none, the other is started too
    const waiting = all.filter(
      ([, other]) =>
        other.restart !== 'no' &&
        other.depends_on?.[name]?.condition === 'service_completed_successfully' &&
        (other.profiles ?? []).every((profile) => profiles?.includes(profile)),
    );
    assert.notEqual(waiting.length, 0, name);
  }
  const documented = readFileSync(packagePath('docs', 'stack.md'), 'utf8').match(/^docker compose .* up .*$/gm);
  assert.match(documented?.[0] ?? '', / up -d --wait {2}/);
  assert.match(text, / up -d --wait$/m);
});

test('the first start of PostgreSQL gives a role without special rights that owns the database and can migrate it', async () => {
  const script = readFileSync(packagePath('deploy', 'postgres', '10-app.sql'), 'utf8');
  // psql's own words, which the server does not know
  const statements = script
    .replaceAll(/^--.*$|^\\getenv password ESTEIRA_APP_PASSWORD$/gm, '')
    .replace(":'password'", "'app'")
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
  const server = await startCluster({ isDurable: false });
  const admin = new pg.Client(server.url('superuser', 'postgres'));
  await admin.connect();
  await admin.query(`DROP DATABASE ${DATABASE}`);
  for (const statement of statements) await admin.query(statement);
  await admin.end();
  // DESIGN's default address, at this server's port
  const url = `postgresql://app:app@127.0.0.1:${server.port}/ecommerce`;
  assert.equal(
    consume.environment?.['ESTEIRA_WAREHOUSE_URL'],
    'postgresql://app:${ESTEIRA_APP_PASSWORD:-app}@postgres:5432/ecommerce',
  );
  const client = new pg.Client(url);
  await client.connect();
  await migrate(client);
  const { rows } = await client.query('SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = $1', [
    'app',
  ]);
  await client.end();
  assert.deepEqual(rows, [{ rolsuper: false, rolcreatedb: false, rolcreaterole: false }]);
});

test('the Dockerfile uses the Node of the tests and copies what exists', () => {
  const dockerfile = readFileSync(packagePath('deploy', 'Dockerfile'), 'utf8');
  const pinned = (
    JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { devDependencies: Record<string, string> }
  ).devDependencies['node'];
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
  assert.deepEqual(bases, Array(2).fill(`node:${pinned}-trixie-slim`));
  const copied = [...dockerfile.matchAll(/^COPY --from=build (.+) \S+$/gm)].flatMap(([, paths]) =>
    (paths ?? '').split(' ').map((path) => path.replace('/build/', '')),
  );
  assert.deepEqual(
    copied.filter((path) => globSync(path, { cwd: packagePath() }).length === 0 && path !== 'dist'),
    [],
  );
  const { files } = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { files: string[] };
  // all that is published is in the image, but for the list of changes
  assert.deepEqual(
    files.filter((path) => !copied.includes(path)),
    ['CHANGELOG.md'],
  );
});

/** What `npm ci` and `npm run build` read, besides the sources. */
const BUILD_NEEDS = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'tsconfig.json',
  'tsconfig.build.json',
  ...['bootstrap.cjs', 'install.cjs', 'run.mjs', 'assert-node.mjs', 'build.mjs'].map((name) => `scripts/${name}`),
];

test('the files that Docker may see hold all that the image is built from, and no line that lets them in is idle', () => {
  const lines = readFileSync(packagePath('deploy', 'Dockerfile.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const tree = readdirSync(packagePath())
    .filter((name) => !['.git', 'node_modules', 'dist'].includes(name))
    .flatMap((name) => filesBelow(name));
  const copied = [
    ...readFileSync(packagePath('deploy', 'Dockerfile'), 'utf8').matchAll(/^COPY --from=build (.+) \S+$/gm),
  ]
    .flatMap(([, paths]) => (paths ?? '').split(' '))
    .map((path) => path.replace('/build/', ''))
    .filter((path) => path !== 'node_modules' && path !== 'dist')
    .flatMap((path) => globSync(path, { cwd: packagePath() }).flatMap((found) => filesBelow(found)));
  const sources = tree.filter((path) => path.startsWith('src/') && !path.endsWith('.test.ts'));
  const missing = (patterns: readonly string[]): string[] =>
    [...BUILD_NEEDS, ...sources, ...copied].filter((path) => !tree.includes(path) || isIgnored(path, patterns));
  assert.ok(copied.length > 30 && sources.length > 100, 'files were not found');
  assert.deepEqual(missing(lines), []);
  for (const line of lines.filter((each) => each.startsWith('!')))
    assert.notDeepEqual(missing(lines.filter((other) => other !== line)), [], `${line} is needed by nothing`);
  const seen = tree.filter((path) => !isIgnored(path, lines));
  assert.deepEqual(
    seen.filter((path) => /^(test|bench|deploy)\/|^docs\/.*\/|\.csv\.gz$|\.test\.ts$/.test(path)),
    [],
  );
});

/** A file itself, or all below a folder; paths from the repository's root. */
function filesBelow(path: string): string[] {
  if (!statSync(packagePath(path)).isDirectory()) return [path];
  return readdirSync(packagePath(path)).flatMap((name) => filesBelow(`${path}/${name}`));
}

/** Docker's rules: a pattern also meets what is below a folder that it meets, `!` lets in again, and the last that meets decides. */
function isIgnored(path: string, patterns: readonly string[]): boolean {
  const parts = path.split('/');
  const places = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  const last = patterns.findLast((pattern) => places.some((place) => asExpression(pattern).test(place)));
  return last !== undefined && !last.startsWith('!');
}

function asExpression(pattern: string): RegExp {
  const words: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };
  const source = pattern
    .replace(/^!/, '')
    .replaceAll(/\*\*\/|\*\*|[*?]|[.+^${}()|[\]\\]/g, (word) => words[word] ?? `\\${word}`);
  return new RegExp(`^${source}$`);
}

const UNITS = packagePath('deploy', 'systemd');
const unitNames = readdirSync(UNITS).toSorted();
const units = unitNames.map((name) => readFileSync(join(UNITS, name), 'utf8'));

test('the systemd units start commands with the topics of the contract and end them by SIGTERM', () => {
  assert.deepEqual(unitNames, ['esteira-consume.service', 'esteira-stream.service']);
  for (const unit of units) {
    assert.match(unit, /^KillSignal=SIGTERM$/m);
    assert.match(unit, /^User=esteira$/m);
    assert.match(unit, /^RestartPreventExitStatus=2 4$/m);
  }
  assert.match(
    units[0] ?? '',
    new RegExp(`^ExecStart=/\\S+ consume --topic ${TOPICS.raw} --group ecommerce-consumers --metrics-port 9464$`, 'm'),
  );
  assert.match(units[1] ?? '', /^ExecStart=\/\S+ stream --metrics-port 9465$/m);
});

test('systemd accepts the units', { skip: programMissing('systemd-analyze') }, (t) => {
  // it wants the program to be there, at a path without spaces
  const copies = mkdtempSync(join(tmpdir(), 'units-'));
  t.after(() => rmSync(copies, { recursive: true }));
  const program = join(copies, 'node');
  symlinkSync(process.execPath, program);
  const paths = unitNames.map((name) => join(copies, name));
  units.forEach((unit, index) => {
    writeFileSync(paths[index] ?? '', unit.replace(/^ExecStart=\S+/m, `ExecStart=${program}`));
  });
  const said = execFileSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8', stdio: 'pipe' });
  assert.equal(said, '');
});
