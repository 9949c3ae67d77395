import './shortcuts-dialog.css';
import { Kbd } from '../parts/kbd.tsx';
import { Modal } from '../parts/modal.tsx';

const groups: readonly (readonly [
  title: string,
  keys: readonly (readonly [keys: string, does: string])[],
])[] = [
  [
    'Everywhere',
    [
      ['C', 'New issue'],
      ['Ctrl Z', 'Undo'],
      ['Ctrl Shift Z', 'Redo'],
      ['?', 'These shortcuts'],
    ],
  ],
  [
    'Go to',
    [
      ['G I', 'Issues'],
      ['G B', 'Board'],
      ['G T', 'Traffic'],
      ['G C', 'Console'],
      ['G S', 'Stream'],
    ],
  ],
  [
    'Issues',
    [
      ['/', 'Search'],
      ['J K', 'Next, previous'],
      ['Enter', 'Open'],
      ['Esc', 'Close'],
    ],
  ],
  [
    'Board',
    [
      ['Space', 'Pick a card up, put it down'],
      ['← → ↑ ↓', 'Move it'],
      ['Esc', 'Leave it where it was'],
    ],
  ],
];

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Modal title="Keyboard shortcuts" onClose={onClose}>
      <div className="shortcuts">
        {groups.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, does]) => (
                <div key={key}>
                  <dt>{does}</dt>
                  <dd>
                    <Kbd keys={key} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
