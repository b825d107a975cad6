import { type Column, tableLines, wrapped } from '../../plain-text.js';
import { laneTable, ledgerTable } from '../../race/verdict-tables.js';
import type { Agreement, Tally } from '../score/agreement.js';
import { hitRatios, type Reuse, SLOTS_MAX } from '../score/reuse.js';
import type { VmScore } from '../score/score.js';
import { lacksOf, switchesOf, type TraceScore } from './trace-score.js';

/** Columns of an e-mail. */
const WIDTH = 78;
/** Kinds of lines, vCPUs and disagreements that the text shows. */
const UNREAD_SHOWN = 12;
const REUSES_SHOWN = 64;
const DISAGREEMENTS_SHOWN = 8;
const SLOTS_SHOWN = [0, 1, 2, 3, 4, 6, 8, 12, SLOTS_MAX];
const NS_OF_MS = 1e6;

/** The verdict on a trace as plain text that one can paste into an e-mail. */
export function scoreText(score: TraceScore): string {
  const paragraphs = [
    headLines(score),
    ...lacksOf(score).map((sentence) => wrapped(sentence, WIDTH)),
    unreadLines(score),
    ...score.vms.flatMap((vm) => vmParagraphs(vm, score)),
  ];
  const text = paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
  return `${text}\n`;
}

function headLines({ name, version, census, vms }: TraceScore): string[] {
  const events = [...census.events.values()].reduce((sum, { count }) => sum + count, 0);
  const ms = ((census.lastAt - (census.firstAt ?? census.lastAt)) / NS_OF_MS).toFixed(3);
  const span = census.isTicks ? 'its clock counts no time' : `${ms} ms`;
  const lost =
    census.lost === 0 ? '' : ` ${census.lost} events were lost: what follows from them is missing.`;
  const backwards =
    census.backwards === 0
      ? ''
      : ` Times run backwards ${census.backwards} times on a CPU: the order of the file is kept.`;
  const release = census.release === null ? '' : `, kernel ${census.release}`;
  return wrapped(
    `Trace ${name}: ${census.lines} lines, ${events} events, ${span}${release}; ` +
      `${vms.length} ${vms.length === 1 ? 'VM' : 'VMs'}; mmulab ${version}.${lost}${backwards}`,
    WIDTH,
  );
}

function unreadLines({ census }: TraceScore): string[] {
  const kinds = [...census.unread.values()].sort((a, b) => b.count - a.count);
  if (kinds.length === 0) return [];
  const shown = kinds
    .slice(0, UNREAD_SHOWN)
    .flatMap(({ what, count, example }) =>
      wrapped(`- ${count} x ${what}, the first: ${example}`, WIDTH),
    );
  const more = kinds.length - UNREAD_SHOWN;
  return ['Not understood:', ...shown, ...(more > 0 ? [`- and ${more} more kinds`] : [])];
}

function vmParagraphs(vm: VmScore, { vms }: TraceScore): string[][] {
  const switches = switchesOf(vm);
  const parts = [machineLines(vm, vms.length > 1)];
  if (vm.reuses.length > 0) parts.push(reuseLines(vm.reuses));
  parts.push(agreementLines(vm));
  if (switches === 0) return parts;
  const { least, most } = vm.ends;
  if (!vm.isUncertain) {
    return [...parts, ...policyParagraphs(vm, 'What each policy would have paid:', least)];
  }
  return [
    ...parts,
    ...policyParagraphs(
      vm,
      'What each policy would have paid, if what is guessed did the least:',
      least,
    ),
    ...policyParagraphs(vm, 'And if what is guessed did the most:', most),
  ];
}

function machineLines(
  { vm, tasks, config, confidence, commandCount, leftOut, guessedLate }: VmScore,
  isNamed: boolean,
) {
  const { seen, inferred, guessed } = confidence;
  const late =
    leftOut === 0
      ? ''
      : ` No policy was asked about ${leftOut} commands of vCPUs that came late: the option ` +
        'vcpus says how many there are.';
  const oneEnd =
    guessedLate === 0
      ? ''
      : ` ${guessedLate} were guessed after all before was certain: both ends have the likeliest.`;
  return wrapped(
    `${isNamed ? `VM ${vm}: ` : ''}${tasks.slice(0, 8).join(', ')}` +
      `${tasks.length > 8 ? ` and ${tasks.length - 8} more` : ''}. ` +
      `${config.vendor}, ${config.paging}, rules of ${config.kernel}. ${commandCount} commands: ` +
      `${seen} seen, ${inferred} inferred, ${guessed} guessed.${late}${oneEnd}`,
    WIDTH,
  );
}

