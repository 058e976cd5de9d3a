// Certificates for tests of TLS, made in this process: a certificate authority of its own and certificates signed by it, for
// 127.0.0.1 and localhost, valid for some days. No program or package is needed; nothing here is for production.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** PEM texts. */
export interface Certificate {
  readonly certificate: string;
  /** PKCS#8, not encrypted. */
  readonly privateKey: string;
}

export interface Authority extends Certificate {
  /** A certificate for a server at 127.0.0.1 and localhost, or for other names. */
  issue(name?: string, hosts?: readonly string[]): Certificate;
}

const DAY_MS = 86_400_000;

/** A new certificate authority; clients trust it by its `certificate`. */
export function createAuthority(name = 'Esteira tests'): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const root = certificateOf({ subject: name, key: own.publicKey, issuer: name, signer: own.privateKey, hosts: null });
  return {
    certificate: root,
    privateKey: pkcs8(own.privateKey),
    issue: (subject = 'localhost', hosts = ['127.0.0.1', 'localhost']) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const certificate = certificateOf({ subject, key: publicKey, issuer: name, signer: own.privateKey, hosts });
      return { certificate, privateKey: pkcs8(privateKey) };
    },
  };
}

interface Content {
  readonly subject: string;
  readonly key: KeyObject;
  readonly issuer: string;
  readonly signer: KeyObject;
  /** IPv4 addresses and names; null makes a certificate authority. */
  readonly hosts: readonly string[] | null;
}

/** RFC 5280: an X.509 certificate, version 3, signed by ECDSA with SHA-256. */
function certificateOf({ subject, key, issuer, signer, hosts }: Content): string {
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const extension =
    hosts === null
      ? // basicConstraints, critical: CA TRUE
        sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), octets(sequence(der(0x01, Buffer.from([0xff])))))
      : // subjectAltName
        sequence(oid('551d11'), octets(sequence(...hosts.map(generalName))));
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    nameOf(issuer),
    sequence(time(Date.now() - DAY_MS), time(Date.now() + 30 * DAY_MS)),
    nameOf(subject),
    key.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
  const signature = sign('sha256', body, signer);
  const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** Tag, length, content: the one rule of DER. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const bytes = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts));
const integer = (bytes: Buffer): Buffer => der(0x02, bytes);
const octets = (content: Buffer): Buffer => der(0x04, content);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));

/** A distinguished name of one common name. */
function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function generalName(host: string): Buffer {
  return /^[\d.]+$/.test(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host));
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
