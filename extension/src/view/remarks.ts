/** Findings and comments under the lines they are about. Their words are text nodes, nothing else. */
import { EditorState, Extension, RangeSetBuilder, StateField } from '@codemirror/state';
import { Decoration, DecorationSet, EditorView, WidgetType } from '@codemirror/view';

export interface IRemark {
  /** From 1; what is past the end stands under the last line. */
  line: number;
  tone: 'bad' | 'unsure' | 'quiet' | 'plain';
  /** Who says it: a severity or a name. */
  label: string;
  text: string;
}

class RemarkWidget extends WidgetType {
  constructor(readonly remark: IRemark) {
    super();
  }

  override eq(other: RemarkWidget): boolean {
    return other.remark === this.remark;
  }

  override toDOM(): HTMLElement {
    const node = document.createElement('div');
    node.className = 'tv-Remark';
    node.dataset.tone = this.remark.tone;
    const label = document.createElement('strong');
    label.textContent = this.remark.label;
    const text = document.createElement('span');
    text.textContent = this.remark.text;
    node.append(label, ' ', text);
    return node;
  }

  override ignoreEvent(): boolean {
    return true; // selecting its words is not moving the cursor
  }
}

/** Show remarks in an editor. */
export function remarksIn(remarks: readonly IRemark[]): Extension {
  // Block widgets must come from a field: a view plugin may not change the vertical layout.
  return StateField.define<DecorationSet>({
    create: state => decorations(state, remarks),
    update: (set, change) => (change.docChanged ? decorations(change.state, remarks) : set),
    provide: field => EditorView.decorations.from(field)
  });
}

function decorations(state: EditorState, remarks: readonly IRemark[]): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const placed = remarks.map(remark => ({
    remark,
    line: state.doc.line(Math.max(1, Math.min(remark.line, state.doc.lines)))
  }));
  placed.sort((one, other) => one.line.from - other.line.from);
  let marked = -1;
  // Marks of lines and widgets below them interleave, in the order of their places.
  const below: [number, Decoration][] = [];
  const flush = (until: number) => {
    while (below.length > 0 && below[0]![0] < until) {
      const [place, widget] = below.shift()!;
      builder.add(place, place, widget);
    }
  };
  for (const { remark, line } of placed) {
    flush(line.from);
    if (line.from !== marked) {
      marked = line.from;
      builder.add(line.from, line.from, Decoration.line({ class: 'tv-RemarkedLine' }));
    }
    below.push([
      line.to,
      Decoration.widget({ widget: new RemarkWidget(remark), block: true, side: 1 })
    ]);
  }
  flush(Infinity);
  return builder.finish();
}
