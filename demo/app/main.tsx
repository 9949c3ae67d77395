import '@fontsource-variable/inter/wght.css';
import './design/tokens.css';
import './design/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { sizeFrom, Tracker } from './data/tracker.ts';
import { startTheme } from './design/theme.ts';

startTheme();
const tracker = new Tracker(sizeFrom(new URL(location.href)));
void tracker.start();

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App tracker={tracker} />
  </StrictMode>,
);
