/**
 * A person's key, unsealed in this page for one signature. The document is that of
 * `toolvet.audit.keys`: argon2id (RFC 9106) makes the key that ChaCha20-Poly1305 seals the Ed25519
 * seed with, bound to everything else in the document. The passphrase never leaves the page.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { argon2id } from 'hash-wasm';
import { concatenated, digestOf, fromHex, utf8 } from './bytes';
import { canonical, Json, JsonObject } from './canonical';
import { BrowserError, SealedKeyError, WrongPassphraseError } from './refusals';

const SCHEMA = 'toolvet/sealed-key/v1';
const FIELDS = ['schema', 'fingerprint', 'public', 'kdf', 'salt', 'nonce', 'sealed'];
const COST = ['name', 'iterations', 'lanes', 'memory_kib'];
const MAX_MEMORY_KIB = 4 * 1024 * 1024;

/** PKCS #8 of an Ed25519 private key (RFC 8410) up to the 32 bytes of the seed. */
const PKCS8_HEAD = fromHex('302e020100300506032b657004220420');

interface ICost {
  iterations: number;
  lanes: number;
  memory: number;
}

interface ISealed {
  fingerprint: string;
  public: Uint8Array;
  salt: Uint8Array;
  nonce: Uint8Array;
  sealed: Uint8Array;
  cost: ICost;
  bound: Uint8Array;
}

/** An unsealed key that scripts cannot read the private half of. */
export interface IPersonKey {
  readonly fingerprint: string;
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/** Unseal a key. The bytes that held the seed are overwritten before this returns. */
export async function unseal(document: JsonObject, passphrase: string): Promise<IPersonKey> {
  if (!globalThis.crypto?.subtle) {
    throw new BrowserError();
  }
  const key = await read(document);
  const seed = await open(key, passphrase);
  try {
    return await held(key, seed);
  } finally {
    seed.fill(0);
  }
}

async function open(key: ISealed, passphrase: string): Promise<Uint8Array> {
  const password = utf8(passphrase.normalize('NFKC'));
  const sealing = await argon2id({
    password,
    salt: key.salt,
    iterations: key.cost.iterations,
    parallelism: key.cost.lanes,
    memorySize: key.cost.memory,
    hashLength: 32,
    outputType: 'binary'
  });
  password.fill(0);
  try {
    return chacha20poly1305(sealing, key.nonce, key.bound).decrypt(key.sealed);
  } catch {
    throw new WrongPassphraseError();
  } finally {
    sealing.fill(0);
  }
}

async function held(key: ISealed, seed: Uint8Array): Promise<IPersonKey> {
  const pkcs8 = concatenated(PKCS8_HEAD, seed);
  const algorithm = { name: 'Ed25519' };
  let secret: CryptoKey;
  let open: CryptoKey;
  try {
    secret = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
    open = await crypto.subtle.importKey('raw', key.public, algorithm, false, ['verify']);
  } catch {
    throw new BrowserError();
  } finally {
    pkcs8.fill(0);
  }
  return {
    fingerprint: key.fingerprint,
    sign: async data => {
      const signature = await crypto.subtle.sign(algorithm, secret, data);
      if (!(await crypto.subtle.verify(algorithm, open, signature, data))) {
        throw new SealedKeyError(); // sealed with another public half than it names
      }
      return new Uint8Array(signature);
    }
  };
}

async function read(document: JsonObject): Promise<ISealed> {
  const kdf = document.kdf;
  if (!has(document, FIELDS) || document.schema !== SCHEMA || !isObject(kdf)) {
    throw new SealedKeyError('not a sealed key of this version');
  }
  if (!has(kdf, COST) || kdf.name !== 'argon2id') {
    throw new SealedKeyError('the key is sealed in a way unknown here');
  }
  const { sealed, ...header } = document;
  const key: ISealed = {
    fingerprint: String(document.fingerprint),
    public: unhex(document.public, 32),
    salt: unhex(document.salt, 16),
    nonce: unhex(document.nonce, 12),
    sealed: unhex(sealed, 48),
    cost: { iterations: whole(kdf.iterations), lanes: whole(kdf.lanes), memory: whole(kdf.memory_kib) },
    bound: utf8(canonical(header))
  };
  if (!isSane(key.cost) || key.fingerprint !== (await digestOf(key.public))) {
    throw new SealedKeyError();
  }
  return key;
}

function isSane(cost: ICost): boolean {
  const { iterations, lanes, memory } = cost;
  const counts = iterations >= 1 && iterations <= 64 && lanes >= 1 && lanes <= 64;
  return counts && memory >= 8 * lanes && memory <= MAX_MEMORY_KIB;
}

function has(object: JsonObject, names: string[]): boolean {
  const found = Object.keys(object);
  return found.length === names.length && names.every(name => found.includes(name));
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function whole(value: Json | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new SealedKeyError();
  }
  return value;
}

function unhex(value: Json | undefined, size: number): Uint8Array {
  if (typeof value !== 'string' || value.length !== 2 * size || !/^[0-9a-f]*$/.test(value)) {
    throw new SealedKeyError();
  }
  return fromHex(value);
}
