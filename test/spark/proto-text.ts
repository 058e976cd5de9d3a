// Reads .proto files (proto3) as far as a comparison needs: messages with their fields, enums with their values, services with their calls.
// Options, comments, reserved numbers and imports are passed over. https://protobuf.dev/reference/protobuf/proto3-spec/

/** `message.field`, `enum.VALUE` or `service.call`, by full name within its file's package -> its description in one canonical text. */
export type Declarations = Map<string, string>;

/** Throws a plain Error at a word that it does not know. */
export function readProto(text: string): Declarations {
  return new ProtoReader(text).read();
}

class ProtoReader {
  readonly #words: string[];
  readonly #found: Declarations = new Map();
  #at = 0;

  constructor(text: string) {
    const bare = text.replaceAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
    this.#words = bare.match(/"[^"]*"|[\w.]+|[^\s\w]/g) ?? [];
  }

  read(): Declarations {
    while (this.#at < this.#words.length) this.#declaration('');
    return this.#found;
  }

  #next(): string {
    return this.#words[this.#at++] ?? '';
  }

  #expect(word: string): void {
    const found = this.#next();
    if (found !== word) throw new Error(`${JSON.stringify(found)} stands where ${JSON.stringify(word)} should`);
  }

  #skipTo(end: string): void {
    while (this.#next() !== end) if (this.#at >= this.#words.length) throw new Error(`no ${JSON.stringify(end)}`);
  }

  #declaration(scope: string): void {
    const word = this.#next();
    if (word === ';') return;
    if (['syntax', 'package', 'import', 'option', 'reserved', 'extensions'].includes(word)) this.#skipTo(';');
    else if (word === 'message') this.#body(`${scope}${this.#next()}`, (name) => this.#member(name, ''));
    else if (word === 'enum') this.#body(`${scope}${this.#next()}`, (name) => this.#value(name));
    else if (word === 'service') this.#body(`${scope}${this.#next()}`, (name) => this.#call(name));
    else throw new Error(`a declaration begins with ${JSON.stringify(word)}`);
  }

  #body(name: string, member: (name: string) => void): void {
    this.#expect('{');
    while (this.#words[this.#at] !== '}') member(name);
    this.#expect('}');
  }

  #member(message: string, oneof: string): void {
    const word = this.#words[this.#at] ?? '';
    if (
      [';', 'option', 'reserved', 'extensions', 'message', 'enum'].includes(word) &&
      this.#words[this.#at + 2] !== '='
    )
      this.#declaration(`${message}.`);
    else if (word === 'oneof') {
      this.#next();
      const name = this.#next();
      this.#body(message, () => this.#member(message, `${name} `));
    } else this.#field(message, oneof);
  }

  #field(message: string, oneof: string): void {
    let label = '';
    if (['optional', 'repeated'].includes(this.#words[this.#at] ?? '')) label = `${this.#next()} `;
    let type = this.#next();
    if (type === 'map') {
      this.#expect('<');
      const key = this.#next();
      this.#expect(',');
      type = `map of ${key} to ${lastOf(this.#next())}`;
      this.#expect('>');
    }
    const name = this.#next();
    this.#expect('=');
    const number = this.#next();
    this.#skipTo(';');
    this.#found.set(`${message}.${name}`, `${number}: ${oneof}${label}${lastOf(type)}`);
  }

  #value(name: string): void {
    const word = this.#next();
    if (word === 'option' || word === 'reserved') return this.#skipTo(';');
    this.#expect('=');
    this.#found.set(`${name}.${word}`, this.#next());
    this.#skipTo(';');
  }

  #call(service: string): void {
    this.#expect('rpc');
    const name = this.#next();
    const [input, output] = [this.#message(), (this.#expect('returns'), this.#message())];
    if (this.#words[this.#at] === '{') this.#skipTo('}');
    else this.#expect(';');
    this.#found.set(`${service}.${name}`, `${input} -> ${output}`);
  }

  #message(): string {
    this.#expect('(');
    const streamed = this.#words[this.#at] === 'stream' && this.#words[this.#at + 1] !== ')' ? `${this.#next()} ` : '';
    const name = lastOf(this.#next());
    this.#expect(')');
    return `${streamed}${name}`;
  }
}

/** The name alone: files of one package may write it with or without what it stands in. */
function lastOf(name: string): string {
  return name.startsWith('map of ') ? name : (name.split('.').at(-1) ?? name);
}
