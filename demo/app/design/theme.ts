export type ThemeChoice = 'system' | 'light' | 'dark';

const key = 'tracker:theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

/** Light or dark: the system's, unless the user has chosen. `data-theme` on the root says which. */
export const theme = {
  get choice(): ThemeChoice {
    const kept = localStorage.getItem(key);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  },

  choose(choice: ThemeChoice): void {
    localStorage.setItem(key, choice);
    apply();
  },

  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

function apply(): void {
  const { choice } = theme;
  const isDark = choice === 'dark' || (choice === 'system' && system.matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  for (const listener of listeners) listener();
}

/** Follows the system and other tabs for as long as the page lives. */
export function startTheme(): void {
  system.addEventListener('change', apply);
  addEventListener('storage', apply);
  apply();
}
