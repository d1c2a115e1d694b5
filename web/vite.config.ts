import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

/** A running gateway for `pnpm dev`, which serves the app from its sources. */
const gateway = process.env.OPENBELL_URL ?? 'http://127.0.0.1:8000';

const FIRST_PAGES = /src\/app\/routes\/(welcome|home)\.tsx$/;

/**
 * Ask for all that a first page needs together with the page itself: its fonts, and the chunks and styles of its
 * route, which the browser would otherwise hear of only when the app already runs.
 */
function preloadFirstPages(): Plugin {
  const link = (attrs: Record<string, string | boolean>) => ({ tag: 'link', attrs, injectTo: 'head' as const });
  return {
    name: 'openbell-preload-first-pages',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle = {} }) => {
        const files = new Set<string>();
        const follow = (name: string): void => {
          const chunk = bundle[name];
          if (files.has(name) || chunk?.type !== 'chunk') return;
          files.add(name);
          for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(css);
          chunk.imports.forEach(follow);
        };
        for (const chunk of Object.values(bundle)) {
          if (chunk.type === 'chunk' && FIRST_PAGES.test(chunk.facadeModuleId ?? '')) follow(chunk.fileName);
          if (chunk.fileName.endsWith('.woff2')) files.add(chunk.fileName);
        }
        return [...files]
          .filter((name) => !html.includes(name))
          .map((name) => {
            const href = `/${name}`;
            if (name.endsWith('.js')) return link({ rel: 'modulepreload', crossorigin: true, href });
            if (name.endsWith('.css')) return link({ rel: 'preload', as: 'style', crossorigin: true, href });
            return link({ rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: true, href });
          });
      },
    },
  };
}

export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  plugins: [
    react(),
    preloadFirstPages(),
    VitePWA({
      registerType: 'prompt',
      injectRegister: false,
      includeAssets: ['appearance.js', 'favicon.svg', 'apple-touch-icon.png'],
      manifest: {
        id: '/',
        name: 'OpenBell',
        short_name: 'OpenBell',
        description: 'Buy and sell shares on a simulated stock exchange, with paper money.',
        start_url: '/',
        display: 'standalone',
        background_color: '#fbfaf8',
        theme_color: '#fbfaf8',
        categories: ['finance'],
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: {
        // The shell and nothing else: no answer of the exchange is ever kept.
        globPatterns: ['**/*.{html,js,css,woff2,svg}'],
        navigateFallback: '/index.html',
        navigateFallbackDenylist: [/^\/(v1|api|docs|openapi|asyncapi|healthz|readyz|metrics)/],
        runtimeCaching: [],
      },
    }),
  ],
  build: { target: 'es2022', reportCompressedSize: false, manifest: true },
  server: { proxy: { '/v1': { target: gateway, ws: true } } },
});
