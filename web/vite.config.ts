import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

/** A running gateway for `pnpm dev`, which serves the app from its sources. */
const gateway = process.env.OPENBELL_URL ?? 'http://127.0.0.1:8000';

/** Ask for the two fonts with the page, not after the stylesheet: the first text is then painted in them. */
function preloadFonts(): Plugin {
  return {
    name: 'openbell-preload-fonts',
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((name) => name.endsWith('.woff2'))
          .map((name) => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: true, href: `/${name}` },
            injectTo: 'head' as const,
          })),
    },
  };
}

export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  plugins: [
    react(),
    preloadFonts(),
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
