/**
 * Wrappers of functions of the model, by which a VM goes wrong on purpose, or is right where its
 * kernel is not. Null where there are none, so that such a VM pays one comparison a call.
 */
export type Wrappers = ReadonlyMap<OfVm, Wrap> | null;

/** A function of the model that may be wrapped. It is called, and read, like any other. */
export type Seam<F> = F & { readonly [IS_SEAM]: true };

declare const IS_SEAM: unique symbol;

/** A function, and the wrapper around it. */
export interface Wrapper {
  readonly seam: OfVm;
  readonly wrap: Wrap;
}

/** The part of a VM that a seam looks at. */
interface Wrapped {
  readonly wrappers: Wrappers;
}

/** Any function of a VM: a constraint, not something to call. */
type OfVm = (vm: never, ...rest: never[]) => unknown;

/** A function as a seam hands arguments on; a list of any length would be made anew at each call. */
type Call = (vm: Wrapped, ...rest: Rest) => unknown;
type Rest = [b?: unknown, c?: unknown, d?: unknown, e?: unknown, f?: unknown];

type Wrap = (sound: Call) => Call;

/**
 * Makes a seam of a function: callers get what the VM's wrappers have made of it.
 *
 * @param sound Takes the VM first and at most six arguments, none of which has a default: those
 *   are not counted.
 */
export function seam<F extends OfVm>(sound: F): Seam<F>;
export function seam(sound: Call): Call {
  // A function that hands on no more arguments than it needs is short enough for inlining.
  if (sound.length <= 2) {
    const whole: Call = (vm, b) =>
      vm.wrappers === null ? sound(vm, b) : made(vm, whole, sound)(vm, b);
    return whole;
  }
  if (sound.length <= 4) {
    const whole: Call = (vm, b, c, d) =>
      vm.wrappers === null ? sound(vm, b, c, d) : made(vm, whole, sound)(vm, b, c, d);
    return whole;
  }
  const whole: Call = (vm, b, c, d, e, f) =>
    vm.wrappers === null ? sound(vm, b, c, d, e, f) : made(vm, whole, sound)(vm, b, c, d, e, f);
  return whole;
}

/** A function as the wrappers of a VM have made it. */
function made({ wrappers }: Wrapped, whole: Call, sound: Call): Call {
  return wrappers?.get(whole)?.(sound) ?? sound;
}

/**
 * A wrapper of a seam.
 *
 * @param wrap Makes the wrong function of the sound one, which may have other wrappers already. It
 *   is asked anew at each call, so that nothing but the VM remembers anything.
 */
export function around<F extends OfVm>(seam: Seam<F>, wrap: (sound: F) => F): Wrapper;
export function around(seam: OfVm, wrap: Wrap): Wrapper {
  return { seam, wrap };
}

/** @param wrappers From the inside: of two around one function the second gets what the first made. */
export function wrappersOf(wrappers: readonly Wrapper[]): Wrappers {
  return wrappers.length === 0 ? null : combined(new Map(), wrappers);
}

/** The VM for the length of one call, with more wrappers than it has by itself. */
export function withAlso<V extends Wrapped>(vm: V, ...wrappers: readonly Wrapper[]): V {
  return { ...vm, wrappers: combined(new Map(vm.wrappers), wrappers) };
}

/** The VM for the length of one call, in which a function does nothing. */
export function without<V extends Wrapped, F extends OfVm>(
  vm: V,
  seam: undefined extends ReturnType<F> ? Seam<F> : never,
): V {
  return withAlso(vm, { seam, wrap: () => () => undefined });
}

function combined(all: Map<OfVm, Wrap>, wrappers: readonly Wrapper[]): Wrappers {
  for (const { seam, wrap } of wrappers) {
    const inner = all.get(seam);
    all.set(seam, inner === undefined ? wrap : (sound) => wrap(inner(sound)));
  }
  return all;
}
