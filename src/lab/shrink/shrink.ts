import { finished, type PolicyName } from '../../mmu/index.js';
import { type Failing, type Failure, type FailureKind, failureSteps } from './failing.js';
import { shrunkSteps } from './shrunk.js';
import { withFewerVcpus, withoutFields, withSimplerHex } from './simpler.js';

/** A smallest list that still shows the mistake. */
export interface Shrunk extends Failing {
  readonly failure: Failure;
  /** Of a disagreement: the policy whose guest sees something else. */
  readonly against: PolicyName | null;
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
}

/** Lists that are tried at most; beyond, the smallest so far is the answer. */
export const TRIES_MAX = 10_000;

/** Times that everything is gone through: what one made smaller may let another. */
const ROUNDS_MAX = 3;

/**
 * Cuts a list that shows a mistake to a smallest one: commands by delta debugging, then vCPUs,
 * memory, addresses, values and fields, again and again until nothing can go. A mistake of a policy or
 * of a defect stays one: mainline without defects never shows it.
 *
 * @returns Null if the list shows no mistake of the kind that is meant.
 */
export function shrink(given: Failing, options: ShrinkOptions): Shrunk | null {
  return finished(shrinkSteps(given, options));
}

/** The same in steps, each no longer than a command. Yields the number of lists that were tried. */
export function* shrinkSteps(
  given: Failing,
  options: ShrinkOptions,
): Generator<number, Shrunk | null> {
  const first = yield* counted(0, failureSteps(given, options));
  if (first === null) return null;
  const sound = soundOf(given);
  const isOwn = sound !== null && !(yield* counted(0, shows(sound, first, options)));
  let tries = 0;
  const fails: Tries = function* (some) {
    if (tries >= TRIES_MAX) return false;
    tries += 1;
    if (!(yield* counted(tries, shows(some, first, options)))) return false;
    const soundly = isOwn ? soundOf(some) : null;
    if (!isOwn) return true;
    return soundly !== null && !(yield* counted(tries, shows(soundly, first, options)));
  };
  let best: Failing = { ...given, commands: given.commands.slice(0, first.command + 1) };
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const before = JSON.stringify(best);
    best = yield* withoutMemory(yield* withoutCommands(best, fails), fails);
    for (const simpler of [withFewerVcpus, withoutFields, withSimplerHex]) {
      best = yield* simplified(best, simpler, fails);
    }
    if (JSON.stringify(best) === before || tries >= TRIES_MAX) break;
  }
  const last = failureSteps(best, { ...options, kind: first.kind });
  const failure = (yield* counted(tries, last)) ?? first;
  const against = first.kind === 'disagreement' ? (options.against ?? null) : null;
  return { ...best, failure, against, given: given.commands.length, tries };
}

/** The list on mainline without defects; null if that is what it is on. */
function soundOf({ config, commands }: Failing): Failing | null {
  const { policy, defects, ...rest } = config;
  const isSound = (policy ?? 'mainline') === 'mainline' && (defects ?? []).length === 0;
  return isSound ? null : { config: rest, commands };
}

function* shows(
  some: Failing,
  { kind, key }: Failure,
  options: ShrinkOptions,
): Generator<undefined, boolean> {
  const failure = yield* failureSteps(some, { ...options, kind });
  return failure !== null && failure.key === key;
}

/** Whether a list shows the mistake; yields the tries so far. */
type Tries = (some: Failing) => Generator<number, boolean>;

function* counted<T>(tries: number, steps: Generator<unknown, T>): Generator<number, T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    yield tries;
  }
}

function* withoutCommands(of: Failing, fails: Tries): Generator<number, Failing> {
  const commands = yield* shrunkSteps(of.commands, (some) => fails({ ...of, commands: some }));
  return { ...of, commands };
}

/** Words and runs of words that memory need not hold. */
function* withoutMemory(of: Failing, fails: Tries): Generator<number, Failing> {
  const { memory } = of.config;
  if (memory === undefined) return of;
  const holding = (words: typeof memory.words, fills: typeof memory.fills): Failing => ({
    ...of,
    config: { ...of.config, memory: { ...memory, words, fills } },
  });
  const words = yield* shrunkSteps(memory.words ?? [], (some) =>
    fails(holding([...some], memory.fills)),
  );
  const fills = yield* shrunkSteps(memory.fills ?? [], (some) =>
    fails(holding([...words], [...some])),
  );
  const smaller = holding([...words], [...fills]);
  return (yield* fails(smaller)) ? smaller : of;
}

/** Takes a simpler list wherever it shows the mistake as well, each place once. */
function* simplified(
  of: Failing,
  simpler: (of: Failing) => Iterable<Failing>,
  fails: Tries,
): Generator<number, Failing> {
  let best = of;
  let tried = 0;
  for (let isSimpler = true; isSimpler; ) {
    isSimpler = false;
    let place = 0;
    for (const some of simpler(best)) {
      place += 1;
      if (place <= tried) continue;
      tried += 1;
      if (!(yield* fails(some))) continue;
      best = some;
      // The places behind it have moved by one.
      tried -= 1;
      isSimpler = true;
      break;
    }
  }
  return best;
}
