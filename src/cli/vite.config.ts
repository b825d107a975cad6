import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The client of NATS. */
const NATS = ['transport-node', 'jetstream', 'kv', 'obj'].map((name) => `@nats-io/${name}`);

/**
 * OpenTelemetry, which is loaded only where it is asked for; but for its interface, which the metrics for
 * Prometheus load as well. All copies of that share their state.
 */
const TELEMETRY = [
  '@fastify/otel',
  ...['exporter-metrics-otlp-http', 'exporter-trace-otlp-http'].map(otel),
  ...['resources', 'sdk-metrics', 'sdk-trace-node'].map(otel),
];

function otel(name: string): string {
  return `@opentelemetry/${name}`;
}

/**
 * The command-line program as a few files with everything in them: a server that reads hundreds of
 * small modules from node_modules takes half as long again to be ready.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  publicDir: false,
  // The engines of the journal are loaded only where one of them is used, and stay packages of their own.
  ssr: { noExternal: true, external: ['lmdb', ...NATS, ...TELEMETRY], target: 'node' },
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
