import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import type { RaceOrder, WireRace } from '../api/wire.js';
import { commandsIn } from './pasted.js';

export type SourceKind = RaceOrder['source']['kind'];

type Policy = Exclude<RaceOrder['policies'], 'all' | undefined>[number];
type Kernel = NonNullable<RaceOrder['kernels']>[number];
type Workload = Extract<RaceOrder['source'], { kind: 'workload' }>['name'];

/** Values that the form of a race begins with. */
export interface RaceValues {
  readonly source: SourceKind;
  readonly workload: string;
  readonly commands: number;
  readonly seed: number;
  /** Commands that were given, a line each; empty if they are not known. */
  readonly text: string;
  readonly vm: string;
  readonly seq: string;
  readonly prevRoots: number;
  readonly kernel: string;
  readonly prices: string;
  /** Null for all of them. */
  readonly policies: readonly string[] | null;
}

const USUAL: RaceValues = {
  source: 'workload',
  workload: 'kpti',
  commands: 5000,
  seed: 1,
  text: '',
  vm: '',
  seq: '',
  prevRoots: 3,
  kernel: '6.1',
  prices: '',
  policies: null,
};

/**
 * The values that a race was run with, so that its form shows what was raced.
 *
 * @param order Its order, if it was given on this page.
 * @param hash Of the address: `#vm=ID` asks for the commands of a VM.
 */
export function valuesOf(race: WireRace | null, order: RaceOrder | null, hash: string): RaceValues {
  if (race === null) {
    const vm = new URLSearchParams(hash.slice(1)).get('vm');
    return vm === null ? USUAL : { ...USUAL, source: 'vm', vm };
  }
  const { source, lanes, prices, commands } = race;
  const [first] = lanes;
  const values: RaceValues = {
    ...USUAL,
    source: source.kind,
    commands,
    prevRoots: first?.prevRoots ?? USUAL.prevRoots,
    kernel: first?.kernel ?? USUAL.kernel,
    prices: prices.list,
    policies: [...new Set(lanes.map(({ policy }) => policy))],
  };
  switch (source.kind) {
    case 'workload':
      return { ...values, workload: source.name, seed: source.seed };
    case 'vm':
      return { ...values, vm: source.vm, seq: String(source.seq) };
    case 'commands':
      return { ...values, text: textOf(order) };
  }
}

/**
 * The order that a form stands for.
 *
 * @throws {Error} With a sentence that says what is amiss.
 */
export function orderIn(data: FormData): RaceOrder {
  const policies = data.getAll('policy').map((name) => String(name) as Policy);
  if (policies.length === 0) {
    throw new Error('Cannot race: no policy is picked; pick one or more');
  }
  const prices = String(data.get('prices') ?? '');
  return {
    source: sourceIn(data),
    policies,
    prevRoots: [Number(data.get('prevRoots'))],
    kernels: [String(data.get('kernel')) as Kernel],
    ...(prices !== '' && { prices }),
  };
}

function sourceIn(data: FormData): RaceOrder['source'] {
  switch (data.get('source')) {
    case 'commands': {
      const given = commandsIn(String(data.get('text')));
      const config = configIn(String(data.get('config') ?? ''));
      return config === null ? given : { ...given, config };
    }
    case 'vm': {
      const seq = String(data.get('seq') ?? '');
      const vm = String(data.get('vm') ?? '');
      if (vm === '') throw new Error('Cannot race: there is no VM on this server');
      return { kind: 'vm', vm, ...(seq !== '' && { seq: Number(seq) }) };
    }
    default:
      return {
        kind: 'workload',
        name: String(data.get('workload')) as Workload,
        seed: Number(data.get('seed')),
        parameters: { commands: Number(data.get('commands')) },
      };
  }
}

/** @returns Null if nothing is given. */
function configIn(text: string): VmConfigInput | null {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('Cannot race: the configuration is not JSON; write it as {"paging":"ept"}');
  }
}

function textOf(order: RaceOrder | null): string {
  if (order?.source.kind !== 'commands') return '';
  return order.source.commands.map((command) => JSON.stringify(command)).join('\n');
}
