import { POLICIES } from '../../mmu/index.js';
import { type Column, columnsWidth, tableLines, wrapped } from '../plain-text.js';
import { hitsOf, loadsOf } from './counters.js';
import { grouped } from './prices/index.js';
import { publishedText } from './published.js';
import { parametersOf, repeatLines } from './repeat.js';
import type { RaceLane, RaceResult } from './result.js';

/** Columns of an e-mail. */
export const VERDICT_WIDTH = 78;

type Verdict = Omit<RaceResult, 'verdict'>;

/** A race as plain text that one can paste into an e-mail: what was run, and what came of it. */
export function verdictOf(result: Verdict): string {
  const paragraphs = [
    refusalLines(result),
    headLines(result),
    standingLines(result),
    laneTable(result.lanes),
    boundLines(result),
    publishedLines(result.lanes),
    timeTable(result.lanes),
    ledgerTable(result.lanes),
    freeLines(result.lanes),
    [...violationLines(result.lanes), ...undecidedLines(result.lanes)],
    partingLines(result),
    trouble(result.lanes),
    ['To repeat:', ...repeatLines(result)],
  ];
  const text = paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
  return `${text}\n`;
}

/** A race in which no command was carried out says so before it says anything else. */
function refusalLines({ commands, lanes }: Verdict): string[] {
  const refusal = lanes[0]?.firstRefusal ?? null;
  if (refusal === null || lanes.some(({ counters }) => counters.refused < commands)) return [];
  return wrapped(
    `REFUSED: nothing was compared, because every command was refused, ${commands} of ${commands}. ` +
      `The first: ${refusal}`,
    VERDICT_WIDTH,
  );
}

function headLines({ version, source, commands, lanes, prices }: Verdict): string[] {
  const first = lanes[0] as RaceLane;
  const kernels = [...new Set(lanes.map(({ kernel }) => kernel))].join(', ');
  const slots = [...new Set(lanes.map(({ prevRoots }) => prevRoots))].join(', ');
  const switches = hitsOf(first.counters) + first.counters.misses;
  return wrapped(
    `${sourceText(source)}: ${commands} commands, ${switches} switches of root. Kernel ` +
      `${kernels}, prev_roots ${slots}; mmulab ${version}. Prices are of ${prices.list}: ` +
      `cycles of ${prices.machine}.`,
    VERDICT_WIDTH,
  );
}

/** For which prices each lane is cheaper or dearer than the first one; lanes that are alike together. */
function standingLines({ lanes }: Verdict): string[] {
  const [first, ...others] = lanes;
  if (first === undefined || others.length === 0) return [];
  const byText = new Map<string, string[]>();
  for (const { name, comparison } of others) {
    const { text } = comparison;
    byText.set(text, [...(byText.get(text) ?? []), name]);
  }
  const lines = [...byText].flatMap(([text, names]) =>
    wrapped(`- ${listOf(names)}: ${text}.`, VERDICT_WIDTH),
  );
  return [`Against ${first.name}:`, ...lines];
}

function sourceText(source: Verdict['source']): string {
  switch (source.kind) {
    case 'workload': {
      const set = parametersOf(source).map(([name, value]) => `, ${name} ${value}`);
      return `Workload ${source.name}, seed ${source.seed}${set.join('')}`;
    }
    case 'commands':
      return source.name;
    case 'vm':
      return `What ${source.vm} did up to seq ${source.seq}`;
  }
}

const COLUMNS: readonly Column<RaceLane>[] = [
  { head: 'policy', isText: true, of: ({ name }) => name },
  { head: 'kcycles', of: ({ cost }) => kiloOf(cost.total) },
  { head: 'low', of: ({ cost }) => kiloOf(cost.low) },
  { head: 'high', of: ({ cost }) => kiloOf(cost.high) },
  { head: 'miss', of: ({ counters }) => counters.misses },
  { head: 'load', of: ({ counters }) => loadsOf(counters) },
  { head: 'sync', of: ({ counters: { syncs } }) => syncs.effective },
  { head: 'no-op', of: ({ counters: { syncs } }) => syncs.noOp },
  { head: 'leaf', of: ({ counters: { syncs } }) => syncs.leaves },
  { head: 'flush', of: ({ counters: { flushes } }) => flushes.stat + flushes.load },
  { head: 'fault', of: ({ counters }) => counters.pageFaults },
  { head: 'stale', of: ({ counters }) => counters.violations },
];

