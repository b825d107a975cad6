import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Server behind the development server of the page: `mmulab serve` on its default port. */
const SERVER = 'http://127.0.0.1:3000';

export default defineConfig({
  root: pathOf('.'),
  base: '/',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // Of the package, for the cases that the model in the page writes.
  define: { MMULAB_VERSION: JSON.stringify(versionOf('../package.json')) },
  worker: { format: 'es' },
  // Scripts find each other wherever the page lies; the page itself finds them from any path.
  experimental: {
    renderBuiltUrl: (_file, { hostType }) => (hostType === 'html' ? undefined : { relative: true }),
  },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Everything is a file of its own: the server's CSP allows neither data: URLs nor inline code.
    assetsInlineLimit: 0,
    rolldownOptions: { input: ['index.html', 'docs.html'].map(pathOf) },
    // The page of the API reference loads a large library; the other pages do not.
    chunkSizeWarningLimit: 2000,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/v1': { target: SERVER, ws: true } } },
});

function versionOf(file: string): string {
  return JSON.parse(readFileSync(pathOf(file), 'utf8')).version;
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
