/**
 * Texts of others, made harmless to read: what does not show, or changes the order of reading, is
 * spelled out as `<U+202E>`. The same rule as `toolvet_reviews.words.visible`.
 */

const HIDDEN = /[\u115f\u1160\u2800\u3164\uffa0\u034f\ufe00-\ufe0f\u{e0100}-\u{e01ef}]|(?![\n\t ])[\p{C}\p{Z}]/gu;

export function visible(text: string): string {
  return text.replace(HIDDEN, mark => {
    const number = mark.codePointAt(0)!.toString(16).toUpperCase();
    return `<U+${number.padStart(4, '0')}>`;
  });
}

/** Fold a text into one harmless line. */
export function oneLine(text: string, longest = 200): string {
  const folded = visible(text).split(/\s+/).filter(Boolean).join(' ');
  return folded.length <= longest ? folded : `${folded.slice(0, longest - 1)}…`;
}
