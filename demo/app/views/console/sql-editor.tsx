import './sql-editor.css';
import { SQLite, sql } from '@codemirror/lang-sql';
import { Compartment, type Extension, Prec } from '@codemirror/state';
import { keymap } from '@codemirror/view';
import { basicSetup, EditorView } from 'codemirror';
import { type RefObject, useEffect, useImperativeHandle, useRef } from 'react';
import type { Schema, Span } from './problem.ts';
import { problemMark, setProblem } from './problem-mark.ts';
import { sqlHighlight } from './sql-highlight.ts';

export interface SqlEditorHandle {
  setText(text: string): void;
}

interface SqlEditorProps {
  readonly handle: RefObject<SqlEditorHandle | null>;
  readonly initialText: string;
  readonly schema: Schema;
  readonly problem: Span | undefined;
  readonly onChange: (text: string) => void;
  /** Ctrl+Enter. */
  readonly onRun: () => void;
}

/** Writes SQL, with the schema's names completed. Its undo is its own. */
export function SqlEditor({ handle, initialText, schema, problem, onChange, onRun }: SqlEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const language = useRef(new Compartment());
  const events = useRef({ onChange, onRun });
  const first = useRef(initialText);
  useEffect(() => {
    events.current = { onChange, onRun };
  }, [onChange, onRun]);

  useEffect(() => {
    if (!place.current) return;
    const run = (): boolean => {
      events.current.onRun();
      return true;
    };
    const made = new EditorView({
      parent: place.current,
      doc: first.current,
      extensions: [
        Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
        basicSetup,
        language.current.of(dialect(new Map())),
        sqlHighlight,
        problemMark,
        EditorView.lineWrapping,
        // Said outright: not every tool knows that what can be edited can be reached by keyboard.
        EditorView.contentAttributes.of({ 'aria-label': 'SQL', tabindex: '0' }),
        EditorView.domEventHandlers({ keydown: keepUndo }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) events.current.onChange(state.doc.toString());
        }),
      ],
    });
    view.current = made;
    return () => {
      first.current = made.state.doc.toString();
      made.destroy();
    };
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: language.current.reconfigure(dialect(schema)) });
  }, [schema]);

  useEffect(() => {
    view.current?.dispatch({ effects: setProblem.of(problem ?? null) });
  }, [problem]);

  useImperativeHandle(handle, () => ({
    setText(text) {
      const editor = view.current;
      if (!editor) return;
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
      editor.focus();
    },
  }));

  return <div ref={place} className="sql-editor" />;
}

function dialect(schema: Schema): Extension {
  return sql({ dialect: SQLite, schema: Object.fromEntries(schema), upperCaseKeywords: true });
}

/** The application's undo is of data, the editor's of text: within the editor only the latter is meant. */
function keepUndo(event: KeyboardEvent): boolean {
  const isUndo = (event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key);
  if (isUndo) event.stopPropagation();
  return false;
}
