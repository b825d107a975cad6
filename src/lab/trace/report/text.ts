import { POLICIES } from '../../../mmu/index.js';
import { type Column, tableLines, wrapped } from '../../plain-text.js';
import { laneTable, ledgerTable } from '../../race/verdict-tables.js';
import { hitRatios, type Reuse, SLOTS_MAX } from '../score/reuse.js';
import type { VmScore } from '../score/score.js';
import { agreementLines } from './agreement-text.js';
import { lacksOf, switchesOf, type TraceScore } from './trace-score.js';

/** Columns of an e-mail. */
const WIDTH = 78;
/** Kinds of lines, and vCPUs, that the text shows. */
const UNREAD_SHOWN = 12;
const REUSES_SHOWN = 64;
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

function vmParagraphs(vm: VmScore, { vms, census }: TraceScore): string[][] {
  const switches = switchesOf(vm);
  const parts = [machineLines(vm, { isNamed: vms.length > 1, release: census.release })];
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
  { isNamed, release }: { isNamed: boolean; release: string | null },
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
      `${config.vendor}, ${config.paging}, rules of ${config.kernel}` +
      `${release === null ? ' (the trace names no kernel)' : ''}. ${commandCount} commands: ` +
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

/** Meaning of the columns, whose heads are short for the sake of mails. */
const COLUMNS_MEAN = wrapped(
  '(kcycles at the prices of the list, low and high at its cheapest and dearest; rel.: to the ' +
    'baseline; misses of the cache, roots loaded, syncs that changed something, flushes, stale uses)',
  WIDTH,
);

/** A store that is inferred is made behind the policy's back; its guest would have had a fault. */
const NOT_ITS_OWN =
  ' This policy has no hole of its own: it is stale for a store whose place is inferred, which KVM ' +
  'would have noticed, or for a bug of KVM.';

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
      : stale.flatMap(({ name, policy, counters, firstViolation }) =>
          wrapped(
            `STALE ${name}: ${counters.violations} ${counters.violations === 1 ? 'use' : 'uses'}, ` +
              `first at command ${firstViolation?.command}: ${firstViolation?.message}.` +
              `${POLICIES[policy].isSound ? NOT_ITS_OWN : ''}`,
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
    [head, ...laneTable(result), ...COLUMNS_MEAN],
    ledgerTable(result.lanes),
    [...staleLines, ...doubt, ...failed, ...priced],
  ];
}
