import { Monitor, Moon, Sun } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { type ThemeChoice, theme } from '../design/theme.ts';
import { Button } from '../parts/button.tsx';

const next: Readonly<Record<ThemeChoice, ThemeChoice>> = { system: 'light', light: 'dark', dark: 'system' };
const icons = { system: Monitor, light: Sun, dark: Moon };
const names = { system: 'as the system', light: 'light', dark: 'dark' };

export function ThemeSwitch() {
  const choice = useSyncExternalStore(theme.subscribe, () => theme.choice);
  const Icon = icons[choice];
  return (
    <Button
      kind="quiet"
      isIcon
      aria-label={`Colours: ${names[choice]}. Switch to ${names[next[choice]]}`}
      title={`Colours: ${names[choice]}`}
      onClick={() => theme.choose(next[choice])}
    >
      <Icon aria-hidden="true" />
    </Button>
  );
}
