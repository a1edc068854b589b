/** What the author tried, and the way to say something. */
import * as React from 'react';
import type { IDesk } from '../desk';
import type { IDraftView, IProposalView } from '../wire';
import { oneLine, visible } from './visible';
import { when } from './words';

export function Talk(props: { desk: IDesk; say(): void; canSay: boolean }): JSX.Element {
  const { trans } = props.desk;
  return (
    <p className="tv-Talk">
      <button
        className="jp-Button jp-mod-styled jp-mod-reject"
        disabled={!props.canSay}
        onClick={props.say}
      >
        {trans.__('Comment…')}
      </button>
      <span className="tv-Quiet">
        {trans.__('A line number in the code opens a comment on that line.')}
      </span>
    </p>
  );
}

/** Calls the author made before anybody approved anything: facts of the platform, not claims. */
export function Drafts(props: { desk: IDesk; view: IProposalView }): JSX.Element | null {
  const { view, desk } = props;
  const { trans } = desk;
  if (view.drafts.length === 0) {
    return null;
  }
  return (
    <details className="tv-Drafts">
      <summary>
        {trans._n('The author called it %1 time', 'The author called it %1 times', view.draft_count)}
      </summary>
      <ul>
        {view.drafts.map(draft => (
          <Draft key={draft.id} draft={draft} desk={desk} />
        ))}
      </ul>
    </details>
  );
}

function Draft(props: { draft: IDraftView; desk: IDesk }): JSX.Element {
  const { draft, desk } = props;
  const isGood = draft.status === 'succeeded';
  const said = isGood ? draft.result : `${draft.code} ${draft.message}`;
  return (
    <li className="tv-Draft">
      <span className="tv-Tone" data-tone={isGood ? 'good' : 'bad'}>
        {isGood ? '✓' : '✗'} {draft.status}
      </span>{' '}
      <span className="tv-Quiet">
        {`${desk.trans.__('revision %1', draft.revision)} · ${oneLine(draft.by, 60)} · ${when(draft.time)}`}
      </span>
      <pre>{visible(draft.arguments)}</pre>
      <pre>{visible(said)}</pre>
      {draft.cut && <span className="tv-Quiet">{desk.trans.__('cut short')}</span>}
    </li>
  );
}
