#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

const main = new URL('../dist/bin/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('Cannot run mmulab: it is not built; run "npm run build" first\n');
  process.exit(2);
}
// Node 22 and later keep what they compiled, in the folder for temporary files, for the next start.
module.enableCompileCache?.();
await import(main.href);
