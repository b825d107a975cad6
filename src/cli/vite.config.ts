import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/**
 * The command-line program as a few files with everything in them: a server that reads hundreds of
 * small modules from node_modules takes half as long again to be ready.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  publicDir: false,
  ssr: { noExternal: true, target: 'node' },
  build: {
    ssr: 'src/cli/main.ts',
    outDir: 'dist/bin',
    target: 'node20',
    // It starts as fast as it does minified, and a stack trace names what it went through.
    minify: false,
    // For whoever asks Node to read them: --enable-source-maps.
    sourcemap: true,
    reportCompressedSize: false,
  },
});
