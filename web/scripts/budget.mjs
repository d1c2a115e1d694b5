// Fail the build when the JavaScript that the first page asks for outgrows its budget.
import { readFileSync, statSync } from 'node:fs';

const BUDGET_BYTES = 150_000;
const dist = new URL('../dist/', import.meta.url);

const page = readFileSync(new URL('index.html', dist), 'utf8');
const names = [...page.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map((match) => match[1]);
const sizes = names.map((name) => [name, statSync(new URL(`${name}.gz`, dist)).size]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);

console.log(`initial JavaScript: ${(total / 1000).toFixed(1)} kB gzip of ${BUDGET_BYTES / 1000} kB`);
if (total > BUDGET_BYTES) {
  for (const [name, size] of sizes) console.error(`  ${name} ${(size / 1000).toFixed(1)} kB`);
  process.exit(1);
}
