/** What every view here is given: the models, the translation, and the way to other places. */
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import * as React from 'react';
import type { Api } from './api';
import type { Queue } from './model/queue';
import type { Session } from './model/session';
import type { Preferences } from './model/preferences';

export interface IDesk {
  readonly api: Api;
  readonly queue: Queue;
  readonly session: Session;
  readonly preferences: Preferences;
  readonly trans: TranslationBundle;
  readonly languages: IEditorLanguageRegistry | null;
  open(proposal: string): void;
}

/** Paint again whenever a model says it changed. */
export function useChanges(...signals: ISignal<unknown, unknown>[]): void {
  const [, paint] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const slot = () => paint();
    signals.forEach(signal => signal.connect(slot));
    return () => signals.forEach(signal => signal.disconnect(slot));
  }, signals);
}
