/** Selector of everything that Tab stops at. */
export const STOPS =
  'a[href], button:not(:disabled), input:not(:disabled), select, textarea, summary, [tabindex="0"]';

// Each of these runs in the page, alone: none may use another one.

/** Names of the stops of Tab in the order of the document. A group of radio buttons is one. */
export function namesOfStops(stops: string): string[] {
  const isStop = (element: HTMLElement) =>
    element.checkVisibility({ visibilityProperty: true }) &&
    !(element instanceof HTMLInputElement && element.type === 'radio' && !element.checked);
  return [...document.querySelectorAll<HTMLElement>(stops)]
    .filter(isStop)
    .map((element) => (element.textContent ?? '').trim() || element.tagName);
}

/** Name of the stop that has the focus. */
export function nameOfFocus(): string {
  const element = document.activeElement;
  return (element?.textContent ?? '').trim() || (element?.tagName ?? '');
}

/**
 * Stops whose next one lies before them to the eye: above, and not in a column to the right, or on the
 * same line to the left. A positive `tabindex` is one as well.
 */
export function jumpsOf(stops: string): string[] {
  const placed = [...document.querySelectorAll<HTMLElement>(stops)]
    // The link to the content is off the screen until it has the focus.
    .filter((element) => element.checkVisibility() && !element.matches('.skip'))
    .map((element) => {
      const name = (element.textContent ?? '').trim() || element.getAttribute('aria-label') || '';
      return { name: `${element.tagName} ${name}`, box: element.getBoundingClientRect() };
    })
    .filter(({ box }) => box.width > 1 && box.height > 1);
  const jumps = placed.slice(1).flatMap((next, index) => {
    const from = placed[index] as (typeof placed)[number];
    const isAbove = next.box.bottom <= from.box.top + 1 && next.box.left < from.box.right;
    const isOnLine = next.box.top < from.box.bottom - 1 && next.box.bottom > from.box.top + 1;
    const isLeft = isOnLine && next.box.right <= from.box.left + 1;
    return isAbove || isLeft ? [`${from.name} -> ${next.name}`] : [];
  });
  const forced = document.querySelectorAll('[tabindex]:not([tabindex="0"], [tabindex="-1"])');
  return [...jumps, ...[...forced].map(({ tagName }) => `${tagName} has a tabindex of its own`)];
}

/** Elements that look as if they could be pressed, and that no key gets to. */
export function mouseOnly(): string[] {
  const reached = 'a[href], button, input, select, textarea, summary, label, [tabindex]';
  return [...document.querySelectorAll<HTMLElement>('body *')]
    .filter((element) => element.checkVisibility())
    .filter((element) => getComputedStyle(element).cursor === 'pointer')
    .filter((element) => element.closest(reached) === null)
    .map((element) => element.outerHTML.slice(0, 80));
}
