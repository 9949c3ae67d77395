import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view';
import type { Span } from './problem.ts';

const mark = Decoration.mark({ class: 'sql-problem' });

/** Underlines the place of a problem; null takes the line away. */
export const setProblem = StateEffect.define<Span | null>();

/** The underlined place, until something is written. */
export const problemMark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(now, { effects, docChanged, state }) {
    for (const effect of effects) {
      if (!effect.is(setProblem)) continue;
      if (!effect.value) return Decoration.none;
      // An end that is missing is shown at the last letter there is.
      const to = Math.min(effect.value.to, state.doc.length);
      const from = Math.min(effect.value.from, Math.max(to - 1, 0));
      return to > from ? Decoration.set(mark.range(from, to)) : Decoration.none;
    }
    return docChanged ? Decoration.none : now;
  },
  provide: (field) => EditorView.decorations.from(field),
});
