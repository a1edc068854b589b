/**
 * Canonical JSON (RFC 8785) of what acts and keys consist of: strings, whole numbers, booleans,
 * null, lists and objects. Fractions never occur there, so they are refused.
 */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** Write the one spelling of a value. */
export function canonical(value: Json): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return spelled(value);
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) {
      throw new TypeError('canonical JSON here holds whole numbers only');
    }
    return String(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(',')}]`;
  }
  // Array.sort compares UTF-16 units, which is the order RFC 8785 asks for.
  const names = Object.keys(value).sort();
  const fields = names.map(name => `${spelled(name)}:${canonical(value[name] as Json)}`);
  return `{${fields.join(',')}}`;
}

/**
 * Read bytes that must be canonical. The comparison with their own spelling refuses duplicate
 * names, spare blanks, other escapes and everything else that could be read in two ways.
 */
export function parseCanonical(bytes: Uint8Array): Json {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const value = JSON.parse(text) as Json;
  if (canonical(value) !== text) {
    throw new SyntaxError('not canonical JSON');
  }
  return value;
}

function spelled(value: null | boolean | string): string {
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) {
    throw new TypeError('a string holds half of a surrogate pair');
  }
  return JSON.stringify(value);
}
