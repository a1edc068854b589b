/** The question before an approval: exactly what would be signed, and the passphrase. */
import * as React from 'react';
import type { IDesk } from '../desk';
import type { Review } from '../model/review';
import type { IApproval } from '../signing/statement';
import { ServiceError } from '../api';
import { Ask, Passphrase, PassphraseField } from './ask';
import { Kind } from './queue';
import { oneLine, visible } from './visible';

export function Approving(props: { desk: IDesk; review: Review; close(): void }): JSX.Element {
  const { desk, review, close } = props;
  const { trans } = desk;
  const [note, setNote] = React.useState('');
  const [passphrase] = React.useState(() => new Passphrase());
  // What is asked about stays what it was when the question was put.
  const [asked] = React.useState(() => ({ page: review.page!, approval: review.approval('') }));
  const { page, approval } = asked;
  const submit = async () => {
    const typed = passphrase.take();
    try {
      await review.approve({ ...approval, note: note.trim() }, page.signer!, typed);
    } catch (error) {
      passphrase.field.current?.focus();
      if (!(error instanceof ServiceError && error.isStale)) {
        throw error;
      }
    }
    close();
  };
  return (
    <Ask
      desk={desk}
      title={trans.__('Approve %1?', oneLine(approval.tool))}
      action={trans.__('Sign and approve')}
      submit={submit}
      close={close}
    >
      <p>
        {page.view.kind && <Kind kind={page.view.kind} />}{' '}
        {approval.base === null
          ? trans.__('A new tool. Once it has the approvals it needs, it is served.')
          : trans.__('It replaces the version that is served now.')}
      </p>
      <Facts desk={desk} approval={approval} page={page} />
      <label className="tv-Field">
        <span>{trans.__('Note (kept beside the vote; may be empty)')}</span>
        <input
          className="jp-mod-styled"
          value={note}
          maxLength={2000}
          onChange={event => setNote(event.target.value)}
        />
      </label>
      <PassphraseField
        passphrase={passphrase}
        isFirst
        label={trans.__(
          'Passphrase of %1’s key (it stays in this page)',
          oneLine(page.signer?.name ?? '')
        )}
      />
    </Ask>
  );
}

function Facts(props: {
  desk: IDesk;
  approval: IApproval;
  page: NonNullable<Review['page']>;
}): JSX.Element {
  const { approval, page } = props;
  const { trans } = props.desk;
  const rubric = Object.entries(approval.rubric).map(([name, mark]) => `${name}: ${mark}`);
  const facts: [string, string, boolean?][] = [
    [trans.__('tool'), approval.tool],
    [trans.__('proposal'), `${approval.proposal}, ${trans.__('revision %1', page.view.revision)}`],
    [trans.__('release'), approval.release, true],
    [trans.__('in place of'), approval.base ?? trans.__('nothing: it is new'), approval.base !== null],
    [trans.__('dossier'), approval.dossier, true],
    [trans.__('rubric'), rubric.join(', ')],
    [trans.__('policy'), approval.policy, true],
    [trans.__('walls'), trans.__('tier %1', approval.tier)],
    [trans.__('service'), approval.service],
    [trans.__('signed by'), `${page.signer?.name ?? ''}, ${page.signer?.fingerprint ?? ''}`]
  ];
  return (
    <dl className="tv-Facts" aria-label={trans.__('What is signed')}>
      {facts.map(([name, value, isCode]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className={isCode ? 'tv-Digest' : ''}>{visible(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
