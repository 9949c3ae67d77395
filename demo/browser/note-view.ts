import type { RowView } from './live-list.ts';
import type { Note, TabCount } from './notes.ts';

const number = new Intl.NumberFormat('en');
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const calendar = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** How a note looks. `isNews`: whether a note that appears now is to be pointed out. */
export function noteView(isNews: () => boolean, remove: (note: Note) => void): RowView<Note> {
  return {
    make() {
      const item = document.createElement('li');
      item.classList.toggle('news', isNews());
      const [title, tab, time, button] = ['span', 'span', 'time', 'button'].map((tag) =>
        document.createElement(tag),
      ) as [HTMLElement, HTMLElement, HTMLTimeElement, HTMLButtonElement];
      title.className = 'title';
      tab.className = 'tab';
      button.type = 'button';
      button.textContent = 'Delete';
      item.append(title, tab, time, button);
      return item;
    },
    fill(item, note) {
      const [title, tab, time, button] = [...item.children] as [
        HTMLElement,
        HTMLElement,
        HTMLTimeElement,
        HTMLButtonElement,
      ];
      const at = new Date(note.at);
      const isToday = at.toDateString() === new Date().toDateString();
      title.textContent = note.title;
      tab.textContent = `tab ${note.tab}`;
      time.dateTime = at.toISOString();
      time.textContent = isToday ? clock.format(at) : calendar.format(at);
      button.setAttribute('aria-label', `Delete “${note.title}”`);
      button.onclick = () => remove(note);
    },
  };
}

export const tabView: RowView<TabCount> = {
  make() {
    const item = document.createElement('li');
    item.append(document.createElement('span'), document.createElement('b'));
    return item;
  },
  fill(item, { tab, notes }) {
    const [name, count] = [...item.children] as [HTMLElement, HTMLElement];
    name.textContent = `tab ${tab}`;
    count.textContent = number.format(notes);
  },
};
