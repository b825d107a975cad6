import type { ComponentChildren } from 'preact';
import { watchVm } from './model/watch.js';
import { LiveRace } from './view/live-race.js';
import { RaceView } from './view/race-view.js';
import { VmPicker } from './view/vm-picker.js';
import { VmView } from './view/vm-view.js';

/** A page: its address, its title, and its view. */
interface Page {
  /** Key in the query of its address that has no value; null for none. */
  readonly flag: string | null;
  /** Key in the query whose value the page is about; null for none. */
  readonly key: string | null;
  /** Title in the browser; empty for the name of the product alone. */
  readonly title: (value: string) => string;
  readonly view: (value: string) => ComponentChildren;
  /** Text of its link above the list of VMs; absent if there is no such link. */
  readonly link?: string;
}

const VM_LIST: Page = {
  flag: null,
  key: null,
  title: () => '',
  view: () => <VmPicker links={LINKS} vmHref={vmHref} />,
};

const VM: Page = {
  flag: null,
  key: 'vm',
  title: (vm) => vm,
  view: (vm) => <VmView id={vm} watch={watchVm(vm)} raceHref={hrefOf(VM_RACE, vm)} />,
};

const VM_RACE: Page = {
  flag: 'race',
  key: 'vm',
  title: (vm) => `Race of ${vm}`,
  view: (vm) => <LiveRace vm={vm} vmHref={vmHref(vm)} />,
};

const RACE: Page = {
  flag: 'race',
  key: null,
  title: () => 'Race',
  view: () => <RaceView job={null} jobHref={jobHref} />,
  link: 'Race policies',
};

const JOB: Page = {
  flag: null,
  key: 'job',
  title: () => 'Race',
  view: (job) => <RaceView job={job} jobHref={jobHref} />,
};

/** Every page. An address shows the first one whose flag and key are all in its query. */
const PAGES: readonly Page[] = [VM_RACE, JOB, RACE, VM, VM_LIST];

/** A link to a page. */
export interface PageLink {
  readonly text: string;
  readonly href: string;
}

const LINKS: readonly PageLink[] = PAGES.flatMap((page) =>
  page.link === undefined ? [] : [{ text: page.link, href: hrefOf(page) }],
);

/** The title and the view for the query of an address. The VM or the job is in it, to be shared. */
export function pageAt(query: URLSearchParams): { title: string; view: ComponentChildren } {
  const page = PAGES.find((candidate) => isMeant(candidate, query)) ?? VM_LIST;
  const value = valueIn(query, page);
  const title = page.title(value);
  return { title: title === '' ? 'mmulab' : `${title} - mmulab`, view: page.view(value) };
}

function isMeant(page: Page, query: URLSearchParams): boolean {
  const hasFlag = page.flag === null || query.has(page.flag);
  return hasFlag && (page.key === null || valueIn(query, page) !== '');
}

function valueIn(query: URLSearchParams, { key }: Page): string {
  return key === null ? '' : (query.get(key) ?? '');
}

function hrefOf({ flag, key }: Page, value = ''): string {
  const keyed = key === null ? [] : [`${key}=${encodeURIComponent(value)}`];
  return `/?${[...(flag === null ? [] : [flag]), ...keyed].join('&')}`;
}

function vmHref(vm: string): string {
  return hrefOf(VM, vm);
}

function jobHref(job: string): string {
  return hrefOf(JOB, job);
}
