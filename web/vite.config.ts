import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Where `npm run dev` of the page finds a server: `mmulab serve` on its default port. */
const SERVER = 'http://127.0.0.1:3000';

export default defineConfig({
  root: pathOf('.'),
  base: '/',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Everything is a file of its own: the server's CSP allows neither data: URLs nor inline code.
    assetsInlineLimit: 0,
    rolldownOptions: { input: ['index.html', 'docs.html'].map(pathOf) },
    // The reference of the API is drawn by a large library; who watches a VM does not load it.
    chunkSizeWarningLimit: 2000,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/v1': { target: SERVER, ws: true } } },
});

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
