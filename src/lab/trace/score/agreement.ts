import { CommandRefused, createVm, hex, step, type Vm } from '../../../mmu/index.js';
import { type MmuEvent, VmConfig, type VmConfigInput } from '../../../mmu/schema/index.js';
import type { Window } from '../reconstruct/window.js';

/** One kind of page events: how many windows had some, and in how many the model has the same. */
export interface Tally {
  /** Windows in which the trace or the model has at least one. */
  windows: number;
  /** Windows among them in which both have the same, in the same order. */
  agree: number;
  /** Events of the trace in these windows. */
  events: number;
}

/** A window in which the kernel did something else than the model. */
export interface Disagreement {
  readonly at: number;
  readonly vcpu: number;
  readonly window: number;
  readonly what: 'loads' | 'synced' | 'unsynced';
  /** As the trace has it, and as the model does it. */
  readonly trace: string;
  readonly model: string;
  /** Commands of the window. */
  readonly commands: readonly string[];
  /** A command before it was guessed: the guess may be what is wrong. */
  readonly isUncertain: boolean;
}

/** The kernel that made a trace, held against the model. */
export interface Agreement {
  readonly loads: Tally;
  readonly synced: Tally;
  readonly unsynced: Tally;
  readonly disagreements: Disagreement[];
  disagreementCount: number;
  /** Windows that could not be compared, because events were lost in them. */
  torn: number;
  refused: number;
  firstRefusal: string | null;
  /** Why the model stopped; null while all is well. */
  failure: string | null;
}

/** Disagreements that are kept with all that belongs to them. */
const DISAGREEMENTS_MAX = 64;

/** Runs the model beside a trace, window by window. */
export interface AgreementRun {
  readonly agreement: Agreement;
  take(window: Window): void;
}

const KINDS = ['loads', 'synced', 'unsynced'] as const;
type PageTexts = Record<(typeof KINDS)[number], string[]>;

/** @param config The machine; its TLB keeps nothing, as a fault in a trace shows. */
export function createAgreement(config: VmConfigInput): AgreementRun {
  const vm = createVm(VmConfig.parse({ ...config, policy: 'mainline', tlb: 'off', oracle: 'off' }));
  const agreement = emptyAgreement();
  let isUncertain = false;
  return {
    agreement,
    take(window) {
      if (agreement.failure !== null) return;
      try {
        if (window.placed.some(({ confidence }) => confidence === 'guessed')) isUncertain = true;
        compare(agreement, window, {
          model: modelTextsOf(vm, runWindow(vm, window, agreement)),
          isUncertain,
        });
      } catch (error) {
        agreement.failure = error instanceof Error ? error.message : String(error);
      }
    },
  };
}

function emptyAgreement(): Agreement {
  const tally = (): Tally => ({ windows: 0, agree: 0, events: 0 });
  return {
    ...{ loads: tally(), synced: tally(), unsynced: tally() },
    ...{ disagreements: [], disagreementCount: 0, torn: 0 },
    ...{ refused: 0, firstRefusal: null, failure: null },
  };
}

/** Runs the commands of a window, and the entry that ends it. */
function runWindow(vm: Vm, { vcpu, placed }: Window, agreement: Agreement): MmuEvent[] {
  const events: MmuEvent[] = [];
  const emit = (_vcpu: unknown, event: MmuEvent) => events.push(event);
  for (const { command } of placed) {
    try {
      step(vm, command, emit);
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      agreement.refused += 1;
      agreement.firstRefusal ??= error.message;
    }
  }
  step(vm, { kind: 'enter', vcpu }, emit);
  return events;
}

function compare(
  agreement: Agreement,
  window: Window,
  { model, isUncertain }: { model: PageTexts; isUncertain: boolean },
): void {
  if (window.isTorn) {
    agreement.torn += 1;
    return;
  }
  const trace = textsOf(window);
  for (const what of KINDS) {
    if (trace[what].length === 0 && model[what].length === 0) continue;
    const tally = agreement[what];
    tally.windows += 1;
    tally.events += trace[what].length;
    const [expected, came] = [trace[what].join(' '), model[what].join(' ')];
    if (isSame(expected, came)) tally.agree += 1;
    else {
      agreement.disagreementCount += 1;
      if (agreement.disagreements.length === DISAGREEMENTS_MAX) continue;
      const { at, vcpu, index, placed } = window;
      const commands = placed.map(({ command }) => command.kind);
      const sides = { trace: expected || 'none', model: came || 'none' };
      agreement.disagreements.push({
        at,
        vcpu,
        window: index,
        what,
        ...sides,
        commands,
        isUncertain,
      });
    }
  }
}

/** The same pages; a frame that a tool left out may be any. */
function isSame(trace: string, model: string): boolean {
  if (!trace.includes('?')) return trace === model;
  const [a, b] = [trace.split(' '), model.split(' ')];
  return a.length === b.length && a.every((one, i) => one === '?' || one === b[i]);
}

function textsOf({ seen }: Window): PageTexts {
  const frame = (gfn: number | null) => (gfn === null ? '?' : hex(gfn));
  return {
    loads: seen.loads.map(({ gfn, isNew }) => `${hex(gfn)} ${isNew ? 'new' : 'existing'}`),
    synced: seen.synced.map(frame),
    unsynced: seen.unsynced.map(frame),
  };
}

/** A PAE or dummy root is no page; the direct MMU under EPT takes its root from a list of its own. */
function modelTextsOf({ config }: Vm, events: readonly MmuEvent[]): PageTexts {
  const texts: PageTexts = { loads: [], synced: [], unsynced: [] };
  for (const event of events) {
    if (event.kind === 'root-allocated') {
      const isDirect = config.paging === 'ept' && event.mmu === 'root';
      if (event.page === 'special' || isDirect) continue;
      texts.loads.push(`${hex(event.gfn)} ${event.page}`);
    } else if (event.kind === 'page-synced') texts.synced.push(hex(event.gfn));
    else if (event.kind === 'page-unsynced') texts.unsynced.push(hex(event.gfn));
  }
  return texts;
}
