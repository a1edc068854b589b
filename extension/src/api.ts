/** Every question this page has for the server side, typed by wire.ts. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import {
  IErrorAnswer,
  IErrorBody,
  IQueuePage,
  IReviewPage,
  ISaltedWords,
  ISealedKeyAnswer,
  ISessionOpened,
  IStatementWanted,
  IStatus,
  IUnsignedStatement,
  SESSION_HEADER
} from './wire';

/** The service or the server side said no; code and hint are those of every other face. */
export class ServiceError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(
    readonly status: number,
    problem: Partial<IErrorBody> = {}
  ) {
    super(problem.message || `The server answered ${status}.`);
    this.name = 'ServiceError';
    this.code = problem.code ?? 'server.answer';
    this.hint = problem.hint ?? '';
  }

  /** What was decided on is not the newest any more. */
  get isStale(): boolean {
    return this.status === 409;
  }

  /** The session is over, or the person may not. */
  get isSignedOut(): boolean {
    return this.status === 401;
  }
}

export class Api {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  status(): Promise<IStatus> {
    return this._get(['status']);
  }

  /** One page of what is open. */
  queue(cursor: string | null = null, limit = 200): Promise<IQueuePage> {
    const query: Record<string, string> = { limit: String(limit) };
    return this._get(['queue'], cursor === null ? query : { ...query, cursor });
  }

  /** With a session as the person, who is shown all of the evidence. */
  review(proposal: string, session = ''): Promise<IReviewPage> {
    return this._get(['proposals', proposal], {}, session);
  }

  /** The sealed key of whoever would sign here. */
  key(): Promise<ISealedKeyAnswer> {
    return this._get(['key']);
  }

  /** Have the statement written that is to be signed here. */
  statement(wanted: Partial<IStatementWanted>, session = ''): Promise<IUnsignedStatement> {
    return this._post(['statements'], wanted, session);
  }

  login(envelope: string): Promise<ISessionOpened> {
    return this._post(['login'], { envelope });
  }

  vote(proposal: string, envelope: string, note: ISaltedWords | null): Promise<IReviewPage> {
    return this._post(['proposals', proposal, 'vote'], { envelope, note });
  }

  /** Give a proposal back to its author, or close it. */
  turnDown(
    how: 'request-changes' | 'reject',
    proposal: string,
    digest: string,
    note: string,
    session: string
  ): Promise<IReviewPage> {
    return this._post(['proposals', proposal, how], { digest, note }, session);
  }

  comment(
    proposal: string,
    said: { text: string; path: string; line: number },
    session: string
  ): Promise<IReviewPage> {
    return this._post(['proposals', proposal, 'comment'], said, session);
  }

  private _get<T>(
    path: string[],
    query: Record<string, string> = {},
    session = ''
  ): Promise<T> {
    const headers: Record<string, string> = session ? { [SESSION_HEADER]: session } : {};
    return this._ask(path, { method: 'GET', cache: 'no-store', headers }, query);
  }

  private _post<T>(path: string[], body: object, session = ''): Promise<T> {
    const headers: Record<string, string> = { 'Content-Type': 'application/json' };
    if (session) {
      headers[SESSION_HEADER] = session;
    }
    return this._ask(path, { method: 'POST', body: JSON.stringify(body), headers });
  }

  private async _ask<T>(
    path: string[],
    init: RequestInit,
    query: Record<string, string> = {}
  ): Promise<T> {
    const parts = path.map(encodeURIComponent);
    const place = URLExt.join(this._settings.baseUrl, 'toolvet', ...parts);
    const url = place + URLExt.objectToQueryString(query);
    let answer: Response;
    try {
      answer = await ServerConnection.makeRequest(url, init, this._settings);
    } catch {
      throw new ServiceError(503, {
        code: 'server.unreachable',
        message: 'The Jupyter server does not answer.',
        hint: 'Is it still running?'
      });
    }
    const found: unknown = await answer.json().catch(() => null);
    if (!answer.ok || found === null) {
      throw new ServiceError(answer.status, (found as IErrorAnswer | null)?.error);
    }
    return found as T;
  }
}
