/** What is open at the service, kept up to date by Jupyter's event stream and a slow poll. */
import type { Event } from '@jupyterlab/services';
import { Debouncer, Poll } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';
import type { Api } from '../api';
import { EVENTS, ILogGrew, IQueueItem } from '../wire';

/** Events are not replayed after a lost connection: ask now and then anyway. */
const POLL_MS = 60_000;
const MAX_POLL_MS = 300_000;

/** One act makes several log entries; they are read together. */
const SETTLE_MS = 80;

export class Queue {
  constructor(
    private readonly _api: Api,
    events: Event.Stream
  ) {
    this._poll = new Poll({
      name: 'toolvet:queue',
      auto: false,
      standby: 'when-hidden',
      frequency: { interval: POLL_MS, max: MAX_POLL_MS, backoff: true },
      factory: () => this._read()
    });
    this._nudge = new Debouncer(() => this._poll.refresh(), SETTLE_MS);
    events.connect((_, event) => {
      if (event.schema_id === EVENTS) {
        void this._nudge.invoke();
        this._heard.emit((event as unknown as ILogGrew).kinds);
      }
    });
  }

  /** Emitted after each reading, whether or not anything is new. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What the log says happened, at once; of which proposal it does not say. */
  get heard(): ISignal<this, readonly string[]> {
    return this._heard;
  }

  get items(): readonly IQueueItem[] {
    return this._items;
  }

  /** Why there is nothing to show, or why it may be old. */
  get problem(): Error | null {
    return this._problem;
  }

  get isRead(): boolean {
    return this._isRead;
  }

  /** There is more than what is listed. */
  get hasMore(): boolean {
    return this._hasMore;
  }

  get waiting(): readonly IQueueItem[] {
    return this._items.filter(item => item.turn === 'reviewers');
  }

  find(proposal: string): IQueueItem | undefined {
    return this._items.find(item => item.id === proposal);
  }

  /** The one to look at after another, round the end. */
  after(proposal: string): IQueueItem | undefined {
    const waiting = this.waiting;
    const at = waiting.findIndex(item => item.id === proposal);
    const next = waiting[(at + 1) % waiting.length];
    return next?.id === proposal ? undefined : next;
  }

  /** Start, and keep going. */
  start(): void {
    void this._poll.start();
  }

  async refresh(): Promise<void> {
    await this._poll.refresh();
    await this._poll.tick;
  }

  private async _read(): Promise<void> {
    try {
      const page = await this._api.queue();
      this._items = page.items;
      this._hasMore = page.next !== null;
      this._problem = null;
      this._isRead = true;
    } catch (error) {
      this._problem = error as Error;
      throw error; // the poll backs off
    } finally {
      this._changed.emit();
    }
  }

  private readonly _poll: Poll;
  private readonly _nudge: Debouncer;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _heard = new Signal<this, readonly string[]>(this);
  private _items: readonly IQueueItem[] = [];
  private _problem: Error | null = null;
  private _isRead = false;
  private _hasMore = false;
}
