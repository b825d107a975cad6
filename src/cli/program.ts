import { Command, CommanderError } from 'commander';
import { VERSION } from '../server/wire/version.js';
import { EXIT } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

/** Adds a command to the program. */
export type Register = (program: Command, terminal: Terminal) => void;

/** Every command. Each is loaded only when it is asked for (or for the help): all start faster. */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  serve: async () => (await import('./serve.js')).registerServe,
  conform: async () => (await import('./conform.js')).registerConform,
  race: async () => (await import('./race.js')).registerRace,
  sweep: async () => (await import('./sweep.js')).registerSweep,
  workload: async () => (await import('./workload.js')).registerWorkload,
  score: async () => (await import('./score.js')).registerScore,
  shrink: async () => (await import('./shrink.js')).registerShrink,
  record: async () => (await import('./record.js')).registerRecord,
  calibrate: async () => (await import('./calibrate.js')).registerCalibrate,
  museum: async () => (await import('./museum.js')).registerMuseum,
  mutate: async () => (await import('./mutate.js')).registerMutate,
  coverage: async () => (await import('./coverage.js')).registerCoverage,
  explore: async () => (await import('./explore.js')).registerExplore,
  worker: async () => (await import('./worker.js')).registerWorker,
  token: async () => (await import('./token.js')).registerToken,
  journal: async () => (await import('./journal.js')).registerJournal,
  certify: async () => (await import('./certify.js')).registerCertify,
  export: async () => (await import('./export.js')).registerExport,
  why: async () => (await import('./why.js')).registerWhy,
  policies: async () => (await import('./policies.js')).registerPolicies,
  kernels: async () => (await import('./kernels.js')).registerKernels,
};

/**
 * Runs the program and sets the terminal's `exitCode`. A wrong use is told in one sentence on
 * standard error; an error of ours goes through.
 *
 * @param args What follows the program's name.
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<void> {
  const program = new Command('mmulab')
    .description("KVM's MMU over HTTP: roots, requests and flushes of every vCPU.")
    .version(VERSION, '-V, --version', 'print the version')
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // It is told below, in our words.
      outputError() {},
    });
  refuseInOneSentence(program);
  try {
    checkHelp(args);
    for (const register of await registersFor(args[0])) register(program, terminal);
    refuseBelow(program);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    terminal.exitCode = statusOf(error);
    if (error instanceof WrongUse) terminal.stderr.write(`${error.message}\n`);
  }
}

/** Registers the command that is named, or all of them for the help and for the list of names. */
function registersFor(name = ''): Promise<Register[]> {
  const named = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const loads = named === undefined ? Object.values(COMMANDS) : [named];
  return Promise.all(loads.map((load) => load()));
}

/** The parser would print the help of the program. @throws {WrongUse} If no command has that name. */
function checkHelp([first, name]: readonly string[]): void {
  if (first !== 'help' || name === undefined || Object.hasOwn(COMMANDS, name)) return;
  throw new WrongUse(`Cannot help with "${name}": there are ${Object.keys(COMMANDS).join(', ')}`);
}

function statusOf(error: unknown): number {
  if (error instanceof WrongUse) return EXIT.wrongUse;
  // Help and version were written.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
  throw error;
}

function refuseBelow(command: Command): void {
  for (const below of command.commands) {
    refuseInOneSentence(below);
    refuseBelow(below);
  }
}

/** The name of a command with those above it: `journal verify`. */
function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent == null ? command.name() : `${nameOf(parent)} ${command.name()}`;
}

/** Makes a sentence of ours of what the parser of arguments objects to. */
function refuseInOneSentence(command: Command): void {
  command.exitOverride((error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    const what = command.parent === null ? 'mmulab' : `"${nameOf(command)}"`;
    throw new WrongUse(`Cannot run ${what}: ${reasonOf(error, command)}`);
  });
}

function reasonOf({ code, message }: CommanderError, command: Command): string {
  const said = message.replace(/^error: /, '');
  switch (code) {
    case 'commander.unknownOption':
      return `${said}; there are ${optionsOf(command)}`;
    case 'commander.unknownCommand':
      return `${said}; there are ${namesBelow(command).join(', ')}`;
    case 'commander.excessArguments':
      return `too many arguments: ${command.args.map((arg) => JSON.stringify(arg)).join(', ')}`;
    default:
      return said;
  }
}

/** Names of the commands of a command. Those of the program are known before they are loaded. */
function namesBelow(command: Command): readonly string[] {
  if (command.parent === null) return Object.keys(COMMANDS);
  return command.commands.map((below) => below.name());
}

function optionsOf(command: Command): string {
  const shown = command.createHelp().visibleOptions(command);
  return shown.map(({ long, short }) => long ?? short).join(', ');
}
