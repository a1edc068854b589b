/** One proposal as this page shows it, and the decisions on exactly that. */
import { ISignal, Signal } from '@lumino/signaling';
import { Api, ServiceError } from '../api';
import { DifferenceError } from '../signing/refusals';
import type { IApproval } from '../signing/statement';
import {
  CHANGES_FROM,
  IBallot,
  IKeyOwner,
  IProposalView,
  IQueueItem,
  IReviewPage,
  REJECT_FROM
} from '../wire';
import type { Queue } from './queue';
import type { Session } from './session';

export type TurnDown = 'request-changes' | 'reject';

/** What a person says with words. */
export type Against = TurnDown | 'comment';

/** Not in the queue any more. */
const CLOSED = ['published', 'rejected', 'withdrawn'];

/** Verbs of the log that change what a page shows, but not when its proposal was last moved. */
const HEARD = ['comment:add', 'vote:approve', 'draft:run', 'payload:erase', 'policy:apply'];

/** How often a proposal that is being verified is read again: evidence is no entry of the log. */
const LOOK_AGAIN_MS = 1000;

/** Where a comment belongs; line 0 is the whole file, no path the whole proposal. */
export interface IPlace {
  path: string;
  line: number;
}

export class Review {
  constructor(
    readonly proposal: string,
    private readonly _api: Api,
    readonly queue: Queue,
    readonly session: Session
  ) {
    queue.changed.connect(this._compare, this);
    queue.heard.connect(this._hear, this);
  }

