import type { VmSummary } from '../api/wire.js';
import { figure } from '../view/figure.js';

/** VMs that fit a filter, in the order of the home page. */
export function fleetRows(vms: readonly VmSummary[], filter: string): readonly VmSummary[] {
  const wants = filter
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(wantOf);
  const numbered = vms.map((vm, index) => ({ vm, index }));
  return (
    numbered
      .filter(({ vm }) => wants.every((want) => want(vm)))
      // Wrong ones first, the newest before the older ones.
      .sort((a, b) => wrongness(b.vm) - wrongness(a.vm) || b.index - a.index)
      .map(({ vm }) => vm)
  );
}

/** Whether a VM has something that somebody should look at. */
export function isWrong(vm: VmSummary): boolean {
  return wrongness(vm) > 0;
}

/** Number of all VMs, and of those that are wrong, in a sentence. */
export function fleetWords(vms: readonly VmSummary[]): string {
  const wrong = vms.filter(isWrong).length;
  const all = vms.length === 1 ? '1 VM' : `${figure(vms.length)} VMs`;
  if (vms.length === 0) return 'No VM yet';
  return wrong === 0 ? `${all}, nothing wrong` : `${all}, ${wrong} with something wrong`;
}

function wrongness({ poisoned, found }: VmSummary): number {
  return (poisoned ? 2 : 0) + ((found?.violations ?? 0) > 0 ? 1 : 0);
}

type Want = (vm: VmSummary) => boolean;

/**
 * A word of a filter: `tag:KEY`, `tag:KEY=VALUE`, `policy:`, `kernel:`, `paging:`, `violations>N`, or a
 * part of any of those, of the name or of the id.
 */
function wantOf(word: string): Want {
  const more = /^violations>(\d+)$/.exec(word)?.[1];
  if (more !== undefined) return ({ found }) => (found?.violations ?? 0) > Number(more);
  const [, field, value = ''] = /^(tag|policy|kernel|paging|name):(.*)$/.exec(word) ?? [];
  switch (field) {
    case 'tag':
      return ({ tags }) => tagsOf(tags).some((tag) => tag === value || tag.startsWith(`${value}=`));
    case 'policy':
      return ({ policy }) => policy === value;
    case 'kernel':
      return ({ kernel }) => kernel === value;
    case 'paging':
      return ({ paging }) => paging === value;
    case 'name':
      return ({ name }) => name?.includes(value) ?? false;
    default:
      return (vm) => wordsIn(vm).includes(word.toLowerCase());
  }
}

function wordsIn({ id, name, tags, policy, kernel, paging }: VmSummary): string {
  return [id, name ?? '', ...tagsOf(tags), policy, kernel, paging].join(' ').toLowerCase();
}

/** Tags as they are written: `KEY=VALUE`. */
export function tagsOf(tags: VmSummary['tags']): readonly string[] {
  return Object.entries(tags).map(([key, value]) => `${key}=${value}`);
}
