import './console-view.css';
import { useDatabase } from 'freshet/react-hooks';
import { CornerDownLeft, TableProperties } from 'lucide-react';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Button } from '../../parts/button.tsx';
import { Placeholder } from '../../parts/placeholder.tsx';
import { examples } from './examples.ts';
import { Explanation } from './explanation.tsx';
import { Outcome } from './outcome.tsx';
import { ResultTable } from './result-table.tsx';
import { sessionOn } from './session.ts';
import { SqlEditor, type SqlEditorHandle } from './sql-editor.tsx';
import { readStatement } from './statement.ts';
import { useSchema } from './use-schema.ts';

/** Asks the database in SQL: a SELECT becomes live. */
export function ConsoleView() {
  const session = sessionOn(useDatabase());
  const state = useSyncExternalStore(session.subscribe, session.state);
  const schema = useSchema();
  const editor = useRef<SqlEditorHandle>(null);
  const [writes, setWrites] = useState(() => readStatement(session.text).kind === 'write');
  useEffect(() => {
    session.schema = schema;
  }, [session, schema]);
  useEffect(() => {
    session.enter();
    return () => session.leave();
  }, [session]);
  const change = useCallback(
    (text: string) => {
      session.text = text;
      setWrites(readStatement(text).kind === 'write');
    },
    [session],
  );
  const run = useCallback(() => void session.run(session.text), [session]);
  const choose = (sql: string): void => {
    editor.current?.setText(sql);
    // What writes is shown, and run only when asked for.
    if (readStatement(sql).kind === 'live') void session.run(sql);
  };
  const { result } = state;

  return (
    <div className="console">
      <header className="console-header">
        <h1>Console</h1>
        <fieldset className="console-examples">
          <legend className="visually-hidden">Examples</legend>
          {examples.map(({ name, sql }) => (
            <button key={name} type="button" onClick={() => choose(sql)}>
              {name}
            </button>
          ))}
        </fieldset>
      </header>
      <div className="console-body">
        <section className="console-statement" aria-label="Statement">
          <SqlEditor
            handle={editor}
            initialText={session.text}
            schema={schema}
            problem={state.problem?.span}
            onChange={change}
            onRun={run}
          />
          <div className="console-bar">
            <Outcome state={state} />
            <Button kind="primary" onClick={run} aria-keyshortcuts="Control+Enter">
              {writes ? 'Run once' : 'Run'}
              <kbd>
                Ctrl <CornerDownLeft aria-label="Enter" />
              </kbd>
            </Button>
          </div>
        </section>
        <section className="console-result" aria-label="Answer" aria-busy={state.isAsking}>
          {!result ? (
            <Placeholder
              title={state.isAsking ? 'Asking …' : 'No answer yet'}
              icon={<TableProperties aria-hidden="true" />}
            >
              <p>Write a SELECT and press Ctrl+Enter: its answer appears here, and stays true.</p>
            </Placeholder>
          ) : result.rows.length === 0 && result.columns.length === 0 ? (
            <Placeholder title="No rows" />
          ) : (
            <ResultTable key={result.run} result={result} />
          )}
        </section>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
        <section className="console-explanation" tabIndex={0} aria-label="How it is kept fresh">
          <h2>How it is kept fresh</h2>
          {result ? (
            <Explanation result={result} />
          ) : (
            <p className="explanation-note">Nothing is asked yet.</p>
          )}
        </section>
      </div>
    </div>
  );
}
