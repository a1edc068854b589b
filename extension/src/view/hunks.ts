/**
 * The service's hunks as CodeMirror's changes. Left to itself the merge view marks a whole file as
 * one change when some hundred lines of ten thousand differ.
 */
import { Change, presentableDiff } from '@codemirror/merge';
import type { IHunk } from '../wire';

/** Characters of the largest block that is compared word by word, and how many such blocks. */
const REFINED = 4000;
const MOST_REFINED = 300;

/** A run of lines that differ: from 0, the ends not included. */
export interface ILines {
  oldFrom: number;
  oldTo: number;
  newFrom: number;
  newTo: number;
}

/** Cut hunks down to what differs in them: context and neighbours left out. */
export function blocks(hunks: readonly IHunk[]): ILines[] {
  const found: ILines[] = [];
  for (const hunk of hunks) {
    let old = hunk.old_start - (hunk.old_count ? 1 : 0);
    let fresh = hunk.new_start - (hunk.new_count ? 1 : 0);
    let open: ILines | null = null;
    for (const line of hunk.lines) {
      if (line.kind === ' ') {
        open = null;
        old += 1;
        fresh += 1;
        continue;
      }
      if (open === null) {
        open = { oldFrom: old, oldTo: old, newFrom: fresh, newTo: fresh };
        found.push(open);
      }
      if (line.kind === '-') {
        open.oldTo = old += 1;
      } else {
        open.newTo = fresh += 1;
      }
    }
  }
  return found;
}

/** What `DiffConfig.override` wants. */
export function changesOf(lines: readonly ILines[]): (a: string, b: string) => readonly Change[] {
  return (a, b) => {
    const [old, fresh] = [starts(a), starts(b)];
    return lines.flatMap(lined => {
      const block = slid(lined, old, fresh, a, b);
      const fromA = at(old, block.oldFrom, a);
      const toA = at(old, block.oldTo, a);
      const fromB = at(fresh, block.newFrom, b);
      const toB = at(fresh, block.newTo, b);
      const size = toA - fromA + toB - fromB;
      const isPair = toA > fromA && toB > fromB;
      if (!isPair || size > REFINED || lines.length > MOST_REFINED) {
        return [new Change(fromA, toA, fromB, toB)];
      }
      const inside = presentableDiff(a.slice(fromA, toA), b.slice(fromB, toB), { timeout: 50 });
      return inside.map(
        one => new Change(one.fromA + fromA, one.toA + fromA, one.fromB + fromB, one.toB + fromB)
      );
    });
  };
}

/**
 * Move lines that were only added, or only removed, past empty lines on both sides. It is the same
 * change, and the library takes one before such a line for one that ends before it begins.
 */
function slid(block: ILines, old: number[], fresh: number[], a: string, b: string): ILines {
  let { oldFrom, oldTo, newFrom, newTo } = block;
  const isOneSided = oldFrom === oldTo || newFrom === newTo;
  const isMovable = () =>
    [oldFrom, oldTo].every(line => isEmpty(old, line, a)) &&
    [newFrom, newTo].every(line => isEmpty(fresh, line, b));
  while (isOneSided && isMovable()) {
    oldFrom += 1;
    oldTo += 1;
    newFrom += 1;
    newTo += 1;
  }
  return { oldFrom, oldTo, newFrom, newTo };
}

function isEmpty(lineStarts: number[], line: number, text: string): boolean {
  const start = lineStarts[line];
  return start !== undefined && text[start] === '\n';
}

function starts(text: string): number[] {
  const found = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    found.push(at + 1);
  }
  return found;
}

function at(lineStarts: number[], line: number, text: string): number {
  return lineStarts[line] ?? text.length;
}
