/**
 * The statement a person signs is written by the server side, from bytes it checked. Here every
 * field of it is held against what this page shows, before any key is opened.
 */
import { concatenated, digestOf, fromBase64, fromHex, utf8 } from './bytes';
import { canonical, Json, JsonObject, parseCanonical } from './canonical';
import { DifferenceError } from './refusals';
import type { ISaltedWords } from '../wire';

const TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'https://toolvet.dev/act/v1';
const SCHEMA = 'toolvet/act/v1';
const NONCE = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** 32 bytes in base64, spare bits unset. */
const ROOT = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** How far the clocks of this machine and the server may be apart. */
const CLOCK_MS = 15 * 60 * 1000;

/** Everything of an approval that is on the screen. */
export interface IApproval {
  service: string;
  actor: string;
  proposal: string;
  tool: string;
  release: string;
  base: string | null;
  dossier: string;
  policy: string;
  tier: string;
  rubric: { [criterion: string]: string };
  waivers: string[];
  note: string;
}

/** Everything of opening a session that is on the screen. */
export interface IOpening {
  service: string;
  actor: string;
}

/** Check the statement of an approval; answers its bytes, to be signed. */
export async function checkApproval(
  encoded: string,
  shown: IApproval,
  words: ISaltedWords | null
): Promise<Uint8Array> {
  if ((words?.text ?? '') !== shown.note) {
    throw new DifferenceError('note');
  }
  const note = words === null ? null : await commitment(words);
  return check(encoded, {
    subject: [{ name: shown.tool, digest: { sha256: hex(shown.release) } }],
    service: shown.service,
    actor: shown.actor,
    act: 'vote:approve',
    target: { kind: 'proposal', id: shown.proposal },
    proposal: shown.proposal,
    base: shown.base,
    channel: 'stable',
    verdict: 'approve',
    rubric: shown.rubric,
    waivers: shown.waivers,
    policy: shown.policy,
    tier: shown.tier,
    dossier: shown.dossier,
    note,
    facts: {}
  });
}

/** Check the statement that opens a session; it can approve nothing. */
export async function checkOpening(encoded: string, shown: IOpening): Promise<Uint8Array> {
  const subject = hex(await digestOf(utf8(shown.service)));
  return check(encoded, {
    subject: [{ name: '', digest: { sha256: subject } }],
    service: shown.service,
    actor: shown.actor,
    act: 'login:open',
    target: { kind: 'service', id: shown.service },
    proposal: null,
    base: null,
    channel: null,
    verdict: null,
    rubric: null,
    waivers: [],
    tier: null,
    dossier: null,
    note: null,
    facts: {}
  });
}

/**
 * Build the only statement that would be right and compare. Taken from the bytes are no more than
 * the nonce, the time and the checkpoint, each by its form; and the policy where nothing shows it.
 */
function check(encoded: string, expected: JsonObject): Uint8Array {
  const [bytes, said] = read(encoded);
  const predicate = object(said.predicate, 'predicate');
  const { subject, ...rest } = expected;
  const right: JsonObject = {
    _type: TYPE,
    subject: subject as Json,
    predicateType: PREDICATE_TYPE,
    predicate: {
      schema: SCHEMA,
      nonce: matching(predicate, 'nonce', NONCE),
      time: recent(predicate),
      checkpoint: checkpoint(predicate),
      policy: predicate.policy ?? null,
      ...rest
    }
  };
  const differing = difference(said, right);
  if (differing !== null) {
    throw new DifferenceError(differing);
  }
  return bytes;
}

function read(encoded: string): [Uint8Array, JsonObject] {
  try {
    const bytes = fromBase64(encoded);
    return [bytes, object(parseCanonical(bytes), 'statement')];
  } catch {
    throw new DifferenceError('statement'); // not base64, not UTF-8, not canonical JSON
  }
}

async function commitment(words: ISaltedWords): Promise<string> {
  const salt = fromHex(words.salt);
  if (salt.length !== 32) {
    throw new DifferenceError('note');
  }
  return digestOf(concatenated(salt, utf8(words.text)));
}

function difference(said: JsonObject, right: JsonObject): string | null {
  for (const name of Object.keys({ ...said, ...right }).sort()) {
    const [one, other] = [said[name], right[name]];
    if (name === 'predicate' && one !== undefined && other !== undefined) {
      const inside = difference(object(one, name), object(other, name));
      if (inside !== null) {
        return inside;
      }
    } else if (one === undefined || other === undefined || canonical(one) !== canonical(other)) {
      return name;
    }
  }
  return null;
}

function checkpoint(predicate: JsonObject): JsonObject {
  const said = object(predicate.checkpoint, 'checkpoint');
  const { size, root } = said;
  const isWhole = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
  if (Object.keys(said).length !== 2 || !isWhole || typeof root !== 'string') {
    throw new DifferenceError('checkpoint');
  }
  if (!ROOT.test(root)) {
    throw new DifferenceError('checkpoint');
  }
  return said;
}

function recent(predicate: JsonObject): string {
  const time = matching(predicate, 'time', TIME);
  if (!(Math.abs(Date.parse(time) - Date.now()) <= CLOCK_MS)) {
    throw new DifferenceError('time (is the clock of this machine right?)');
  }
  return time;
}

function matching(said: JsonObject, name: string, form: RegExp): string {
  const value = said[name];
  if (typeof value !== 'string' || !form.test(value)) {
    throw new DifferenceError(name);
  }
  return value;
}

function object(value: Json | undefined, name: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DifferenceError(name);
  }
  return value;
}

function hex(digest: string): string {
  return digest.replace(/^sha256:/, '');
}
