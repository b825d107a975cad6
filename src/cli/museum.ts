import type { Command as Program } from 'commander';
import {
  commandsOf,
  type Exhibit,
  isAsItShouldBe,
  MUSEUM,
  type Shown,
  show,
} from '../lab/index.js';
import { step } from '../mmu/index.js';
import { Command, createJsonWriter, VmConfig } from '../mmu/schema/index.js';

/** Something escaped, or a scene was not clean. */
const EXIT_FAILED = 1;
/** The arguments cannot be used. */
const EXIT_UNUSABLE = 2;

interface MuseumOptions {
  readonly only?: readonly string[];
  readonly json?: boolean;
  readonly commands?: string;
}

/** `mmulab museum`: shows each mistake, and by whom and after how many commands it is caught. */
export function registerMuseum(program: Program): void {
  program
    .command('museum')
    .description('show bugs that KVM had, and mutants, and what catches them')
    .option('--only <names>', 'show only these exhibits (comma-separated)', namesOf)
    .option('--json', 'print what was found as JSON')
    .option('--commands <name>', 'print the scene of an exhibit as a case file')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_UNUSABLE))
    .action(async (options: MuseumOptions) => {
      process.exitCode = await museum(options);
    });
}

async function museum({ only, json, commands }: MuseumOptions): Promise<number> {
  const wanted = commands === undefined ? (only ?? MUSEUM.map(({ name }) => name)) : [commands];
  const exhibits = wanted.map((name) => MUSEUM.find((exhibit) => exhibit.name === name) ?? name);
  const unknown = exhibits.find((exhibit) => typeof exhibit === 'string');
  if (unknown !== undefined) {
    process.stderr.write(`Cannot show "${unknown}": no exhibit has that name\n`);
    return EXIT_UNUSABLE;
  }
  const known = exhibits.filter((exhibit) => typeof exhibit !== 'string');
  if (commands !== undefined) return printCase(known[0] as Exhibit);
  const shown = known.map(show);
  process.stdout.write(json === true ? jsonOf(shown) : tableOf(shown));
  return shown.every(isAsItShouldBe) ? 0 : EXIT_FAILED;
}

/**
 * A case is what comes of commands, and nothing comes of one that crashes the host: of an exhibit
 * that does so, the case is the scene without it.
 */
async function printCase({ scene, amiss, sound, judge }: Exhibit): Promise<number> {
  // The server is loaded only for this.
  const { CaseFile, caseFrom } = await import('../server/index.js');
  const config = { ...scene.config, ...(judge === 'assertion' ? sound : amiss) };
  const commands = commandsOf(scene).map((command) => Command.parse(command));
  const file = await caseFrom(VmConfig.parse(config), commands, step);
  process.stdout.write(`${createJsonWriter(CaseFile)(file)}\n`);
  return 0;
}

const COLUMNS = ['exhibit', 'source', 'caught by', 'after', 'what the judge says'] as const;
/** Wide enough for a commit and the beginning of its title. */
const SOURCE_WIDTH = 32;

function tableOf(shown: readonly Shown[]): string {
  const rows = [COLUMNS, ...shown.map(rowOf)];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === COLUMNS.length - 1 ? cell : cell.padEnd(widths[i] as number))),
  );
  return `${lines.map((line) => line.join('  ')).join('\n')}\n${closingLine(shown)}\n`;
}

function rowOf({ exhibit: { name, source, judge }, caught, uncalled }: Shown): string[] {
  const short = source.length > SOURCE_WIDTH ? `${source.slice(0, SOURCE_WIDTH - 1)}…` : source;
  if (uncalled !== null) {
    return [name, short, 'NOT CLEAN', `${uncalled.after}`, `without the mistake: ${uncalled.says}`];
  }
  if (caught === null) return [name, short, 'ESCAPED', '-', '-'];
  const by = caught.by === judge ? caught.by : `${caught.by}, NOT ${judge}`;
  return [name, short, by, `${caught.after}`, caught.says];
}

function closingLine(shown: readonly Shown[]): string {
  const passed = shown.filter(isAsItShouldBe).length;
  return `${passed} passed, ${shown.length - passed} failed`;
}

function jsonOf(shown: readonly Shown[]): string {
  const passed = shown.filter(isAsItShouldBe).length;
  const exhibits = shown.map(({ exhibit, caught, uncalled }) => {
    const { name, title, source, what, where } = exhibit;
    return { name, title, source, what, where, caught, uncalled };
  });
  return `${JSON.stringify({ exhibits, passed, failed: shown.length - passed }, null, 2)}\n`;
}

function namesOf(list: string): string[] {
  return list.split(',').map((name) => name.trim());
}
