import { defineConfig } from 'vitest/config';

/** Long samples, which `npm run test:long` runs: each has a short one of its kind in the suite. */
const LONG = 'test/**/*.long.test.ts';

/** Tests of the page, which is built before them. */
const BROWSER = 'test/browser/*.test.ts';

/** Tests that share a process: no file leaves anything behind for the next one. */
const PURE = ['test/{mmu,journal,lab,conform,server,client,web}/**/*.test.ts'];

export default defineConfig({
  test: {
    // Two cores are the reference: a browser, a server and the tests share them.
    maxWorkers: 2,
    // A bound for what hangs, and no measure of speed: the machine may be many times as busy.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000, interval: 20 } },
    // What passes is worth a dot to whoever watches, and nothing in a log; failures stand whole.
    reporters: [process.stdout.isTTY ? 'dot' : 'minimal'],
    projects: [
      {
        extends: true,
        test: { name: 'suite', include: ['test/**/*.test.ts'], exclude: [LONG, BROWSER, ...PURE] },
      },
      {
        extends: true,
        // Model and server are loaded once a worker, and not once a file: most of the time went there.
        test: { name: 'model', include: PURE, exclude: [LONG], isolate: false },
      },
      {
        extends: true,
        test: { name: 'browser', include: [BROWSER], globalSetup: 'test/browser/build-page.ts' },
      },
      { extends: true, test: { name: 'long', include: [LONG] } },
    ],
  },
});
