/** Why nothing was signed. The codes are those of the other faces where the reason is the same. */

export class SigningError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint = ''
  ) {
    super(message);
    this.name = 'SigningError';
  }
}

/** What would be signed is not what is shown. */
export class DifferenceError extends SigningError {
  constructor(what: string) {
    super(
      'act.difference',
      `the statement to sign differs from what is shown: ${what}`,
      'Nothing was signed. `toolvet doctor` looks for the reason.'
    );
  }
}

/** The passphrase does not open the key. */
export class WrongPassphraseError extends SigningError {
  constructor() {
    super('key.passphrase', 'The passphrase does not open this key.', 'Nothing was signed.');
  }
}

/** The sealed key is of another version, or was changed. */
export class SealedKeyError extends SigningError {
  constructor(message = 'the sealed key is damaged') {
    super('key.sealed', message, 'Restore the key file from a copy, or enrol another key.');
  }
}

/** The page cannot do cryptography: another origin than https or localhost, or an old browser. */
export class BrowserError extends SigningError {
  constructor() {
    super(
      'page.insecure',
      'This browser offers no Ed25519 to this page.',
      'Open Lab on localhost or over https in a current browser, or use `toolvet approve`.'
    );
  }
}
