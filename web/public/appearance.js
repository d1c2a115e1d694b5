// Runs before the first paint, so that the page never flashes in the other theme. The app itself
// (src/lib/preferences.ts) writes the same attributes whenever a preference or the system changes.
(function () {
  var root = document.documentElement;
  var chosen = {};
  try {
    chosen = JSON.parse(localStorage.getItem('openbell.preferences') || '{}') || {};
  } catch (error) {
    // No storage (a private window may refuse it): the system's theme stands.
  }
  var dark = chosen.theme ? chosen.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  if (chosen.theme === 'system') dark = matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'dark' : 'light';
  if (chosen.colours) root.dataset.colours = chosen.colours;
  if (chosen.motion === 'reduced') root.dataset.motion = 'reduced';
})();
