// Our part of the Spark Connect protocol against the .proto files inside the very jar that the stack runs, and against what was generated from ours.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DescEnum, type DescField, type DescFile, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { unzipSync } from 'fflate';
import { file_connect } from '../../src/engines/spark/connect/protocol/connect_pb.js';
import { file_error_info } from '../../src/engines/spark/connect/protocol/error_info_pb.js';
import { packagePath } from '../../src/lib/paths.ts';
import { SPARK } from '../../src/stack/artifacts.ts';
import { resolveJars } from '../../src/stack/jars.ts';
import { STACK_CACHE, stackMissing } from '../support/stack.ts';
import { type Declarations, readProto } from './proto-text.ts';

const OURS = [
  { name: 'connect.proto', generated: file_connect, theirs: /^spark\/connect\/\w+\.proto$/ },
  { name: 'error_info.proto', generated: file_error_info, theirs: /^google\/rpc\/error_details\.proto$/ },
] as const;

const sourceOf = (name: string): Declarations =>
  readProto(readFileSync(packagePath('src', 'engines', 'spark', 'connect', 'protocol', name), 'utf8'));

/** What a generated file says, in the words of readProto. */
function declarationsOf({ messages, enums, services, proto }: DescFile): Declarations {
  const found: Declarations = new Map();
  const short = (name: string): string => name.slice((proto.package ?? '').length + 1);
  const addEnum = ({ typeName, values }: DescEnum): void => {
    for (const { name, number } of values) found.set(`${short(typeName)}.${name}`, String(number));
  };
  const addMessage = ({ typeName, fields, nestedMessages, nestedEnums }: DescMessage): void => {
    for (const field of fields) found.set(`${short(typeName)}.${field.name}`, fieldText(field));
    nestedMessages.filter(({ proto: { options } }) => options?.mapEntry !== true).forEach(addMessage);
    nestedEnums.forEach(addEnum);
  };
  messages.forEach(addMessage);
  enums.forEach(addEnum);
  for (const service of services)
    for (const { name, input, output, methodKind } of service.methods)
      found.set(
        `${short(service.typeName)}.${name}`,
        `${input.name} -> ${methodKind === 'server_streaming' ? 'stream ' : ''}${output.name}`,
      );
  return found;
}

function fieldText(field: DescField): string {
  const label = field.fieldKind === 'list' ? 'repeated ' : field.proto.proto3Optional ? 'optional ' : '';
  return `${field.number}: ${field.oneof === undefined ? '' : `${field.oneof.name} `}${label}${typeText(field)}`;
}

function typeText(field: DescField): string {
  const value = field.enum?.name ?? field.message?.name ?? (field.scalar === undefined ? '' : scalarText(field.scalar));
  return field.fieldKind === 'map' ? `map of ${scalarText(field.mapKey)} to ${value}` : value;
}

function scalarText(type: ScalarType): string {
  return ScalarType[type].toLowerCase();
}

/** The .proto files of the jars in that folder whose names fit. */
function protosIn(folder: string, names: RegExp): Declarations {
  const found: Declarations = new Map();
  for (const jar of readdirSync(folder).filter((name) => name.startsWith('spark-connect_'))) {
    const files = unzipSync(readFileSync(join(folder, jar)), { filter: ({ name }) => names.test(name) });
    for (const text of Object.values(files))
      for (const [name, description] of readProto(new TextDecoder().decode(text))) found.set(name, description);
  }
  return found;
}

for (const { name, generated, theirs } of OURS) {
  test(`what was generated from ${name} is what stands there`, () => {
    const source = sourceOf(name);
    assert.ok(source.size > 2);
    assert.deepEqual(declarationsOf(generated), source);
  });

  test(`every field, value and call of ${name} is Spark's own`, { skip: stackMissing }, async () => {
    const spark = protosIn(await resolveJars(SPARK, { cache: STACK_CACHE }), theirs);
    assert.ok(spark.size >= 20, `${spark.size} declarations in the jar`);
    const differing = [...sourceOf(name)]
      .filter(([key, description]) => spark.get(key) !== description)
      .map(([key, description]) => `${key} is ${description}, in Spark's jar ${spark.get(key) ?? 'absent'}`);
    assert.deepEqual(differing, []);
  });
}

test('a field that moved, changed its type or is gone would be seen', () => {
  const of = (body: string): Declarations => readProto(`syntax = "proto3"; package p; message M { ${body} }`);
  const all = [
    'string a = 1;',
    'string a = 2;',
    'bytes a = 1;',
    'repeated string a = 1;',
    'optional string a = 1 [deprecated = true];',
    'oneof o { string a = 1; }',
    'map<string, p.X> a = 1; // string a = 1;\n',
    'message N { string a = 1; } reserved 1, 2;',
  ];
  const seen = all.map((body) => JSON.stringify([...of(body)]));
  assert.equal(new Set(seen).size, all.length, seen.join('\n'));
  assert.throws(() => readProto('message M { string a 1; }'), /stands where/);
});
