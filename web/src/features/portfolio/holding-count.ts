const KEY = 'openbell.holdings';

/** How many holdings there were when last looked at: so many places are held for them, and nothing moves. */
export function rememberedCount(): number {
  try {
    return Number(localStorage.getItem(KEY) ?? '0') || 0;
  } catch {
    return 0;
  }
}

export function rememberCount(count: number): void {
  try {
    localStorage.setItem(KEY, String(count));
  } catch {
    // Storage refused: the next page holds the places of an empty list.
  }
}
