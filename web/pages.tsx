import type { ComponentType } from 'preact';
import { type Params, paramsOf } from './shell/path.js';

/** The view of a page, drawn anew when the parts of its path change. */
export interface PageModule {
  readonly View: ComponentType<{ readonly params: Params }>;
}

/** A page: its path, its title, and the file that it is. */
export interface Page {
  /** Pattern of its path; parts after a colon vary. */
  readonly path: string;
  /** Title in the browser; empty for the name of the product alone. */
  readonly title: (params: Params) => string;
  readonly load: () => Promise<PageModule>;
  /** Text and second key (behind `g`) of its link in the bar; absent if it has no link. */
  readonly link?: { readonly text: string; readonly key: string };
}

/**
 * Every page, a line each; the first whose path fits is shown. The server knows the paths as well.
 *
 * @see PAGES in src/server/routes/files.ts
 */
export const PAGES: readonly Page[] = [
  {
    path: '/',
    title: () => '',
    load: () => import('./page/home.js'),
    link: { text: 'Lab', key: 'h' },
  },
  { path: '/vm/:vm', title: ({ vm }) => vm ?? '', load: () => import('./page/vm.js') },
  {
    path: '/vm/:vm@:seq',
    title: ({ vm, seq }) => `${vm} @${seq}`,
    load: () => import('./page/moment.js'),
  },
  {
    path: '/vm/:vm/race',
    title: ({ vm }) => `Race of ${vm}`,
    load: () => import('./page/vm-race.js'),
  },
  {
    path: '/race',
    title: () => 'Race',
    load: () => import('./page/race.js'),
    link: { text: 'Race', key: 'r' },
  },
  {
    path: '/case',
    title: () => 'Case',
    load: () => import('./page/case.js'),
    link: { text: 'Case', key: 'c' },
  },
  { path: '/race/:job', title: () => 'Race', load: () => import('./page/race.js') },
  { path: '/sweep/:job', title: () => 'Sweep', load: () => import('./page/sweep.js') },
  {
    path: '/traces',
    title: () => 'Traces',
    load: () => import('./page/traces.js'),
    link: { text: 'Traces', key: 't' },
  },
  { path: '/traces/:job', title: () => 'Trace', load: () => import('./page/trace.js') },
  { path: '/shrink/:job', title: () => 'Smallest list', load: () => import('./page/shrink.js') },
  {
    path: '/explore',
    title: () => 'Explore',
    load: () => import('./page/explore.js'),
    link: { text: 'Explore', key: 'e' },
  },
  { path: '/explore/:job', title: () => 'Explore', load: () => import('./page/explore.js') },
  {
    path: '/museum',
    title: () => 'Museum',
    load: () => import('./page/museum.js'),
    link: { text: 'Museum', key: 'm' },
  },
  {
    path: '/museum/:exhibit',
    title: ({ exhibit }) => exhibit ?? '',
    load: () => import('./page/museum.js'),
  },
  {
    path: '/learn',
    title: () => 'Learn',
    load: () => import('./page/learn.js'),
    link: { text: 'Learn', key: 'l' },
  },
  { path: '/learn/:lesson', title: () => 'Learn', load: () => import('./page/learn.js') },
  {
    path: '/jobs',
    title: () => 'Jobs',
    load: () => import('./page/jobs.js'),
    link: { text: 'Jobs', key: 'b' },
  },
];

/** The page at a path, with the parts of the path; null if there is none. */
export function pageAt(path: string): { readonly page: Page; readonly params: Params } | null {
  for (const page of PAGES) {
    const params = paramsOf(page.path, path);
    if (params !== null) return { page, params };
  }
  return null;
}
