/** Ids of widgets, apart from the views so that the shell need not load them. */

export function documentId(proposal: string): string {
  return `toolvet-review-${proposal}`;
}
