// @vitest-environment jsdom
import type { Database, DatabaseSync } from 'freshet';
import { mountDevtools } from 'freshet/devtools';
import { inspect, live, settled } from 'freshet/reactive';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../tests/support/eventually.ts';
import { openInThread } from '../tests/support/in-thread.ts';
import { opened } from '../tests/support/opening.ts';

const schema = `
  CREATE TABLE issues(id INTEGER PRIMARY KEY, status TEXT, title TEXT);
  CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT);
  INSERT INTO issues VALUES (1, 'open', 'one'), (2, 'open', 'two'), (3, 'done', 'three')`;
const byStatus = 'SELECT id, title\n  FROM issues WHERE status = ? ORDER BY id';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

function mount(db: DatabaseSync | Database, options: Parameters<typeof mountDevtools>[1] = {}) {
  const unmount = mountDevtools(db, { intervalMs: 100, ...options });
  onTestFinished(unmount);
  const root = document.querySelector('freshet-devtools')?.shadowRoot as ShadowRoot;
  const all = (selector: string): HTMLElement[] => [...root.querySelectorAll<HTMLElement>(selector)];
  const one = (selector: string): HTMLElement => {
    const found = root.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`Nothing matches ${selector}`);
    return found;
  };
  return {
    unmount,
    root,
    all,
    one,
    tab: (name: string) => one(`#tab-${name}`).click(),
    /** The cells of each query's row. */
    rows: () =>
      all('.list tbody tr').map((row) => [...row.children].map((cell) => cell.textContent?.trim() ?? '')),
    titles: () => all('.list tbody th').map((cell) => cell.textContent),
    button: (name: string) =>
      all('button').find((button) => button.textContent === name || button.ariaLabel === name) as HTMLElement,
  };
}

const press = (target: EventTarget, key: string, init: KeyboardEventInit = {}): boolean =>
  target.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true, ...init }),
  );
/** What is under way comes to its end. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Promises and the turns of the engine's line go on. */
const onlyTimeouts = { toFake: ['setTimeout', 'clearTimeout'] } as const satisfies Parameters<
  typeof vi.useFakeTimers
>[0];
const shortcut = { code: 'KeyF', ctrlKey: true, altKey: true };

function start(): DatabaseSync {
  const db = opened();
  db.exec(schema);
  return db;
}

