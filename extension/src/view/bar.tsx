/** The bar that stays on top: which tool, in which state, and the three decisions. */
import * as React from 'react';
import type { IDesk } from '../desk';
import type { Against, Review } from '../model/review';
import { Opening } from './opening';
import { Problem } from './problem';
import { Kind } from './queue';
import { oneLine } from './visible';
import { stateWords } from './words';

export function Bar(props: {
  desk: IDesk;
  review: Review;
  approve(): void;
  say(what: Against): void;
}): JSX.Element {
  const { desk, review, approve, say } = props;
  const { trans } = desk;
  const page = review.page!;
  const { view } = page;
  return (
    <header className="tv-Bar">
      <div className="tv-BarName">
        <h1>{oneLine(`${view.toolset}/${view.tool}`)}</h1>
        {view.kind && <Kind kind={view.kind} />}
        <span className="tv-State" data-state={view.state}>
          {stateWords(view.state, trans)}
        </span>
        <span className="tv-Quiet">
          {`${view.id} · ${trans.__('revision %1', view.revision)} · `}
          {view.base_release ? trans.__('update') : trans.__('new')}
          {` · ${oneLine(view.author, 60)}`}
        </span>
      </div>
      <div className="tv-BarActions" role="group" aria-label={trans.__('Decision')}>
        <button
          className="jp-Button jp-mod-styled jp-mod-accept tv-Approve"
          disabled={!review.canApprove}
          onClick={approve}
        >
          {trans.__('Approve…')}
        </button>
        <button
          className="jp-Button jp-mod-styled jp-mod-reject"
          disabled={!review.canSay('request-changes')}
          onClick={() => say('request-changes')}
        >
          {trans.__('Request changes…')}
        </button>
        <button
          className="jp-Button jp-mod-styled jp-mod-warn"
          disabled={!review.canSay('reject')}
          onClick={() => say('reject')}
        >
          {trans.__('Reject…')}
        </button>
        {desk.session.isOpen && (
          <button
            className="jp-Button jp-mod-minimal tv-Lock"
            title={trans.__('Words go out as %1; forget that now', oneLine(desk.session.owner))}
            onClick={() => desk.session.forget()}
          >
            {trans.__('Lock')}
          </button>
        )}
      </div>
    </header>
  );
}

/** What must be known before deciding, and what came of the last decision. */
export function Notices(props: { desk: IDesk; review: Review }): JSX.Element {
  const { desk, review } = props;
  const { trans } = desk;
  const page = review.page!;
  const isOpen = page.view.state === 'reviewing';
  const [isOpening, setOpening] = React.useState(false);
  return (
    <div className="tv-Notices" role="status" aria-live="polite">
      {review.isStale && (
        <div className="tv-Notice" data-tone="unsure">
          <strong>? {trans.__('There is a newer revision than this page shows.')}</strong>
          <span>{trans.__('Nothing can be decided on the old one.')}</span>
          <button className="jp-Button jp-mod-styled" onClick={() => review.reload()}>
            {trans.__('Show the newer one')}
          </button>
        </div>
      )}
      <Outcome desk={desk} review={review} />
      {isOpen && page.why_not && (
        <div className="tv-Notice" data-tone="unsure">
          <strong>? {trans.__('It cannot be approved now:')}</strong>
          <span>{oneLine(page.why_not, 600)}</span>
        </div>
      )}
      {page.withheld && page.signer !== null && (
        <div className="tv-Notice" data-tone="unsure">
          <strong>? {trans.__('Some of the evidence is for reviewers only.')}</strong>
          <button className="jp-Button jp-mod-styled" onClick={() => setOpening(true)}>
            {trans.__('See all of it…')}
          </button>
        </div>
      )}
      {isOpening && <Opening desk={desk} review={review} close={() => setOpening(false)} />}
      {page.signer === null && (
        <div className="tv-Notice" data-tone="unsure">
          <strong>? {trans.__('Nobody can decide here:')}</strong>
          <span>{oneLine(page.why_no_signer, 600)}</span>
        </div>
      )}
      <Problem error={review.refusal} />
      <Problem error={review.problem ?? desk.queue.problem} />
    </div>
  );
}

/** Says that something is done only because the service said so. */
function Outcome(props: { desk: IDesk; review: Review }): JSX.Element | null {
  const { desk, review } = props;
  const { trans } = desk;
  const view = review.outcome;
  if (view === null) {
    return null;
  }
  const next = desk.queue.after(view.id);
  const name = oneLine(`${view.toolset}/${view.tool}`);
  const said: { [state: string]: string } = {
    published: trans.__('%1 is published: it is served now.', name),
    changes_wanted: trans.__('%1 is back with its author.', name),
    rejected: trans.__('%1 is rejected.', name),
    reviewing: trans._n(
      'Your vote counts. %1 more person is needed.',
      'Your vote counts. %1 more people are needed.',
      view.people_needed
    )
  };
  return (
    <div className="tv-Notice tv-Outcome" data-tone="good">
      <strong>✓ {said[view.state] ?? stateWords(view.state, trans)}</strong>
      {next && (
        <button className="jp-Button jp-mod-styled" onClick={() => desk.open(next.id)}>
          {trans.__('Next: %1', oneLine(next.tool, 60))}
        </button>
      )}
    </div>
  );
}