  dispose(): void {
    Signal.clearData(this);
    window.clearTimeout(this._again);
    this._isDisposed = true;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What is shown; null until it is there. */
  get page(): IReviewPage | null {
    return this._page;
  }

  /** There is something newer than what is shown: nothing may be decided on this any more. */
  get isStale(): boolean {
    return this._newer !== null;
  }

  get problem(): Error | null {
    return this._problem;
  }

  /** Why the last decision made here did not count: what it was about had changed. */
  get refusal(): Error | null {
    return this._refusal;
  }

  /** What the service said to the last decision made here. */
  get outcome(): IProposalView | null {
    return this._outcome;
  }

  /** Who would sign here. */
  get signer(): IKeyOwner | null {
    return this._page?.signer ?? null;
  }

  /** What is shown can be approved, by somebody who can sign, and nothing newer is known. */
  get canApprove(): boolean {
    const hasBallot = Boolean(this._page?.ballot) && this._problem === null;
    return hasBallot && !this.isStale && this.signer !== null;
  }

  canSay(what: Against): boolean {
    if (this._page === null || this.signer === null) {
      return false;
    }
    if (what === 'comment') {
      return true;
    }
    const from = what === 'reject' ? REJECT_FROM : CHANGES_FROM;
    return from.includes(this._page.view.state) && !this.isStale;
  }

  /** Fetch, and show what is fetched. */
  async load(): Promise<void> {
    const reading = ++this._reading;
    try {
      const page = await this._read();
      if (reading === this._reading) {
        this._show(page);
      }
    } catch (error) {
      this._problem = error as Error;
    }
    this._emit();
  }

  /** Show the newer one. */
  reload(): void {
    if (this._newer !== null) {
      this._show(this._newer);
      this._outcome = null;
      this._refusal = null;
      this._emit();
    }
  }

  /** Say what an approval of what is shown would sign. */
  approval(note: string): IApproval {
    const { ballot, signer, view } = this._page ?? {};
    if (!ballot || !signer || !view) {
      throw new DifferenceError('this page cannot be approved');
    }
    return {
      service: ballot.service,
      actor: signer.principal,
      proposal: ballot.proposal,
      tool: ballot.subject_name,
      release: ballot.release,
      base: ballot.base,
      dossier: ballot.dossier,
      policy: ballot.policy,
      tier: ballot.tier,
      rubric: ballot.rubric,
      waivers: ballot.waivers,
      note
    };
  }

  /** Approve what was asked about, which `approval` named. */
  async approve(asked: IApproval, signer: IKeyOwner, passphrase: string): Promise<void> {
    const { approve } = await import('../signing');
    const sign = (token = '') => approve(this._api, asked, signer, passphrase, token);
    await this._decide(() => (this.session.isOpen ? this.session.use(sign) : sign()));
  }

  /** Open the session that words need. */
  async unlock(passphrase: string): Promise<void> {
    const signer = this.signer;
    if (signer === null) {
      throw new DifferenceError('nobody has a key here');
    }
    const { service } = await this._api.status();
    await this.session.open(service.service_id, signer, passphrase);
  }

  /** Give it back or close it; `digest` is that of the revision that was shown. */
  async turnDown(how: TurnDown, digest: string, words: string): Promise<void> {
    const { proposal } = this;
    await this._decide(() =>
      this.session.use(token => this._api.turnDown(how, proposal, digest, words, token))
    );
  }

  async comment(text: string, place: IPlace): Promise<void> {
    const said = { text, ...place };
    const work = (token: string) => this._api.comment(this.proposal, said, token);
    this._show(await this.session.use(work));
    this._emit();
  }

  private async _decide(work: () => Promise<IReviewPage>): Promise<void> {
    this._refusal = null;
    try {
      const page = await work();
      this._show(page);
      this._outcome = page.view;
    } catch (error) {
      if (error instanceof ServiceError && error.isStale) {
        this._refusal = error;
        await this._fetchNewer();
      }
      throw error;
    }
    this._emit();
    void this.queue.refresh();
  }

  private _show(page: IReviewPage): void {
    this._page = page;
    this._newer = null;
    this._problem = page.ballot && difference(page.ballot, page.view);
    this._seen = CLOSED.includes(page.view.state) ? '' : mark(page.view);
    window.clearTimeout(this._again);
    if (page.view.state === 'verifying' && !this._isDisposed) {
      this._again = window.setTimeout(() => void this._fetchNewer(), LOOK_AGAIN_MS);
    }
  }

  /** The queue was read again: is it still what is shown? */
  private _compare(): void {
    const item = this.queue.find(this.proposal);
    const now = item ? mark(item) : '';
    if (this.queue.problem !== null || this._page === null || now === this._seen) {
      return;
    }
    this._seen = now;
    void this._fetchNewer();
  }

  /** Something was said that the queue does not show. */
  private _hear(_: Queue, kinds: readonly string[]): void {
    if (this._page !== null && kinds.some(kind => HEARD.includes(kind))) {
      void this._fetchNewer();
    }
  }

  /** Words and votes are shown at once; another revision waits until the reader asks for it. */
  private async _fetchNewer(): Promise<void> {
    try {
      const found = await this._read();
      if (this._page?.view.revision_digest === found.view.revision_digest) {
        this._show(found);
      } else {
        this._newer = found;
      }
    } catch {
      return; // the queue says so already
    }
    this._emit();
  }

  /** Read it as the person while their session is open: they are shown all of the evidence. */
  private _read(): Promise<IReviewPage> {
    const read = (token = '') => this._api.review(this.proposal, token);
    return this.session.isOpen ? this.session.use(read) : read();
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _page: IReviewPage | null = null;
  private _newer: IReviewPage | null = null;
  private _problem: Error | null = null;
  private _refusal: Error | null = null;
  private _outcome: IProposalView | null = null;
  private _seen = '';
  private _reading = 0;
  private _isDisposed = false;
  private _again = 0;
}

/** What both the queue and a page say about a proposal; it changes when the page does. */
function mark(said: IQueueItem | IProposalView): string {
  return `${said.state} ${said.revision} ${said.updated_at}`;
}

/** What would be signed must be what the page shows everywhere else. */
function difference(ballot: IBallot, view: IProposalView): Error | null {
  const newest = view.revisions.find(revision => revision.number === view.revision);
  const pairs: [string, unknown, unknown][] = [
    ['proposal', ballot.proposal, view.id],
    ['tool', ballot.subject_name, `${view.toolset}/${view.tool}`],
    ['revision', ballot.revision, view.revision_digest],
    ['release', ballot.release, view.release_digest],
    ['base', ballot.base, view.base_release],
    ['kind', ballot.kind, view.kind],
    ['dossier', ballot.dossier, newest?.dossier_digest]
  ];
  const differing = pairs.find(([, one, other]) => one !== other);
  return differing ? new DifferenceError(differing[0]) : null;
}
