import type { Interval, PriceName } from '../race/index.js';
import { REFLECTED } from './kvm-trace.js';
import { less, plus, scaled, widest } from './ranges.js';

/** Figures in cycles, for rules to ask for. */
export interface Figures {
  /** A test of `vmexit`. */
  loop(name: string): Figure | null;
  /** The time that KVM took for exits of a reason: the first of some names that was read. */
  handled(...names: readonly string[]): Figure | null;
  /** The time that KVM takes for an exit that does nothing: others are held against it. */
  plain(): Figure | null;
  /** A price as far as it is known: calibrated, or that of the base. */
  price(name: PriceName): Interval;
}

/** A range, and where it is from. */
export interface Figure extends Interval {
  /** The row, or the rows. */
  readonly from: string;
  /** Arithmetic that was done to it, and things that it may hold besides. */
  readonly how?: string;
}

/** The way in which one price follows from figures; null if they are not there. */
export interface Rule {
  readonly price: PriceName;
  find(figures: Figures): Figure | null;
}

/** One rule a price, in an order in which each finds the prices that it takes off. */
export const RULES: readonly Rule[] = [
  {
    price: 'exit',
    find(figures) {
      const [vmcall, cpuid] = [figures.loop('vmcall'), figures.loop('cpuid')];
      const first = vmcall ?? cpuid;
      if (first === null) return null;
      const all = widest(first, cpuid ?? first);
      return { ...all, from: [vmcall, cpuid].flatMap((one) => one?.from ?? []).join('; ') };
    },
  },
  {
    price: 'cr3Exit',
    find(figures) {
      const cr3 = figures.handled('MOV_CR3');
      const any = cr3 ?? figures.handled('CR_ACCESS');
      const what =
        cr3 === null ? 'other registers and loads are in it' : 'loads after a miss are in it';
      return lessPlain(figures, any, ['hit'], what);
    },
  },
  {
    price: 'pageFault',
    find(figures) {
      const fault = figures.handled('EPT_VIOLATION', 'PAGE_FAULT');
      const any = fault ?? figures.handled('EXCEPTION_NMI');
      const what =
        fault === null ? 'exceptions of any kind are in it' : 'new pages and host memory are in it';
      return lessPlain(figures, any, ['mmuLock'], what);
    },
  },
  {
    price: 'flushAddress',
    find: (figures) =>
      lessPlain(figures, figures.handled('INVLPG'), ['mmuLock'], 'the sync of the entry is in it'),
  },
  {
    price: 'nestedExit',
    find(figures) {
      const reflected = lessPlain(figures, figures.handled(REFLECTED), [], 'there');
      const resumed = lessPlain(figures, figures.handled('VMRESUME'), [], 'there and back');
      if (reflected === null || resumed === null) return null;
      return {
        ...resumed,
        ...plus(reflected, resumed),
        from: `${reflected.from}; ${resumed.from}`,
      };
    },
  },
  { price: 'kick', find: kickIn },
  { price: 'loadExisting', find: loadIn },
  { price: 'flushAll', find: flushIn },
];

/** A handler's time beyond that of a plain one, and beyond prices that are charged apart. */
function lessPlain(
  figures: Figures,
  figure: Figure | null,
  apart: readonly PriceName[],
  what: string,
): Figure | null {
  const plain = figures.plain();
  if (figure === null || plain === null) return null;
  const rest = less(figure, plain, ...apart.map((name) => figures.price(name)));
  const taken = ['a plain handler', ...apart].join(' and ');
  return { ...rest, from: figure.from, how: `less ${taken} (${plain.from}); ${what}` };
}

/**
 * An IPI between vCPUs is two exits, one to send it and one to take it, around the host's own IPI;
 * with a third to end it at the low end, and with none, as under posted interrupts, at the high one.
 */
function kickIn(figures: Figures): Figure | null {
  const ipi = figures.loop('ipi');
  if (ipi === null) return null;
  const { value, low, high } = figures.price('exit');
  const range = {
    value: Math.max(0, ipi.value - 2 * value),
    low: Math.max(0, ipi.low - 3 * high),
    high: Math.max(ipi.high, ipi.value - 2 * low),
  };
  return { ...range, from: ipi.from, how: 'less two exits (none to three)' };
}

/**
 * Two writes of CR0.WP. Where each exits, each frees the root and loads it again; kernels that spare
 * the load (6.4, under EPT) spare the exit as well.
 */
function loadIn(figures: Figures): Figure | null {
  const toggle = figures.loop('toggle_cr0_wp');
  if (toggle === null) return null;
  const write = scaled(toggle, 1 / 2);
  const exit = figures.price('exit');
  if (write.value <= exit.high) return null;
  const apart = (['drop', 'flushOne', 'mmuLock'] as const).map((name) => figures.price(name));
  const rest = less(write, exit, ...apart);
  const how = 'by two, less exit, drop, flushOne and mmuLock';
  return { ...rest, from: toggle.from, how };
}

/** Two writes of CR4.PGE: without an exit, they are the nearest thing to a flush of everything. */
function flushIn(figures: Figures): Figure | null {
  const toggle = figures.loop('toggle_cr4_pge');
  if (toggle === null) return null;
  const write = scaled(toggle, 1 / 2);
  if (write.value >= figures.price('exit').low) return null;
  const range = widest(write, figures.price('flushAll'));
  return { ...range, from: toggle.from, how: 'by two, without an exit: INVEPT is taken for it' };
}
