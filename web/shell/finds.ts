import uFuzzy from '@leeoniya/ufuzzy';
import type { Action } from './actions.js';
import { momentHref, vmHref } from './links.js';

/** A thing that search offers: a command to run, or a place to go to. */
export interface Find {
  readonly text: string;
  /** Small words beside it. */
  readonly note: string;
  readonly key?: string;
  readonly run: () => void;
}

/** A VM, as far as it can be searched for. */
export interface KnownVm {
  readonly id: string;
  readonly name: string | null;
  readonly tags: readonly string[];
  readonly note: string;
}

interface Known {
  readonly actions: readonly Action[];
  readonly vms: readonly KnownVm[];
  /** The VM of the page that is open; null for none. */
  readonly vm: string | null;
  readonly go: (href: string) => void;
}

const FINDS_MAX = 40;
/** Letters in their order, with anything between them: names have dashes. */
const matcher = new uFuzzy({ intraIns: Number.POSITIVE_INFINITY, intraChars: '.' });

/**
 * Finds for a text, the best first: `>` keeps to commands, and a number (or `@` and a number) is a
 * moment of the VM that is open.
 */
export function findsFor(text: string, { actions, vms, vm, go }: Known): Find[] {
  const moment = /^@?(\d{1,15})$/.exec(text.trim());
  const ofMoment =
    moment === null || vm === null
      ? []
      : [
          {
            text: `Moment ${moment[1]}`,
            note: vm,
            run: () => go(momentHref(vm, Number(moment[1]))),
          },
        ];
  const commands = actions
    .filter(({ isCommand }) => isCommand === true)
    .map(({ text, group, key, run }) => ({ text, note: group, run, ...(key && { key }) }));
  const places = vms.map(({ id, name, tags, note }) => ({
    text: [name, id, ...tags].filter((word) => word !== null).join(' '),
    note,
    run: () => go(vmHref(id)),
  }));
  const onlyCommands = text.startsWith('>');
  const wanted = (onlyCommands ? text.slice(1) : text).trim();
  const all = onlyCommands ? commands : [...commands, ...places];
  return [...ofMoment, ...bestOf(all, wanted)].slice(0, FINDS_MAX);
}

function bestOf(all: readonly Find[], wanted: string): readonly Find[] {
  if (wanted === '') return all;
  const [indexes, info, order] = matcher.search(
    all.map(({ text, note }) => `${text} ${note}`),
    wanted,
    // Words in any order.
    1,
  );
  if (indexes === null) return [];
  const ranked = info && order ? order.map((at) => info.idx[at] ?? 0) : indexes;
  return ranked.flatMap((index) => all[index] ?? []);
}
