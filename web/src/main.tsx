import '@/styles/tokens.css';
import '@/styles/base.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from '@/app/provider';
import { startPreferences } from '@/lib/preferences';

startPreferences();

const place = document.getElementById('root');
if (place === null) throw new Error('index.html has no #root to show the app in');
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
