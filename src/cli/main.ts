#!/usr/bin/env node
import { runProgram } from './program.js';

// Whoever reads may have read enough, as `head` does: the rest is written for nobody.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
await runProgram(process.argv.slice(2), process);
