import type { IFileChange } from '../wire';

/** Deleted text of the one-column view is not virtualised: beyond this it would freeze the page. */
const MOST_DELETED = 1000;

/** Tell whether a file can be shown in one column. */
export function fitsOneColumn(change: IFileChange): boolean {
  return change.removed <= MOST_DELETED;
}
