/** One notification for all that waits, updated as it changes: never one for each tool. */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Preferences } from './model/preferences';
import type { Queue } from './model/queue';

const SHOWN_MS = 8000;

/** Say when something new waits. It names numbers of proposals only, nothing an author wrote. */
export function announce(
  queue: Queue,
  preferences: Preferences,
  trans: TranslationBundle,
  review: () => void
): void {
  let known: Set<string> | null = null;
  let shown = '';
  queue.changed.connect(() => {
    if (queue.problem !== null) {
      return;
    }
    const waiting = queue.waiting.map(item => `${item.id} ${item.revision}`);
    const isNew = known !== null && waiting.some(item => !known!.has(item));
    known = new Set(waiting);
    if (waiting.length === 0) {
      Notification.dismiss(shown);
    } else if (isNew && preferences.notify) {
      shown = show(shown, waiting.length, trans, review);
    }
  });
}

function show(
  shown: string,
  count: number,
  trans: TranslationBundle,
  review: () => void
): string {
  const message = trans._n(
    '%1 tool waits for your decision.',
    '%1 tools wait for your decision.',
    count
  );
  const actions = [{ label: trans.__('Review'), callback: review }];
  const options = { autoClose: SHOWN_MS, actions };
  if (shown && Notification.update({ id: shown, message, ...options })) {
    return shown;
  }
  return Notification.info(message, options);
}
