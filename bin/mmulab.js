#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/bin/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('Cannot run mmulab: it is not built; run "npm run build" first\n');
  process.exit(2);
}
await import(main.href);