describe('mountDevtools', () => {
  test('shows a button alone at first, and does nothing', () => {
    const db = start();
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const { one } = mount(db);
    expect(one('.launcher')).toMatchObject({ hidden: false, textContent: 'Freshet' });
    expect(one('.launcher').getAttribute('aria-expanded')).toBe('false');
    expect(one('.dock').hidden).toBe(true);
    db.execute("INSERT INTO people VALUES (1, 'Ada')");
    expect(timers).not.toHaveBeenCalled();
    expect(db.reactiveMetrics().active_watch_count).toBe(0);
  });

  test('opens by its button and by the shortcut, and closes by both, and by Escape', () => {
    const { one, button, root } = mount(start());
    const isOpen = (): boolean => !one('.dock').hidden && one('.launcher').hidden === true;
    button('Freshet').click();
    expect(isOpen()).toBe(true);
    expect(root.activeElement).toBe(one('#tab-Queries'));
    button('Close developer tools').click();
    expect(isOpen()).toBe(false);
    expect(root.activeElement).toBe(one('.launcher'));

    press(window, 'ƒ', shortcut);
    expect(isOpen()).toBe(true);
    press(one('#tab-Queries'), 'Escape');
    expect(isOpen()).toBe(false);
    press(window, 'f', shortcut);
    press(window, 'f', shortcut);
    expect(isOpen()).toBe(false);
  });

  test('takes another shortcut, or none, and no other key', () => {
    const db = start();
    const other = mount(db, { shortcut: 'Shift+F9' });
    press(window, 'f', shortcut);
    press(window, 'F9');
    expect(other.one('.dock').hidden).toBe(true);
    press(window, 'F9', { shiftKey: true });
    expect(other.one('.dock').hidden).toBe(false);
    other.unmount();
    const silent = mount(db, { shortcut: null });
    press(window, 'f', shortcut);
    expect(silent.one('.dock').hidden).toBe(true);
    const isOption = expect.objectContaining({ code: 'CONFIG', subcode: 'config.option' });
    for (const wrong of ['', 'Ctrl+', 'Hyper+F'])
      expect(() => mount(db, { shortcut: wrong })).toThrow(isOption);
  });

  test('moves between its tabs by arrows, with one stop for Tab', () => {
    const { one, all, root } = mount(start(), { open: true });
    const selected = (): (string | null)[] =>
      all('[role=tab][aria-selected=true]').map((tab) => tab.textContent);
    const stops = (): (string | null)[] => all('[role=tab][tabindex="0"]').map((tab) => tab.textContent);
    const shown = (): (string | null)[] =>
      all('[role=tabpanel]:not([hidden])').map((panel) => panel.getAttribute('aria-labelledby'));
    for (const [key, name] of [
      ['ArrowRight', 'Stream'],
      ['ArrowRight', 'Slow'],
      ['ArrowRight', 'Queries'],
      ['ArrowLeft', 'Slow'],
      ['Home', 'Queries'],
      ['End', 'Slow'],
    ] as const) {
      press(one('[role=tab][aria-selected=true]'), key);
      expect(selected()).toEqual([name]);
      expect(stops()).toEqual([name]);
      expect(shown()).toEqual([`tab-${name}`]);
      expect(root.activeElement?.textContent).toBe(name);
    }
  });

  test('is made higher and lower by the keyboard, within bounds', () => {
    const { one } = mount(start(), { open: true, height: 300 });
    const edge = one('[role=separator]');
    const height = (): number => Number(edge.getAttribute('aria-valuenow'));
    expect(height()).toBe(300);
    press(edge, 'ArrowUp');
    expect(height()).toBe(324);
    expect(one('.dock').style.getPropertyValue('--height')).toBe('324px');
    press(edge, 'Home');
    press(edge, 'ArrowDown');
    expect(height()).toBe(Number(edge.getAttribute('aria-valuemin')));
    press(edge, 'End');
    expect(height()).toBe(Math.round(window.innerHeight * 0.9));
  });

  test('leaves nothing behind when it is taken away', async () => {
    const db = start();
    const { unmount, tab, all } = mount(db, { open: true });
    tab('Stream');
    await eventually(() => expect(db.reactiveMetrics().active_watch_count).toBe(1));
    unmount();
    await eventually(() => expect(db.reactiveMetrics().active_watch_count).toBe(0));
    expect(document.body.children).toHaveLength(0);
    press(window, 'f', shortcut);
    expect(all('.dock:not([hidden])')).toEqual([]);
    // Whoever measured now would find what it had measured.
    db.execute("INSERT INTO people VALUES (1, 'Ada')");
    expect((await inspect(db).read()).totals.commits).toBe(0);
  });

  test.each([
    'Queries',
    'Stream',
  ])('has no timer and no watch while the page is hidden, on %s', async (name) => {
    vi.useFakeTimers(onlyTimeouts);
    const db = start();
    const { rows, tab } = mount(db, { open: true });
    live(db, byStatus, ['open']).subscribe();
    await eventually(() => expect(rows()).toHaveLength(1));
    tab(name);
    const streams = (): number => db.reactiveMetrics().change_stream_count;
    await eventually(() => expect(streams()).toBe(name === 'Stream' ? 1 : 0));
    await turn();
    expect(vi.getTimerCount()).toBeGreaterThan(0);

    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    document.dispatchEvent(new Event('visibilitychange'));
    await turn();
    expect(streams()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);

    live(db, byStatus, ['done']).subscribe();
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event('visibilitychange'));
    tab('Queries');
    await eventually(() => expect(rows()).toHaveLength(2));
  });

  test('says so when the database is closed', async () => {
    const db = start();
    const { one, rows } = mount(db, { open: true });
    live(db, byStatus, ['open']).subscribe();
    await eventually(() => expect(rows()).toHaveLength(1));
    db.close();
    await eventually(() => expect(one('[role=status]').textContent).toBe('The database is closed.'));
  });
});

