/**
 * One file in CodeMirror: two versions beside each other, in one column, or only the one there is.
 * Read-only, but with a cursor: everything works from the keyboard.
 */
import {
  getChunks,
  goToNextChunk,
  goToPreviousChunk,
  MergeView,
  mergeViewSiblings,
  uncollapseUnchanged,
  unifiedMergeView
} from '@codemirror/merge';
import { EditorState, Extension } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';
import { jupyterTheme } from '@jupyterlab/codemirror';
import type { DiffMode } from '../model/preferences';
import type { IFileChange } from '../wire';
import { fitsOneColumn } from './columns';
import { blocks, changesOf } from './hunks';
import { IRemark, remarksIn } from './remarks';

const FOLD = { margin: 3, minSize: 4 };

export interface ICodeOptions {
  change: IFileChange;
  mode: DiffMode;
  /** Show every line, also what did not change. */
  isWhole: boolean;
  language: Extension;
  remarks: readonly IRemark[];
  labels: { old: string; new: string };
  /** A line number was chosen to comment on. */
  onLine(line: number): void;
}

export interface ICode {
  /** Put the cursor on a line of the new version, or of the only one. */
  goTo(line: number): void;
  nextChange(): void;
  previousChange(): void;
  dispose(): void;
}

export function showCode(parent: HTMLElement, options: ICodeOptions): ICode {
  const { change } = options;
  if (change.old === null || change.new === null || change.status === 'same') {
    return one(parent, options);
  }
  return options.mode === 'split' || !fitsOneColumn(change)
    ? split(parent, options)
    : unified(parent, options);
}

function one(parent: HTMLElement, options: ICodeOptions): ICode {
  const { change, labels } = options;
  const isGone = change.new === null;
  const view = new EditorView({
    parent,
    doc: (isGone ? change.old : change.new) ?? '',
    extensions: [
      common(isGone ? labels.old : labels.new, options),
      isGone ? [] : remarked(options),
      EditorView.editorAttributes.of({ class: isGone ? 'tv-Gone' : 'tv-Only' })
    ]
  });
  return code(view, options.remarks, () => view.destroy());
}

function split(parent: HTMLElement, options: ICodeOptions): ICode {
  const { change, labels } = options;
  const merge = new MergeView({
    parent,
    a: { doc: change.old!, extensions: common(labels.old, options) },
    b: { doc: change.new!, extensions: [common(labels.new, options), remarked(options)] },
    ...merging(options)
  });
  return code(merge.b, options.remarks, () => merge.destroy());
}

function unified(parent: HTMLElement, options: ICodeOptions): ICode {
  const { change, labels } = options;
  const view = new EditorView({
    parent,
    doc: change.new!,
    extensions: [
      common(labels.new, options),
      remarked(options),
      unifiedMergeView({ original: change.old!, mergeControls: false, ...merging(options) })
    ]
  });
  return code(view, options.remarks, () => view.destroy());
}

function merging(options: ICodeOptions) {
  return {
    gutter: true,
    highlightChanges: true,
    diffConfig: { override: changesOf(blocks(options.change.hunks)) },
    ...(options.isWhole ? {} : { collapseUnchanged: FOLD })
  };
}

function common(label: string, options: ICodeOptions): Extension {
  return [
    EditorState.readOnly.of(true),
    EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true' }),
    lineNumbers(),
    drawSelection(),
    EditorView.lineWrapping, // nothing may hide beyond the right edge
    jupyterTheme,
    options.language,
    keymap.of([{ key: 'F7', run: goToNextChunk, shift: goToPreviousChunk }])
  ];
}

function remarked(options: ICodeOptions): Extension {
  const chosen = (view: EditorView, place: number) => {
    options.onLine(view.state.doc.lineAt(place).number);
    return true;
  };
  return [
    remarksIn(options.remarks),
    lineNumbers({
      domEventHandlers: { mousedown: (view, line) => chosen(view, line.from) }
    }),
    keymap.of([{ key: 'Mod-Alt-m', run: view => chosen(view, view.state.selection.main.head) }])
  ];
}

function code(view: EditorView, remarks: readonly IRemark[], dispose: () => void): ICode {
  for (const { line, tone } of remarks) {
    if (tone !== 'quiet') {
      unfold(view, line); // it would not be seen; a mere note may wait for its reader
    }
  }
  const goTo = (line: number) => {
    const at = Math.max(1, Math.min(line, view.state.doc.lines));
    const place = view.state.doc.line(at).from;
    unfold(view, at);
    view.dispatch({
      selection: { anchor: place },
      effects: EditorView.scrollIntoView(place, { y: 'center' })
    });
    view.focus();
  };
  return {
    goTo,
    dispose,
    nextChange: () => jump(view, goToNextChunk),
    previousChange: () => jump(view, goToPreviousChunk)
  };
}

function jump(view: EditorView, command: typeof goToNextChunk): void {
  if (getChunks(view.state) !== null) {
    command(view);
    view.focus();
  }
}

/**
 * Unfold whatever hides a line of the new version, in both columns. The library names a fold by
 * where it starts, so that is worked out here as it works it out.
 */
function unfold(view: EditorView, line: number): void {
  const found = getChunks(view.state);
  const columns = mergeViewSiblings(view);
  if (found === null) {
    return;
  }
  for (let at = 0; at <= found.chunks.length; at++) {
    const before = at > 0 ? found.chunks[at - 1] : undefined;
    const next = found.chunks[at];
    const from = before ? lineAt(view, before.toB) + FOLD.margin : 1;
    const to = next ? lineAt(view, next.fromB) - 1 - FOLD.margin : view.state.doc.lines;
    if (from <= line && line <= to) {
      open(view, from);
      if (columns !== null) {
        open(columns.a, before ? lineAt(columns.a, before.toA) + FOLD.margin : 1);
      }
      return;
    }
  }
}

function open(view: EditorView, line: number): void {
  view.dispatch({ effects: uncollapseUnchanged.of(view.state.doc.line(line).from) });
}

function lineAt(view: EditorView, place: number): number {
  return view.state.doc.lineAt(Math.min(place, view.state.doc.length)).number;
}
