/** Signing in the page, loaded when somebody is about to sign. */
import type { Api } from '../api';
import type { IKeyOwner, IReviewPage, ISealedKeyAnswer } from '../wire';
import { sign } from './envelope';
import { unseal } from './key';
import { SealedKeyError } from './refusals';
import { checkApproval, checkOpening, IApproval } from './statement';

/** Approve what is shown, and hand the signed statement in. */
export async function approve(
  api: Api,
  shown: IApproval,
  signer: IKeyOwner,
  passphrase: string,
  session = ''
): Promise<IReviewPage> {
  const { proposal, dossier, note } = shown;
  const [key, unsigned] = await Promise.all([
    keyOf(api, signer),
    api.statement({ act: 'vote', proposal, dossier, note }, session)
  ]);
  const statement = await checkApproval(unsigned.statement_b64, shown, unsigned.words);
  const envelope = await sign(statement, await unseal(key.document, passphrase));
  return api.vote(proposal, envelope, unsigned.words);
}

/** Open a session; answers its token. */
export async function openSession(
  api: Api,
  service: string,
  signer: IKeyOwner,
  passphrase: string
): Promise<string> {
  const [key, unsigned] = await Promise.all([keyOf(api, signer), api.statement({ act: 'login' })]);
  const actor = signer.principal;
  const statement = await checkOpening(unsigned.statement_b64, { service, actor });
  const envelope = await sign(statement, await unseal(key.document, passphrase));
  return (await api.login(envelope)).token;
}

async function keyOf(api: Api, signer: IKeyOwner): Promise<ISealedKeyAnswer> {
  const key = await api.key();
  if (key.document.fingerprint !== signer.fingerprint) {
    throw new SealedKeyError('the key is not the one that this page named');
  }
  return key;
}