/** The least telling columns go where names are too long for all of them. */
function laneTable(lanes: readonly RaceLane[]): string[] {
  const first = lanes[0] as RaceLane;
  const relative: Column<RaceLane> = {
    head: 'rel.',
    isText: false,
    of: ({ cost }) => (first.cost.total === 0 ? '-' : (cost.total / first.cost.total).toFixed(3)),
  };
  let columns = [...COLUMNS.slice(0, 4), relative, ...COLUMNS.slice(4)];
  for (const head of ['fault', 'leaf', 'no-op', 'flush', 'low', 'high', 'sync']) {
    if (columnsWidth(columns, lanes) <= VERDICT_WIDTH) break;
    columns = columns.filter((column) => column.head !== head);
  }
  return tableLines(columns, lanes);
}

/** Thousands of cycles, in groups of three digits. */
function kiloOf(cycles: number): string {
  return grouped(Math.round(cycles / 1000));
}

function boundLines({ bounds, lanes }: Verdict): string[] {
  const isOne = new Set(bounds.map(({ kernel }) => kernel)).size === 1;
  return bounds.flatMap(({ prevRoots, kernel, misses, loads, lanes: of }) => {
    const where = `with ${prevRoots} previous roots${isOne ? '' : ` on ${kernel}`}`;
    const others = lanes
      .filter((lane) => lane.prevRoots === prevRoots && lane.kernel === kernel)
      .flatMap(({ name }) => (of.includes(name) ? [] : [name]));
    const but = others.length === 0 ? '' : `; the guest of ${listOf(others)} went another way`;
    return wrapped(
      `No policy can have fewer than ${misses} misses, nor than ${loads} loads, ${where}${but}.`,
      VERDICT_WIDTH,
    );
  });
}

/** The first lane stands for all: the others differ from it by what they free. */
function publishedLines([first]: readonly RaceLane[]): string[] {
  const text = first === undefined ? null : publishedText(first.counters);
  return text === null ? [] : wrapped(text, VERDICT_WIDTH);
}

