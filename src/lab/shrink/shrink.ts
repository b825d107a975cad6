import type { PolicyName } from '../../mmu/index.js';
import { type Failing, type Failure, type FailureKind, failureOf } from './failing.js';
import { shrunk } from './shrunk.js';
import { withFewerVcpus, withoutFields, withSimplerHex } from './simpler.js';

/** A smallest list that still shows the mistake. */
export interface Shrunk extends Failing {
  readonly failure: Failure;
  /** Commands of the list that was given. */
  readonly given: number;
  /** Lists that were tried. */
  readonly tries: number;
}

/** The mistake that is meant, where commands show several. */
export interface ShrinkOptions {
  readonly kind?: FailureKind;
  /** For a disagreement: the other policy. */
  readonly against?: PolicyName;
  /** Is told after every try how many commands are left. */
  readonly tried?: (left: number) => void;
}

/** Lists that are tried at most; beyond, the smallest so far is the answer. */
export const TRIES_MAX = 10_000;

/** Times that everything is gone through: what one made smaller may let another. */
const ROUNDS_MAX = 3;

/**
 * Cuts a list that shows a mistake to a smallest one: commands by delta debugging, then vCPUs,
 * memory, addresses, values and fields, again and again until nothing can go.
 *
 * @returns Null if the list shows no mistake of the kind that is meant.
 */
export function shrink(given: Failing, options: ShrinkOptions): Shrunk | null {
  const first = failureOf(given, options);
  if (first === null) return null;
  let tries = 0;
  const fails = (some: Failing): boolean => {
    if (tries >= TRIES_MAX) return false;
    tries += 1;
    const failure = failureOf(some, { ...options, kind: first.kind });
    options.tried?.(some.commands.length);
    return failure !== null && failure.key === first.key;
  };
  let best: Failing = { ...given, commands: given.commands.slice(0, first.command + 1) };
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const before = JSON.stringify(best);
    best = withoutMemory(withoutCommands(best, fails), fails);
    for (const simpler of [withFewerVcpus, withoutFields, withSimplerHex]) {
      best = simplified(best, simpler, fails);
    }
    if (JSON.stringify(best) === before || tries >= TRIES_MAX) break;
  }
  const failure = failureOf(best, { ...options, kind: first.kind }) ?? first;
  return { ...best, failure, given: given.commands.length, tries };
}

function withoutCommands(of: Failing, fails: (some: Failing) => boolean): Failing {
  const commands = shrunk(of.commands, (some) => fails({ ...of, commands: some }));
  return { ...of, commands };
}

/** Words and runs of words that memory need not hold. */
function withoutMemory(of: Failing, fails: (some: Failing) => boolean): Failing {
  const { memory } = of.config;
  if (memory === undefined) return of;
  const holding = (words: typeof memory.words, fills: typeof memory.fills): Failing => ({
    ...of,
    config: { ...of.config, memory: { ...memory, words, fills } },
  });
  const words = shrunk(memory.words ?? [], (some) => fails(holding([...some], memory.fills)));
  const fills = shrunk(memory.fills ?? [], (some) => fails(holding([...words], [...some])));
  const smaller = holding([...words], [...fills]);
  return fails(smaller) ? smaller : of;
}

/** Takes a simpler list wherever it shows the mistake as well, each place once. */
function simplified(
  of: Failing,
  simpler: (of: Failing) => Iterable<Failing>,
  fails: (some: Failing) => boolean,
): Failing {
  let best = of;
  let tried = 0;
  for (let isSimpler = true; isSimpler; ) {
    isSimpler = false;
    let place = 0;
    for (const some of simpler(best)) {
      place += 1;
      if (place <= tried) continue;
      tried += 1;
      if (!fails(some)) continue;
      best = some;
      // The places behind it have moved by one.
      tried -= 1;
      isSimpler = true;
      break;
    }
  }
  return best;
}
