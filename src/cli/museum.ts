import type { Command as Program } from 'commander';
import {
  type Column,
  commandsOf,
  type Exhibit,
  isAsItShouldBe,
  lifetimeText,
  MUSEUM,
  type Shown,
  show,
  tableLines,
} from '../lab/index.js';
import { Command, VmConfig } from '../mmu/schema/index.js';
import { caseText } from './case-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { startProgress } from './progress.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

interface MuseumOptions {
  readonly only?: readonly string[];
  readonly json?: true;
  readonly caseOf?: string;
}

/** `mmulab museum`: shows each mistake, and by whom and after how many commands it is caught. */
export function registerMuseum(program: Program, terminal: Terminal): void {
  program
    .command('museum')
    .description('show bugs that KVM had, and mutants, and what catches them')
    .option('--only <names>', 'show only these exhibits (comma-separated)', namesOf)
    .option('--json', 'print what was found as JSON')
    .option('--case-of <name>', 'print the scene of an exhibit as a case file')
    .action(async ({ caseOf: name, ...options }: MuseumOptions) => {
      if (name === undefined) terminal.exitCode = museum(options, terminal);
      else terminal.stdout.write(await caseOf(exhibitOf(name)));
    });
}

function museum({ only, json }: MuseumOptions, terminal: Terminal): ExitCode {
  const exhibits = only === undefined ? MUSEUM : only.map(exhibitOf);
  const progress = startProgress(terminal, { what: 'museum', total: exhibits.length });
  const shown = exhibits.map((exhibit, index) => {
    progress.update(index);
    return show(exhibit);
  });
  progress.stop();
  terminal.stdout.write(json === true ? jsonOf(shown) : tableOf(shown));
  return shown.every(isAsItShouldBe) ? EXIT.done : EXIT.objected;
}

/** @throws {WrongUse} If no exhibit has that name. */
function exhibitOf(name: string): Exhibit {
  const found = MUSEUM.find((exhibit) => exhibit.name === name);
  if (found !== undefined) return found;
  const names = MUSEUM.map((exhibit) => exhibit.name).join(', ');
  throw new WrongUse(`Cannot show "${name}": no exhibit has that name; there are ${names}`);
}

/**
 * A case is what comes of commands, and nothing comes of one that crashes the host: of an exhibit
 * that does so, the case is the scene without it.
 */
function caseOf({ scene, amiss, sound, judge }: Exhibit): Promise<string> {
  const config = { ...scene.config, ...(judge === 'assertion' ? sound : amiss) };
  const commands = commandsOf(scene).map((command) => Command.parse(command));
  return caseText(VmConfig.parse(config), commands);
}

/** Wide enough for a commit and the beginning of its title. */
const SOURCE_WIDTH = 32;

const COLUMNS: readonly Column<Shown>[] = [
  { head: 'exhibit', isText: true, of: ({ exhibit }) => exhibit.name },
  { head: 'source', isText: true, of: ({ exhibit }) => shortened(exhibit.source) },
  { head: 'releases', isText: true, of: ({ exhibit }) => releasesOf(exhibit) },
  { head: 'caught by', isText: true, of: (shown) => findingOf(shown).by },
  { head: 'after', isText: true, of: (shown) => findingOf(shown).after },
  { head: 'what the judge says', isText: true, of: (shown) => findingOf(shown).says },
];

/** The releases alone: where it was seen is in docs/museum.md. */
function releasesOf({ lifetime }: Exhibit): string {
  if (lifetime === null) return '-';
  const { first, last } = lifetime;
  return lifetimeText({ first, last, repair: null });
}

function tableOf(shown: readonly Shown[]): string {
  return `${[...tableLines(COLUMNS, shown), closingLine(shown)].join('\n')}\n`;
}

function findingOf({ exhibit: { judge }, caught, uncalled }: Shown) {
  if (uncalled !== null) {
    const says = `without the mistake: ${uncalled.says}`;
    return { by: 'NOT CLEAN', after: String(uncalled.after), says };
  }
  if (caught === null) return { by: 'ESCAPED', after: '-', says: '-' };
  const by = caught.by === judge ? caught.by : `${caught.by}, NOT ${judge}`;
  return { by, after: String(caught.after), says: caught.says };
}

function shortened(source: string): string {
  return source.length > SOURCE_WIDTH ? `${source.slice(0, SOURCE_WIDTH - 1)}…` : source;
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
