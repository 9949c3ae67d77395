import { type Extension, Prec, RangeSetBuilder } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import { tokenize, tokenName } from 'sqlite3-parser';

const marks = {
  keyword: Decoration.mark({ class: 'sql-keyword' }),
  text: Decoration.mark({ class: 'sql-text' }),
  number: Decoration.mark({ class: 'sql-number' }),
  call: Decoration.mark({ class: 'sql-call' }),
  comment: Decoration.mark({ class: 'sql-comment' }),
} as const;

const kinds: Readonly<Record<string, keyof typeof marks>> = {
  STRING: 'text',
  BLOB: 'text',
  INTEGER: 'number',
  FLOAT: 'number',
  VARIABLE: 'number',
};
const isWord = /^[a-z_]+$/i;

function kindOf(token: string, text: string, next: string | undefined): keyof typeof marks | undefined {
  const known = kinds[token];
  if (known || !isWord.test(text)) return known;
  if (token !== 'ID') return 'keyword';
  return next === '(' ? 'call' : undefined;
}

/** Colours by SQLite's own tokens. Keeps nothing: what is typed here is short. */
function highlight({ state }: EditorView): DecorationSet {
  const sql = state.doc.toString();
  const builder = new RangeSetBuilder<Decoration>();
  let end = 0;
  const between = (to: number): void => {
    const gap = sql.slice(end, to);
    const from = end + gap.length - gap.trimStart().length;
    const until = end + gap.trimEnd().length;
    // Between tokens there is nothing but space and comments.
    if (from < until) builder.add(from, until, marks.comment);
  };
  try {
    for (const { type, text, span } of tokenize(sql)) {
      between(span.offset);
      end = span.offset + span.length;
      const kind = kindOf(tokenName(type) ?? '', text, sql[end]);
      if (kind) builder.add(span.offset, end, marks[kind]);
    }
    between(sql.length);
  } catch {
    // A text that is still being written may end within a token; the rest stays plain.
  }
  return builder.finish();
}

/** Innermost, so that these colours are those that show. */
export const sqlHighlight: Extension = Prec.lowest(
  ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(view: EditorView) {
        this.decorations = highlight(view);
      }
      update({ docChanged, view }: ViewUpdate): void {
        if (docChanged) this.decorations = highlight(view);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  ),
);
