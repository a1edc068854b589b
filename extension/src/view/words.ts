/** Words and signs for the states of things. A sign stands with every colour, never colour alone. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IBriefLine, IQueueItem } from '../wire';

export const TONE_SIGNS: { [tone in IBriefLine['tone']]: string } = {
  plain: '·',
  good: '✓',
  bad: '✗',
  unsure: '?',
  quiet: '·'
};

export function stateWords(state: IQueueItem['state'], trans: TranslationBundle): string {
  const words: { [state in IQueueItem['state']]: string } = {
    verifying: trans.__('being verified'),
    changes_wanted: trans.__('back with its author'),
    reviewing: trans.__('waits for a decision'),
    published: trans.__('published'),
    rejected: trans.__('rejected'),
    withdrawn: trans.__('withdrawn'),
    stale: trans.__('overtaken by another release')
  };
  return words[state] ?? state;
}

/** `2026-01-31T12:00:00.000000Z` as the reader's own clock says it. */
export function when(time: string): string {
  const date = new Date(time);
  return isNaN(date.valueOf())
    ? ''
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
