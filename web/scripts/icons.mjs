// Paint public/favicon.svg as the PNG icons that phones ask for: scripts/icons.mjs [CHROMIUM]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const chromium = process.argv[2] ?? 'chromium';
const folder = new URL('../public/', import.meta.url).pathname;
const drawing = readFileSync(join(folder, 'favicon.svg'), 'utf8');
// Launchers cut a maskable icon to their own shape and iOS rounds it itself: ground up to the edges.
const square = drawing.replace('rx="14"', '');
const icons = [
  ['icon-192.png', 192, drawing],
  ['icon-512.png', 512, drawing],
  ['icon-maskable-512.png', 512, square],
  ['apple-touch-icon.png', 180, square],
];

const room = mkdtempSync(join(tmpdir(), 'openbell-icons-'));
try {
  for (const [name, size, svg] of icons) {
    const page = join(room, 'page.html');
    writeFileSync(page, `<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
    execFileSync(
      chromium,
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
        `--user-data-dir=${join(room, 'profile')}`,
        '--default-background-color=00000000',
        `--window-size=${size},${size}`,
        `--screenshot=${join(folder, name)}`,
        page,
      ],
      { stdio: 'ignore', timeout: 60_000 },
    );
  }
} finally {
  rmSync(room, { recursive: true, force: true });
}