/** The work of several vCPUs side by side: how long it takes, and what they wait for each other. */
function timeTable(lanes: readonly RaceLane[]): string[] {
  const timed = lanes.flatMap(({ name, time }) => (time === null ? [] : [{ name, ...time }]));
  if (timed.length === 0) return [];
  const share = (part: number, whole: number) =>
    whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`;
  return tableLines(
    [
      { head: 'side by side', isText: true, of: ({ name }) => name },
      { head: 'kcycles', of: ({ elapsed }) => kiloOf(elapsed) },
      { head: 'waited', of: ({ lockWait }) => kiloOf(lockWait) },
      { head: 'waits', of: ({ lockWaits }) => lockWaits },
      { head: 'lock held', of: ({ lockHeld, elapsed }) => share(lockHeld, elapsed) },
      { head: 'vCPUs at work', of: ({ utilisation }) => share(utilisation, 1) },
    ],
    timed,
  );
}

/** Flushes, syncs and frees by the ledger: their number, and how many of them were for nothing. */
function ledgerTable(lanes: readonly RaceLane[]): string[] {
  const judged = lanes.filter(({ counters }) => counters.ledger !== null);
  if (judged.length === 0) return [];
  const of =
    (deed: 'flush' | 'sync' | 'free', worths: readonly ('necessary' | 'harmless' | 'wasted')[]) =>
    ({ counters }: RaceLane) =>
      worths.reduce((sum, worth) => sum + (counters.ledger?.[deed][worth] ?? 0), 0);
  const all = ['necessary', 'harmless', 'wasted'] as const;
  return tableLines(
    [
      { head: 'what it was worth', isText: true, of: ({ name }) => name },
      { head: 'flushes', of: of('flush', all) },
      { head: 'wasted', of: of('flush', ['wasted']) },
      { head: 'syncs', of: of('sync', all) },
      { head: 'needed', of: of('sync', ['necessary']) },
      { head: 'frees', of: of('free', all) },
      { head: 'wasted', of: of('free', ['wasted']) },
    ],
    judged,
  );
}

/** Roots loaded again after a free that was the policy's choice, and the needless ones of them. */
function freeLines(lanes: readonly RaceLane[]): string[] {
  const parts = lanes.flatMap(({ name, counters: { policyFrees } }) => {
    const { needed, needless } = policyFrees;
    return needed + needless === 0 ? [] : [`${name} ${needed + needless} (${needless})`];
  });
  if (parts.length === 0) return [];
  return wrapped(
    'Roots loaded again that the policy itself had freed, and of those the ones with nothing ' +
      `stale below: ${parts.join(', ')}.`,
    VERDICT_WIDTH,
  );
}

function violationLines(lanes: readonly RaceLane[]): string[] {
  const wrong = lanes.filter(({ counters }) => counters.violations > 0);
  if (wrong.length === 0) return ['No policy let the guest use a stale translation.'];
  const found = wrong.flatMap(({ name, counters, firstViolation }) => {
    const where = firstViolation === null ? '' : `, first at command ${firstViolation.command}`;
    const uses = counters.violations === 1 ? 'use' : 'uses';
    const message = firstViolation === null ? '' : `: ${firstViolation.message}`;
    return wrapped(
      `STALE ${name}: ${counters.violations} illegal ${uses}${where}${message}.`,
      VERDICT_WIDTH,
    );
  });
  const isSound = wrong.some(({ policy }) => POLICIES[policy].isSound);
  return isSound ? [...found, ...wrapped(HOLES, VERDICT_WIDTH)] : found;
}

/** A lane without an oracle judges nothing, and has no number of what it could not. */
function undecidedLines(lanes: readonly RaceLane[]): string[] {
  const judged = lanes.filter(({ counters }) => counters.ledger !== null);
  if (judged.length === 0) return [];
  const some = judged.filter(({ counters }) => counters.undecided > 0);
  const parts = some.map(({ name, counters }) => `${name} ${counters.undecided}`);
  const of = parts.length === 0 ? 'none' : listOf(parts);
  return wrapped(`Uses that could not be judged: ${of}.`, VERDICT_WIDTH);
}

/** @see docs/fidelity.md, "Where KVM itself is wrong" */
const HOLES =
  'Where a policy without holes of its own is stale, it may be a defect of the VM, or KVM itself: ' +
  'see mainline-t17, mainline-vpid12, mainline-nx, mainline-pse and mainline-smap in the museum.';

function partingLines({ partings }: Verdict): string[] {
  const [first, ...more] = partings;
  if (first === undefined) return ['All policies did the same.'];
  const { at, command, stay, leave } = first;
  const lines = wrapped(
    `First parting: command ${at}, ${command.kind} on vCPU ${command.vcpu}: ` +
      `${listOf(leave.lanes)} from ${listOf(stay.lanes)}.`,
    VERDICT_WIDTH,
  );
  const later = more.map((parting) => `${listOf(parting.leave.lanes)} at ${parting.at}`);
  if (later.length === 0) return lines;
  return [...lines, ...wrapped(`Later: ${later.join('; ')}.`, VERDICT_WIDTH)];
}

function listOf(names: readonly string[]): string {
  return names.join(', ');
}

function trouble(lanes: readonly RaceLane[]): string[] {
  return lanes.flatMap(({ name, counters, firstRefusal, failure }) => {
    const lines: string[] = [];
    if (failure !== null) {
      const { command, message } = failure;
      lines.push(...wrapped(`FAILED ${name}: at command ${command}: ${message}`, VERDICT_WIDTH));
    }
    if (firstRefusal !== null) {
      const text = `${name} refused ${counters.refused} commands, first: ${firstRefusal}`;
      lines.push(...wrapped(text, VERDICT_WIDTH));
    }
    return lines;
  });
}
