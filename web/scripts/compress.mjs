// Write a .gz and a .br beside every built file that gets smaller by it, so that the gateway never compresses.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = new URL('../dist', import.meta.url).pathname;
const TEXT = /\.(html|js|css|svg|json|webmanifest)$/;

for (const entry of readdirSync(dist, { recursive: true })) {
  if (!TEXT.test(entry)) continue;
  const path = join(dist, entry);
  const body = readFileSync(path);
  const packed = {
    '.gz': gzipSync(body, { level: 9 }),
    '.br': brotliCompressSync(body, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      },
    }),
  };
  for (const [suffix, bytes] of Object.entries(packed)) {
    if (bytes.length < body.length) writeFileSync(path + suffix, bytes);
  }
}
