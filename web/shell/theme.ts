import { effect, signal } from '@preact/signals';

/** Colours of the page: those of the system, or one of the two. */
export type Theme = 'system' | 'light' | 'dark';

/** Size of the type: `large` is for a projector. */
export type TypeSize = 'usual' | 'large';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];
const THEME_KEY = 'mmulab-theme';
const SIZE_KEY = 'mmulab-type-size';

export const theme = signal<Theme>(THEMES.find((one) => one === kept(THEME_KEY)) ?? 'system');
export const typeSize = signal<TypeSize>(kept(SIZE_KEY) === 'large' ? 'large' : 'usual');

/** Number of times that colours or sizes have changed: what is drawn by hand is drawn anew. */
export const looks = signal(0);

/** Puts the choices on the document, keeps them, and tells when the system changes its own. */
export function applyTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    keep(THEME_KEY, theme.value);
    looks.value = looks.peek() + 1;
  });
  effect(() => {
    document.documentElement.dataset.type = typeSize.value;
    keep(SIZE_KEY, typeSize.value);
    looks.value = looks.peek() + 1;
  });
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
    matchMedia(query).addEventListener('change', () => {
      looks.value += 1;
    });
  }
}

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
}

export function toggleTypeSize(): void {
  typeSize.value = typeSize.value === 'large' ? 'usual' : 'large';
}

function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    // A browser that keeps nothing for us.
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice holds for this page alone.
  }
}
