/** Opening a session to read: some evidence is shown only to a person who says who they are. */
import * as React from 'react';
import type { IDesk } from '../desk';
import type { Review } from '../model/review';
import { Ask, Passphrase, PassphraseField } from './ask';
import { oneLine } from './visible';

export function Opening(props: { desk: IDesk; review: Review; close(): void }): JSX.Element {
  const { desk, review, close } = props;
  const { trans } = desk;
  const [passphrase] = React.useState(() => new Passphrase());
  const submit = async () => {
    await review.unlock(passphrase.take());
    await review.load();
    close();
  };
  return (
    <Ask
      desk={desk}
      title={trans.__('See all of the evidence')}
      action={trans.__('Open')}
      submit={submit}
      close={close}
    >
      <PassphraseField
        passphrase={passphrase}
        isFirst
        label={trans.__(
          'Passphrase of %1’s key: opens a session of 15 minutes, to read and for words',
          oneLine(review.signer?.name ?? '')
        )}
      />
    </Ask>
  );
}
