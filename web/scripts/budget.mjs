// Fail the build when the JavaScript of a first page outgrows its budget: everything that the page asks for
// before it shows, followed through the build's manifest.
import { readFileSync, rmSync, statSync } from 'node:fs';

const BUDGET_BYTES = 150_000;
const ENTRY = 'index.html';
const FIRST_PAGES = ['src/app/routes/welcome.tsx', 'src/app/routes/home.tsx'];

const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

/** The chunk and all that it imports at once. */
function closure(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const imported of manifest[name].imports ?? []) closure(imported, seen);
  return seen;
}

function gzipBytes(name) {
  const file = manifest[name].file;
  for (const candidate of [`${file}.gz`, file]) {
    const found = statSync(new URL(candidate, dist), { throwIfNoEntry: false });
    if (found) return found.size;
  }
  throw new Error(`the build has no ${file}`);
}

let over = false;
for (const page of FIRST_PAGES) {
  const chunks = closure(page, closure(ENTRY));
  const total = [...chunks].reduce((sum, name) => sum + gzipBytes(name), 0);
  over ||= total > BUDGET_BYTES;
  console.log(`JavaScript for ${page}: ${(total / 1000).toFixed(1)} kB gzip of ${BUDGET_BYTES / 1000} kB`);
}
rmSync(new URL('.vite', dist), { recursive: true });
if (over) process.exit(1);