function reuseLines(reuses: readonly Reuse[]): string[] {
  const columns: Column<Reuse>[] = [
    { head: 'vCPU', of: ({ vcpu }) => vcpu },
    { head: 'roots by', isText: true, of: ({ mmu }) => (mmu === 'cr3' ? 'CR3' : 'EPTP') },
    { head: 'switches', of: ({ switches }) => switches },
    { head: 'distinct', of: ({ first }) => first },
    ...SLOTS_SHOWN.map(
      (slots): Column<Reuse> => ({
        head: String(slots),
        of: (reuse) => `${Math.round(100 * (hitRatios(reuse)?.[slots] ?? 0))}%`,
      }),
    ),
  ];
  const more = reuses.length - REUSES_SHOWN;
  return [
    'Switches that find their root, by the number of previous roots (nothing invalidated):',
    ...tableLines(columns, reuses.slice(0, REUSES_SHOWN)),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

function agreementLines({ agreement, config }: VmScore): string[] {
  const { failure, firstRefusal, refused, torn } = agreement;
  const lines = wrapped(
    `Kernel against mainline by the rules of ${config.kernel}: ${talliesOf(agreement)}.`,
    WIDTH,
  );
  if (torn > 1) lines.push(`${torn} windows have lost events and are not compared.`);
  for (const one of agreement.disagreements.slice(0, DISAGREEMENTS_SHOWN)) {
    const { at, vcpu, what, trace, model, commands, isUncertain } = one;
    const doubt = isUncertain ? '; a command before it is guessed' : '';
    lines.push(
      ...wrapped(
        `- ${(at / NS_OF_MS).toFixed(3)} ms, vCPU ${vcpu}, ${commands.join(' ') || 'entry'}: ` +
          `${what}: the kernel ${trace}, mainline ${model}${doubt}`,
        WIDTH,
      ),
    );
  }
  const more = agreement.disagreementCount - DISAGREEMENTS_SHOWN;
  if (more > 0) lines.push(`- and ${more} more`);
  if (refused > 0)
    lines.push(...wrapped(`${refused} commands were refused, the first: ${firstRefusal}`, WIDTH));
  if (failure !== null)
    lines.push(...wrapped(`The model failed, and compared no further: ${failure}`, WIDTH));
  return lines;
}

function talliesOf({ loads, synced, unsynced }: Agreement): string {
  const of = ({ agree, windows }: Tally, what: string) => `${agree} of ${windows} ${what}`;
  return [
    of(loads, 'windows with root loads agree'),
    of(synced, 'with synced pages'),
    of(unsynced, 'with unsynced pages'),
  ].join(', ');
}

function policyParagraphs(vm: VmScore, head: string, result: VmScore['ends']['least']): string[][] {
  const failed = result.lanes.flatMap(({ name, failure, firstRefusal, counters }) => [
    ...(failure === null ? [] : wrapped(`FAILED ${name}: ${failure.message}`, WIDTH)),
    ...(firstRefusal === null
      ? []
      : wrapped(`${name} refused ${counters.refused} commands, first: ${firstRefusal}`, WIDTH)),
  ]);
  const stale = result.lanes.filter(({ counters }) => counters.violations > 0);
  const staleLines =
    stale.length === 0
      ? ['No policy could have used a stale translation.']
      : stale.flatMap(({ name, counters, firstViolation }) =>
          wrapped(
            `STALE ${name}: ${counters.violations} uses, first at command ` +
              `${firstViolation?.command}: ${firstViolation?.message}.`,
            WIDTH,
          ),
        );
  const priced = wrapped(
    `Prices are of ${result.prices.list}: cycles of ${result.prices.machine}.`,
    WIDTH,
  );
  const doubt =
    vm.confidence.inferred > 0
      ? ['Stores to tables are placed where they were inferred to be.']
      : [];
  return [
    [head, ...laneTable(result)],
    ledgerTable(result.lanes),
    [...staleLines, ...doubt, ...failed, ...priced],
  ];
}
