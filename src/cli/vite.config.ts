import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The client of NATS. */
const NATS = ['transport-node', 'jetstream', 'kv', 'obj'].map((name) => `@nats-io/${name}`);

/**
 * The command-line program as a few files with everything in them: a server that reads hundreds of
 * small modules from node_modules takes half as long again to be ready.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  publicDir: false,
  // The engines of the journal are loaded only where one of them is used, and stay packages of their own.
  ssr: { noExternal: true, external: ['lmdb', ...NATS], target: 'node' },
  build: {
    ssr: true,
    // The judge of architecture cases is no part of the program, which loads it for `conform` alone.
    rollupOptions: {
      input: {
        main: 'src/cli/main.ts',
        'case-judge': 'conformance/judge/index.ts',
        'shard-worker': 'src/server/shards/shard-worker.ts',
      },
      output: {
        // Beside the program, so that it finds the judge wherever the import stands.
        chunkFileNames: '[name]-[hash].js',
        // The source maps lead to the comments; here they would only be read over at every start.
        comments: { legal: true, annotation: false, jsdoc: false },
      },
    },
    outDir: 'dist/bin',
    target: 'node20',
    // It starts as fast as it does minified, and a stack trace names what it went through.
    minify: false,
    // For whoever asks Node to read them: --enable-source-maps.
    sourcemap: true,
    reportCompressedSize: false,
  },
});
