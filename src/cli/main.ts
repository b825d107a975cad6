#!/usr/bin/env node
import { Command } from 'commander';
import { registerServe } from './serve.js';

const program = new Command('mmulab')
  .description("KVM's MMU over HTTP: roots, requests and flushes of every vCPU.")
  .showHelpAfterError();

registerServe(program);
// The others are loaded only when they are asked for (or for the help): a server starts faster.
if (process.argv[2] !== 'serve') {
  const { registerConform } = await import('./conform.js');
  registerConform(program);
  const { registerRace } = await import('./race.js');
  registerRace(program);
  const { registerWorkload } = await import('./workload.js');
  registerWorkload(program);
  const { registerMuseum } = await import('./museum.js');
  registerMuseum(program);
}
await program.parseAsync();