describe('mountDevtools, of a closed database', () => {
  test('says so when it is opened', () => {
    const db = start();
    db.close();
    const { one } = mount(db, { open: true });
    expect(one('[role=status]').textContent).toBe('Cannot inspect: the database is closed.');
  });
});

const kinds: readonly (readonly [string, () => DatabaseSync | Database | Promise<Database>])[] = [
  ['DatabaseSync', () => opened()],
  [
    'Database',
    async () => {
      const db = await openInThread();
      onTestFinished(() => db.close());
      return db;
    },
  ],
];

describe.each(kinds)('the panel, of a %s', (_kind, make) => {
  async function started(options?: Parameters<typeof mountDevtools>[1]) {
    const db = await make();
    await db.exec(schema);
    return { db, ...mount(db, { open: true, ...options }) };
  }

  test('lists live queries with what they hold and cost, and keeps a row’s element', async () => {
    const { db, rows, all, one } = await started();
    live(db, byStatus, ['open']).subscribe();
    live(db, 'SELECT random() FROM people').subscribe();
    await eventually(() => expect(rows()).toHaveLength(2));
    const [first, second] = rows();
    const sql = 'SELECT id, title FROM issues WHERE status = ? ORDER BY id';
    expect(first).toEqual([sql, "'open'", 'incremental', '2', '0', '', '']);
    expect(second?.[2]).toMatch(/^re-evaluated: random\(\) may give another value/);
    const before = all('.list tbody tr');
    await db.execute("INSERT INTO issues VALUES (4, 'open', 'four')");
    await eventually(() => expect(rows()[0]?.slice(3, 5)).toEqual(['3', '1']));
    expect(rows()[0]?.[5]).toMatch(/^(<0\.01|\d+(\.\d+)?)$/);
    expect(all('.list tbody tr')).toEqual(before);
    expect(one('.summary').textContent).toBe(
      '2 live queries, 1 re-evaluated; 3 rows held; 1 commit, 1.00 visits each',
    );
  });

  test('shows one in detail, and keeps showing it when it has ended', async () => {
    const { db, one, all, button, rows, root } = await started();
    const subscription = live(db, byStatus, ['open']).subscribe();
    await eventually(() => expect(rows()).toHaveLength(1));
    one('.list tbody button').click();
    expect(one('.details').hidden).toBe(false);
    expect(root.activeElement).toBe(button('Close details'));
    expect(one('.details .code').textContent).toBe(byStatus);
    expect(one('.given').textContent).toBe("Parameters: 'open'");
    expect(one('.tree').textContent).toContain("issues: hash on status = 'open'");
    expect(one('.list tbody button').getAttribute('aria-pressed')).toBe('true');
    const figures = (): Map<string, string> =>
      new Map(
        all('.details .facts > div').map(({ children: [name, value] }) => [
          name?.textContent ?? '',
          value?.textContent ?? '',
        ]),
      );
    expect(figures().get('Subscribers')).toBe('1');
    expect(figures().get('Tier')).toBe('incremental');
    subscription.unsubscribe();
    await eventually(() => expect(rows()).toHaveLength(0));
    expect(one('.details .code').textContent).toBe(byStatus);
    press(button('Close details'), 'Escape');
    expect(one('.details').hidden).toBe(true);
    expect(one('.dock').hidden).toBe(false);
    expect(root.activeElement).toBe(one('.list'));
  });

  test('sorts by a column: from the greatest, from the smallest, as they were opened', async () => {
    const { db, rows, titles, one, button } = await started();
    for (const sql of ['SELECT 1 FROM issues WHERE id = 1', 'SELECT 2 FROM issues', 'SELECT 3 FROM people']) {
      live(db, sql).subscribe();
    }
    await eventually(() => expect(rows()).toHaveLength(3));
    const counts = (): (string | undefined)[] => rows().map((row) => row[3]);
    const opened = counts();
    expect(opened).toEqual(['1', '3', '0']);
    button('Rows').click();
    expect(counts()).toEqual(['3', '1', '0']);
    expect(one('[aria-sort=descending]').textContent).toBe('Rows');
    button('Rows').click();
    expect(counts()).toEqual(['0', '1', '3']);
    button('Rows').click();
    expect(counts()).toEqual(opened);
    button('SQL').click();
    expect(titles()).toEqual(titles().toSorted());
  });

  test('keeps the focus where it was when the order changes, and moves it by arrows', async () => {
    const { db, rows, all, root, button } = await started();
    for (const sql of ['SELECT 1 FROM issues WHERE id = 1', 'SELECT 2 FROM issues', 'SELECT 3 FROM people']) {
      live(db, sql).subscribe();
    }
    await eventually(() => expect(rows()).toHaveLength(3));
    const buttons = (): HTMLElement[] => all('.list tbody button');
    const [first, second] = buttons();
    first?.focus();
    press(first as HTMLElement, 'ArrowDown');
    expect(root.activeElement).toBe(second);
    press(second as HTMLElement, 'End');
    expect(root.activeElement).toBe(buttons()[2]);
    press(buttons()[2] as HTMLElement, 'ArrowDown');
    press(buttons()[2] as HTMLElement, 'Home');
    expect(root.activeElement).toBe(first);
    button('Visits').click();
    first?.focus();
    await db.execute("INSERT INTO people VALUES (1, 'Ada')");
    await eventually(() => expect(buttons().indexOf(first as HTMLElement)).toBe(1));
    expect(root.activeElement).toBe(first);
  });

  test('shows commits as they come, the latest first, with their rows before and after', async () => {
    const { db, tab, all } = await started();
    tab('Stream');
    await eventually(async () => expect((await db.reactiveMetrics()).change_stream_count).toBe(1));
    await db.execute("UPDATE issues SET title = 'uno' WHERE id = 1");
    await db.execute("INSERT INTO people VALUES (1, 'Ada'), (2, 'Grace')");
    await eventually(() => expect(all('.entries summary')).toHaveLength(2));
    const [people, issues] = all('.entries details') as HTMLDetailsElement[];
    expect(people?.textContent).toMatch(/people2 rows#\d+$/);
    expect(issues?.querySelectorAll('.change')).toHaveLength(0);
    (issues as HTMLDetailsElement).open = true;
    await eventually(() => expect(issues?.querySelectorAll('.change')).toHaveLength(1));
    expect(issues?.querySelector('h3')?.textContent).toBe('update issues id: 1');
    expect(
      [...(issues?.querySelectorAll('.values tbody tr') ?? [])].map(({ children }) =>
        [...children].map((cell) => cell.textContent),
      ),
    ).toEqual([['title', "'one'", "'uno'"]]);
    expect(issues?.querySelector('.change p')?.textContent).toBe('Unchanged: id, status');
    (people as HTMLDetailsElement).open = true;
    await eventually(() => expect(people?.querySelectorAll('.change')).toHaveLength(2));
  });

  test('filters the stream by table, pauses it, and clears it', async () => {
    vi.useFakeTimers(onlyTimeouts);
    const { db, tab, all, one, button } = await started();
    tab('Stream');
    await eventually(async () => expect((await db.reactiveMetrics()).change_stream_count).toBe(1));
    const shown = (): (string | null | undefined)[] =>
      all('.entries summary').map((summary) => summary.querySelector('.text')?.textContent);
    await db.execute("INSERT INTO people VALUES (1, 'Ada')");
    await db.execute("UPDATE issues SET title = 'uno' WHERE id = 1");
    await eventually(() => expect(shown()).toEqual(['issues', 'people']));
    const filter = one('select') as HTMLSelectElement;
    expect([...filter.options].map(({ text }) => text)).toEqual(['All tables', 'issues', 'people']);
    filter.value = 'people';
    filter.dispatchEvent(new Event('change'));
    expect(shown()).toEqual(['people']);

    button('Pause').click();
    await vi.advanceTimersByTimeAsync(1000);
    await db.execute("INSERT INTO people VALUES (2, 'Grace')");
    await vi.advanceTimersByTimeAsync(1000);
    expect((await db.reactiveSubscriptions())[0]?.queue_depth).toBe(1);
    expect(shown()).toEqual(['people']);
    button('Resume').click();
    await eventually(() => expect(shown()).toEqual(['people', 'people']));
    button('Clear').click();
    expect(shown()).toEqual([]);
  });

  test('records the stream while it is seen, and says where it was not', async () => {
    const { db, tab, all } = await started();
    const streams = async (): Promise<number> => (await db.reactiveMetrics()).change_stream_count;
    const entries = (): (string | undefined)[] =>
      all('.entries > li').map((one) => one.className || 'commit');
    tab('Stream');
    await eventually(async () => expect(await streams()).toBe(1));
    await db.execute("INSERT INTO people VALUES (1, 'Ada')");
    await eventually(() => expect(entries()).toEqual(['commit']));
    tab('Queries');
    await eventually(async () => expect(await streams()).toBe(0));
    await db.execute("INSERT INTO people VALUES (2, 'Grace')");
    tab('Stream');
    await eventually(async () => expect(await streams()).toBe(1));
    await db.execute("INSERT INTO people VALUES (3, 'Jean')");
    await eventually(() => expect(entries()).toEqual(['commit', 'gap', 'commit']));
  });

  test('says where there were more commits than its queue holds', async () => {
    const { db, tab, all, button } = await started();
    tab('Stream');
    await eventually(async () => expect((await db.reactiveMetrics()).change_stream_count).toBe(1));
    button('Pause').click();
    await eventually(async () => expect((await db.reactiveSubscriptions())[0]?.queue_depth).toBe(0));
    for (let at = 0; at < 1100; at++)
      await db.execute('UPDATE issues SET title = ? WHERE id = 1', [`title ${at}`]);
    expect(all('.entries > li')).toEqual([]);
    button('Resume').click();
    await eventually(() => expect(all('.entries .gap')).toHaveLength(1));
  });

  test('keeps the last 500 commits', async () => {
    const { db, tab, all } = await started();
    tab('Stream');
    await eventually(async () => expect((await db.reactiveMetrics()).change_stream_count).toBe(1));
    for (let at = 0; at < 540; at++)
      await db.execute('UPDATE issues SET title = ? WHERE id = 1', [`title ${at}`]);
    await eventually(async () => expect((await db.reactiveSubscriptions())[0]?.queue_depth).toBe(0));
    await eventually(() => expect(all('.entries summary').length).toBe(500));
  });

  test('lists what was slow, with its plan', async () => {
    const { db, tab, all, one } = await started({ slowMs: 0 });
    tab('Slow');
    expect(one('#panel-Slow .empty').hidden).toBe(false);
    live(db, byStatus, ['open']).subscribe();
    await settled(db);
    await db.execute("UPDATE issues SET title = 'uno' WHERE id = 1");
    await eventually(() => expect(all('#panel-Slow summary')).toHaveLength(2));
    const entries = all('#panel-Slow details') as HTMLDetailsElement[];
    expect(entries.map((entry) => entry.querySelector('.badge')?.textContent)).toEqual([
      'at a commit',
      'first answer',
    ]);
    (entries[0] as HTMLDetailsElement).open = true;
    await eventually(() =>
      expect(entries[0]?.querySelector('.tree')?.textContent).toContain("issues: hash on status = 'open'"),
    );
    expect(one('#panel-Slow .empty').hidden).toBe(true);
  });
});
