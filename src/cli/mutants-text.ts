import { type Column, tableLines } from '../lab/index.js';
import { DEFECTS, type DefectName } from '../mmu/index.js';
import { endText, hasPassed, type MutantRun } from './mutant-run.js';

/** A mistake, and what the user's tests did with it. */
export interface Mutant {
  readonly name: DefectName;
  readonly run: MutantRun;
}

/** A table of all mistakes, and what came of them in a sentence. */
export function mutantsText(mutants: readonly Mutant[]): string {
  return `${[...tableLines(COLUMNS, mutants), ...closingLines(mutants)].join('\n')}\n`;
}

/** @param command The user's tests. */
export function mutantsJson(command: readonly string[], mutants: readonly Mutant[]): string {
  const all = mutants.map(({ name, run }) => {
    const { status, signal, isTimedOut: timedOut, elapsedMs, found, commands, output } = run;
    const { title, source, what, where } = DEFECTS[name];
    const isNoticed = !hasPassed(run);
    return {
      ...{ name, title, source, what, where, noticed: isNoticed, status, signal, timedOut },
      ...{ seconds: Math.round(elapsedMs) / 1000, commands, found },
      output: isNoticed ? output : '',
    };
  });
  const noticed = all.filter((one) => one.noticed).length;
  return `${JSON.stringify({ command, mistakes: all, noticed, unnoticed: all.length - noticed }, null, 2)}\n`;
}

const COLUMNS: readonly Column<Mutant>[] = [
  { head: 'mistake', isText: true, of: ({ name }) => name },
  { head: 'your tests', isText: true, of: ({ run }) => endText(run) },
  { head: 'the server saw', isText: true, of: ({ run }) => run.found.join(', ') || '-' },
  { head: 'what is done wrong', isText: true, of: ({ name }) => DEFECTS[name].what },
];

/** The mistakes that came about and were not looked for are the ones to write a test for. */
function closingLines(mutants: readonly Mutant[]): string[] {
  const missed = mutants.filter(({ run }) => hasPassed(run));
  const seen = missed.filter(({ run }) => run.found.length > 0).map(({ name }) => name);
  const lines = [`${mutants.length - missed.length} of ${mutants.length} noticed`];
  if (seen.length > 0) lines.push(`seen by the server, and not by your tests: ${seen.join(', ')}`);
  return lines;
}
