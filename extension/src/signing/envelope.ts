/** DSSE envelopes as `toolvet.audit.envelopes` writes them: one signature, one spelling. */
import { concatenated, toBase64, utf8 } from './bytes';
import { canonical } from './canonical';
import type { IPersonKey } from './key';

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** Sign a statement. Source: DSSE protocol, version 1.0, "pre-authentication encoding". */
export async function sign(statement: Uint8Array, key: IPersonKey): Promise<string> {
  const head = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${statement.length} `;
  const signature = await key.sign(concatenated(utf8(head), statement));
  return canonical({
    payload: toBase64(statement),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: key.fingerprint, sig: toBase64(signature) }]
  });
}
