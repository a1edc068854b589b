/** Bytes, and the spellings of bytes that acts and keys use. */

const HEX = /^(?:[0-9a-f]{2})*$/;

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function fromHex(text: string): Uint8Array {
  if (!HEX.test(text)) {
    throw new SyntaxError('not hexadecimal');
  }
  return Uint8Array.from(text.match(/../g) ?? [], pair => parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

/** Read base64 in its one spelling: `atob` alone would take spare bits and missing padding. */
export function fromBase64(text: string): Uint8Array {
  const bytes = Uint8Array.from(atob(text), mark => mark.charCodeAt(0));
  if (toBase64(bytes) !== text) {
    throw new SyntaxError('not base64 in its one spelling');
  }
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  const CHUNK = 0x8000; // more arguments than this overflow the stack in some browsers
  let text = '';
  for (let from = 0; from < bytes.length; from += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(from, from + CHUNK));
  }
  return btoa(text);
}

export function concatenated(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Name bytes as the service does: `sha256:` and 64 hexadecimal digits. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes);
  return `sha256:${toHex(new Uint8Array(hash))}`;
}
