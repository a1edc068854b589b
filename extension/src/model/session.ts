/**
 * A person's session, opened by their key: for words, never for approvals. It lives in this page
 * only and at most 15 minutes; leaving the page, or locking, forgets it.
 */
import { ISignal, Signal } from '@lumino/signaling';
import { Api, ServiceError } from '../api';
import { IKeyOwner, SESSION_S } from '../wire';

export class Session {
  constructor(private readonly _api: Api) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isOpen(): boolean {
    return this._token !== '';
  }

  /** Who opened it; empty when it is closed. */
  get owner(): string {
    return this._owner;
  }

  /** Open it with a passphrase; the key is gone again when this returns. */
  async open(service: string, signer: IKeyOwner, passphrase: string): Promise<void> {
    const { openSession } = await import('../signing');
    const began = performance.now();
    const token = await openSession(this._api, service, signer, passphrase);
    this._keep(token, signer.name, 1000 * SESSION_S - (performance.now() - began));
  }

  /** Do something as the person; a session that is over is forgotten. */
  async use<T>(work: (token: string) => Promise<T>): Promise<T> {
    try {
      return await work(this._token);
    } catch (error) {
      if (error instanceof ServiceError && error.isSignedOut) {
        this.forget();
      }
      throw error;
    }
  }

  forget(): void {
    window.clearTimeout(this._timer);
    this._token = '';
    this._owner = '';
    this._changed.emit();
  }

  private _keep(token: string, owner: string, ms: number): void {
    window.clearTimeout(this._timer);
    this._token = token;
    this._owner = owner;
    this._timer = window.setTimeout(() => this.forget(), ms);
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _token = '';
  private _owner = '';
  private _timer = 0;
}
