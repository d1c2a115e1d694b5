import { useSyncExternalStore } from 'react';

export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  colours: 'green-red' | 'blue-orange' | 'red-green';
  motion: 'system' | 'reduced';
  /** Say each price change aloud on an asset's page. */
  readPrices: boolean;
}

const KEY = 'openbell.preferences';
const DEFAULTS: Preferences = { theme: 'system', colours: 'green-red', motion: 'system', readPrices: false };
const DARK = '(prefers-color-scheme: dark)';

let current = read();
const listeners = new Set<() => void>();

function read(): Preferences {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>) };
  } catch {
    return DEFAULTS;
  }
}

function apply(): void {
  const root = document.documentElement;
  const dark = current.theme === 'system' ? window.matchMedia(DARK).matches : current.theme === 'dark';
  root.dataset.theme = dark ? 'dark' : 'light';
  root.dataset.colours = current.colours;
  root.dataset.motion = current.motion;
  const paper = getComputedStyle(root).getPropertyValue('--paper').trim();
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) meta.setAttribute('content', paper);
}

/** Keep the page's attributes in step with the preferences and the system. */
export function startPreferences(): void {
  window.matchMedia(DARK).addEventListener('change', () => {
    apply();
    for (const listener of listeners) listener();
  });
  apply();
}

export function setPreference<Name extends keyof Preferences>(name: Name, value: Preferences[Name]): void {
  current = { ...current, [name]: value };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // Storage refused: the choice holds until the page is closed.
  }
  apply();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current);
}

/** The theme that is shown now: the chart paints on a canvas and cannot read it from the stylesheet. */
export function useShownTheme(): string {
  return useSyncExternalStore(subscribe, () => document.documentElement.dataset.theme ?? 'light');
}

export function prefersReducedMotion(): boolean {
  return current.motion === 'reduced' || window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}
