import type { Viewport } from './viewport.js';

/** A picture of lanes, as an address keeps it. */
export interface Picture {
  /** Null for the newest, or for all of it. */
  readonly window: Viewport | null;
  /** `seq` of the selected event. */
  readonly at: number | null;
}

/** The window that a text names by its first and its last `seq`; null if it names none. */
export function windowIn(text: string | null): Viewport | null {
  const [, from, last] = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? '') ?? [];
  if (from === undefined || last === undefined || Number(last) < Number(from)) return null;
  return { from: Number(from), to: Number(last) + 1 };
}

/** The inverse of {@link windowIn}, to whole numbers. */
export function windowText({ from, to }: Viewport): string {
  return `${Math.max(0, Math.floor(from))}-${Math.ceil(to) - 1}`;
}

/** The picture that a fragment keeps, with its `#`. */
export function pictureIn(hash: string): Picture {
  const params = new URLSearchParams(hash.slice(1));
  const at = params.get('at');
  return {
    window: windowIn(params.get('window')),
    at: at !== null && /^\d{1,15}$/.test(at) ? Number(at) : null,
  };
}

/** The inverse of {@link pictureIn}; empty if the picture is as it is at first. */
export function pictureText({ window, at }: Picture): string {
  const parts = [
    ...(window === null ? [] : [`window=${windowText(window)}`]),
    ...(at === null ? [] : [`at=${at}`]),
  ];
  return parts.length === 0 ? '' : `#${parts.join('&')}`;
}
