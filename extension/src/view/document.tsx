/** The review document: one page, decisions on top, then what a reviewer reads, in the one order. */
import { MainAreaWidget } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { IDesk, useChanges } from '../desk';
import { gateIcon } from '../icons';
import { Against, IPlace, Review } from '../model/review';
import type { IBriefSection, IReviewPage } from '../wire';
import { Approving } from './approving';
import { Bar, Notices } from './bar';
import { Cases } from './cases';
import { Files, IFilesHandle } from './files';
import { Saying } from './saying';
import { Section } from './section';
import { documentId } from './ids';
import { Problem } from './problem';
import { Drafts, Talk } from './talk';
import { oneLine } from './visible';

/** What keys and the palette may ask of the document in front. */
export interface IDocumentCommands {
  approve(): void;
  say(what: Against): void;
  nextChange(): void;
  previousChange(): void;
}

export class ReviewWidget extends ReactWidget {
  readonly commands = React.createRef<IDocumentCommands>();

  constructor(
    private readonly _desk: IDesk,
    readonly review: Review
  ) {
    super();
    this.addClass('tv-Document');
    this.node.tabIndex = -1;
  }

  override dispose(): void {
    this.review.dispose();
    super.dispose();
  }

  protected override render(): JSX.Element {
    return <Document ref={this.commands} desk={this._desk} review={this.review} />;
  }

  protected override onActivateRequest(): void {
    if (!this.node.contains(document.activeElement)) {
      this.node.focus();
    }
  }
}

/** A review document for the main area; its content is fetched at once. */
export function reviewDocument(desk: IDesk, proposal: string): MainAreaWidget<ReviewWidget> {
  const review = new Review(proposal, desk.api, desk.queue, desk.session);
  const content = new ReviewWidget(desk, review);
  const widget = new MainAreaWidget({ content });
  widget.id = documentId(proposal);
  widget.toolbar.hide();
  widget.title.icon = gateIcon;
  widget.title.closable = true;
  const name = () => {
    const view = review.page?.view;
    widget.title.label = view ? `${oneLine(view.tool, 40)} (${proposal})` : proposal;
    widget.title.caption = view ? oneLine(`${view.toolset}/${view.tool}`) : proposal;
  };
  name();
  review.changed.connect(name);
  void review.load();
  return widget;
}

type Asked = { what: 'approve' } | { what: Against; place?: IPlace; text?: string };

const Document = React.forwardRef<IDocumentCommands, { desk: IDesk; review: Review }>(
  function Document(props, ref) {
    const { desk, review } = props;
    const { trans } = desk;
    useChanges(review.changed, desk.session.changed, desk.queue.changed);
    const [asked, setAsked] = React.useState<Asked | null>(null);
    const files = React.useRef<IFilesHandle>(null);
    const { page } = review;
    const say = (what: Against, place?: IPlace, text?: string) => {
      if (review.canSay(what)) {
        setAsked({ what, place, text });
      }
    };
    const approve = () => {
      if (review.canApprove) {
        setAsked({ what: 'approve' });
      }
    };
    React.useImperativeHandle(ref, () => ({
      approve,
      say,
      nextChange: () => files.current?.nextChange(),
      previousChange: () => files.current?.previousChange()
    }));
    if (page === null) {
      return (
        <div className="tv-Loading" role="status">
          {review.problem ? (
            <>
              <Problem error={review.problem} />
              <button className="jp-Button jp-mod-styled" onClick={() => void review.load()}>
                {trans.__('Try again')}
              </button>
            </>
          ) : (
            trans.__('Fetching %1 and checking every digest…', review.proposal)
          )}
        </div>
      );
    }
    const close = () => setAsked(null);
    const goTo = (place: IPlace) => files.current?.goTo(place);
    return (
      <article
        className="tv-Page"
        aria-label={trans.__('Review of %1', oneLine(`${page.view.toolset}/${page.view.tool}`))}
      >
        <Bar desk={desk} review={review} approve={approve} say={say} />
        <Notices desk={desk} review={review} />
        {page.sections.map(section => (
          <Section key={section.key} section={section} desk={desk} goTo={goTo}>
            {within(section, page, desk, files, say)}
          </Section>
        ))}
        {asked?.what === 'approve' && <Approving desk={desk} review={review} close={close} />}
        {asked && asked.what !== 'approve' && (
          <Saying
            desk={desk}
            review={review}
            what={asked.what}
            place={asked.place}
            text={asked.text}
            close={close}
          />
        )}
      </article>
    );
  }
);

/** What a section shows beyond its lines. */
function within(
  section: IBriefSection,
  page: IReviewPage,
  desk: IDesk,
  files: React.Ref<IFilesHandle>,
  say: (what: Against, place?: IPlace, text?: string) => void
): React.ReactNode {
  switch (section.key) {
    case 'changed':
      return (
        <Files ref={files} desk={desk} page={page} comment={place => say('comment', place)} />
      );
    case 'tried':
      return (
        <Cases
          desk={desk}
          cases={page.cases}
          say={text => say('comment', undefined, text)}
          canSay={page.signer !== null}
        />
      );
    case 'rubric':
      return <Drafts desk={desk} view={page.view} />;
    case 'talk':
      return <Talk desk={desk} say={() => say('comment')} canSay={page.signer !== null} />;
    default:
      return null;
  }
}
