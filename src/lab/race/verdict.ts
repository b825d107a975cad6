import { POLICIES } from '../../mmu/index.js';
import { wrapped } from '../plain-text.js';
import { hitsOf } from './counters.js';
import { publishedText } from './published.js';
import { parametersOf, repeatLines } from './repeat.js';
import type { RaceLane, RaceResult } from './result.js';
import { laneTable, ledgerTable, timeTable, VERDICT_WIDTH } from './verdict-tables.js';

type Verdict = Omit<RaceResult, 'verdict'>;

/** A race as plain text that one can paste into an e-mail: what was run, and what came of it. */
export function verdictOf(result: Verdict): string {
  const paragraphs = [
    refusalLines(result),
    headLines(result),
    standingLines(result),
    laneTable(result),
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

/** For which prices each lane is cheaper or dearer than the baseline; lanes that are alike together. */
function standingLines({ lanes, baseline }: Verdict): string[] {
  const others = lanes.filter(({ name }) => name !== baseline);
  if (others.length === 0) return [];
  const byText = new Map<string, string[]>();
  for (const { name, comparison, counters } of others) {
    const text = `${comparison.text}${wrongText(counters.violations)}`;
    byText.set(text, [...(byText.get(text) ?? []), name]);
  }
  const lines = [...byText].flatMap(([text, names]) =>
    wrapped(`- ${listOf(names)}: ${text}.`, VERDICT_WIDTH),
  );
  return [`Against ${baseline}:`, ...lines];
}

/** A price is not worth much where the guest read what it may not: that is said with the price. */
function wrongText(uses: number): string {
  return uses === 0 ? '' : `, and wrong: ${uses} stale ${uses === 1 ? 'use' : 'uses'}`;
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
