import { drawExplanation } from './explanation.ts';
import { NotSupportedError } from './freshet.ts';
import { LiveList } from './live-list.ts';
import { noteView, tabView } from './note-view.ts';
import { location, type Note, Notes, type TabCount } from './notes.ts';
import { makeTitle } from './titles.ts';
import { Writer } from './writer.ts';

type StorageState = 'opening' | 'kept' | 'memory' | 'refused' | 'failed';

const storage = find('#storage');
const form = find<HTMLFormElement>('#add');
const title = find<HTMLInputElement>('#title');
const writing = find<HTMLInputElement>('#writing');
const rate = find<HTMLInputElement>('#rate');
const explain = find<HTMLDetailsElement>('#explain');
const problem = find('#problem');
const number = new Intl.NumberFormat('en');

explain.open = matchMedia('(min-width: 52rem)').matches;
find('button', problem).onclick = () => {
  problem.hidden = true;
};
await start('error');

async function start(withoutStorage: 'error' | 'memory'): Promise<void> {
  showStorage('opening', `Opening ${location} …`);
  try {
    const notes = await Notes.open(withoutStorage);
    find('#tab').textContent = `This is tab ${notes.tab}`;
    document.title = `Tab ${notes.tab}: Notes – Freshet`;
    showAnswers(notes);
    takeNotes(notes);
    letWrite(notes);
  } catch (error) {
    if (error instanceof NotSupportedError) {
      showStorage('refused', error.message, { text: 'Go on in memory', action: () => start('memory') });
    } else {
      showStorage('failed', messageOf(error), { text: 'Try again', action: () => start(withoutStorage) });
    }
  }
}

/** Says where notes are kept, and what can be done if they can't be. */
function showStorage(
  state: StorageState,
  text: string,
  button?: { readonly text: string; readonly action: () => void },
): void {
  const element = find<HTMLButtonElement>('button', storage);
  storage.dataset.state = state;
  find('p', storage).textContent = text;
  element.hidden = button === undefined;
  element.textContent = button?.text ?? '';
  element.onclick = button?.action ?? null;
}

/** Subscribes to all answers of the page. When one fails, so do the others, until somebody tries again. */
function showAnswers(notes: Notes): void {
  if (notes.isKept) showStorage('kept', `Stored in ${location}, shared by all tabs.`);
  else showStorage('memory', 'In memory: gone when this tab closes.');
  let isAnswered = false;
  const remove = (note: Note): void => void notes.delete(note).catch(showProblem);
  const list = new LiveList<Note>(
    find('#notes'),
    noteView(() => isAnswered, remove),
  );
  const tabs = new LiveList<TabCount>(find('#by-tab'), tabView);
  const subscriptions = [
    notes.newest.changes.subscribe({
      next({ changes, rows }) {
        list.apply(changes);
        isAnswered = true;
        find('#empty').hidden = rows.length > 0;
      },
      error: fail,
    }),
    notes.total.subscribe({
      next([row]) {
        find('#total').textContent = number.format(row?.notes ?? 0);
      },
      error: fail,
    }),
    notes.byTab.changes.subscribe({ next: ({ changes }) => tabs.apply(changes), error: fail }),
  ];
  notes.explain().then((explanation) => {
    find('summary span', explain).textContent = explanation.tier;
    drawExplanation(find('div', explain), explanation);
  }, showProblem);

  function fail(error: unknown): void {
    for (const subscription of subscriptions) subscription.unsubscribe();
    showStorage('failed', `The notes can't be read: ${messageOf(error)}`, {
      text: 'Try again',
      action() {
        list.clear();
        tabs.clear();
        showAnswers(notes);
        title.focus();
      },
    });
  }
}

function takeNotes(notes: Notes): void {
  enable(title, find<HTMLButtonElement>('button', form));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = title.value.trim();
    // At once, so that a second Enter doesn't add it twice.
    form.reset();
    notes.add(text).catch((error) => {
      title.value ||= text;
      showProblem(error);
    });
  });
  title.focus();
}

function letWrite(notes: Notes): void {
  enable(writing, rate);
  const writer = new Writer(
    () => notes.add(makeTitle(Math.random)),
    (error) => {
      writing.checked = false;
      showProblem(error);
    },
  );
  const follow = (): void => {
    if (!writing.checked) writer.stop();
    else if (rate.reportValidity()) writer.start(rate.valueAsNumber);
    else writing.checked = false;
  };
  writing.addEventListener('change', follow);
  rate.addEventListener('change', follow);
}

/** What went wrong with something that can be done again. */
function showProblem(error: unknown): void {
  find('p', problem).textContent = messageOf(error);
  problem.hidden = false;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function enable(...controls: readonly (HTMLInputElement | HTMLButtonElement)[]): void {
  for (const control of controls) control.disabled = false;
}

function find<E extends HTMLElement>(selector: string, within: ParentNode = document): E {
  const element = within.querySelector<E>(selector);
  if (!element) throw new Error(`The page has no ${selector}`);
  return element;
}
