/** Words against a proposal, or a comment: they go out under the person's own name. */
import * as React from 'react';
import { ServiceError } from '../api';
import type { IDesk } from '../desk';
import type { Against, IPlace, Review } from '../model/review';
import { Ask, Passphrase, PassphraseField } from './ask';
import { oneLine } from './visible';

export interface ISayingProps {
  desk: IDesk;
  review: Review;
  what: Against;
  place?: IPlace;
  /** What is written there at first. */
  text?: string;
  close(): void;
}

export function Saying(props: ISayingProps): JSX.Element {
  const { desk, review, what, close } = props;
  const { trans } = desk;
  const [text, setText] = React.useState(props.text ?? '');
  const [isOpen, setOpen] = React.useState(review.session.isOpen);
  const [passphrase] = React.useState(() => new Passphrase());
  const [digest] = React.useState(() => review.page!.view.revision_digest);
  const submit = async () => {
    if (!review.session.isOpen) {
      await review.unlock(passphrase.take());
    }
    setOpen(true);
    try {
      await (what === 'comment'
        ? review.comment(text.trim(), props.place ?? { path: '', line: 0 })
        : review.turnDown(what, digest, text.trim()));
    } catch (error) {
      setOpen(review.session.isOpen);
      if (!(error instanceof ServiceError && error.isStale)) {
        throw error;
      }
    }
    close();
  };
  const [title, question, action] = wording(props);
  return (
    <Ask
      desk={desk}
      title={title}
      action={action}
      isDangerous={what === 'reject'}
      submit={submit}
      close={close}
    >
      <label className="tv-Field">
        <span>{question}</span>
        <textarea
          className="jp-mod-styled"
          rows={5}
          required
          data-first
          maxLength={20000}
          value={text}
          onChange={event => {
            event.target.setCustomValidity(event.target.value.trim() ? '' : question);
            setText(event.target.value);
          }}
        />
      </label>
      {!isOpen && (
        <PassphraseField
          passphrase={passphrase}
          label={trans.__(
            'Passphrase of %1’s key: opens a session of 15 minutes, for words only',
            oneLine(review.signer?.name ?? '')
          )}
        />
      )}
    </Ask>
  );
}

function wording(props: ISayingProps): [string, string, string] {
  const { trans } = props.desk;
  const { view } = props.review.page!;
  const name = oneLine(`${view.toolset}/${view.tool}`);
  const { path, line } = props.place ?? { path: '', line: 0 };
  switch (props.what) {
    case 'request-changes':
      return [
        trans.__('Request changes to %1', name),
        trans.__('What would have to change?'),
        trans.__('Give it back')
      ];
    case 'reject':
      return [trans.__('Reject %1', name), trans.__('Why is it rejected?'), trans.__('Reject')];
    case 'comment':
      return [
        path ? trans.__('Comment on %1', `${oneLine(path)}:${line}`) : trans.__('Comment on %1', name),
        trans.__('What do you want to say?'),
        trans.__('Comment')
      ];
  }
}
