import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  CERTIFICATE,
  type Certified,
  specCommandOf,
  specEdgeOf,
  specGraphOf,
  specSetting,
} from '../../src/lab/index.js';
import { Command, VmConfig } from '../../src/mmu/schema/index.js';
import { ask, type Frame, startApp } from '../server/start.js';
import { digestOf } from './digest.js';

const MACHINE = CERTIFICATE.machines[0] as Certified;
const SPACES = MACHINE.spaces;

const wireOf = (command: Command) => z.encode(Command, command);

/** Commands by their names in the specification. */
function commandsOf(alphabet: readonly Command[]): Map<string, unknown> {
  return new Map(alphabet.map((command) => [specCommandOf(command), wireOf(command)]));
}

/** What the API shows of a state of the specification: not what a root owes beside its sync. */
function publicOf(state: string): string {
  const fields = state.split(' ');
  const slots = 1 + MACHINE.slots;
  const [mode, cr3, ...rest] = fields;
  const roots = Array.from({ length: slots }, (_, slot) => rest.slice(4 * slot, 4 * slot + 2));
  return [mode, cr3, ...roots.flat(), ...rest.slice(4 * slots)].join(' ');
}

const REQUESTS = ['MMU_SYNC', 'LOAD_MMU_PGD', 'TLB_FLUSH_CURRENT', 'TLB_FLUSH_GUEST'];

/** The same, from the answers about a vCPU and its TLB. */
function shownIn(vcpu: Frame, tlb: Frame): string {
  const spaceOf = (pgd: string) => Number(pgd.slice(-6, -5)) - 1 + Number(pgd.slice(-5, -4));
  const roots = [vcpu.rootMmu.root, ...vcpu.rootMmu.prevRoots].flatMap((root) =>
    root === null ? [SPACES, 0] : [spaceOf(root.pgd), Number(root.unsync)],
  );
  const pending = REQUESTS.map((name) => Number(vcpu.requests.includes(name)));
  const cached = Array.from({ length: SPACES }, (_, space) =>
    Number(tlb.contexts.some((context: Frame) => context.pcid === space + 1 && context.size > 0)),
  );
  const mode = Number(vcpu.mode === 'guest');
  return [mode, spaceOf(vcpu.cr3), ...roots, ...pending, ...cached].join(' ');
}

/** Edges to walk along, until each was gone. */
class Tour {
  readonly #next = new Map<string, Map<string, string>>();
  readonly #left = new Map<string, Set<string>>();

  constructor(edges: readonly string[]) {
    for (const { command, from, to } of edges.map(specEdgeOf)) {
      this.#next.set(from, (this.#next.get(from) ?? new Map()).set(command, to));
      this.#left.set(from, (this.#left.get(from) ?? new Set()).add(command));
    }
  }

  /** The shortest way to an edge that was not gone yet, with it as the last; null if none is left. */
  wayFrom(start: string): { commands: string[]; to: string } | null {
    const ways = new Map<string, string[]>([[start, []]]);
    for (const [state, commands] of ways) {
      const [last] = this.#left.get(state) ?? [];
      const out = this.#next.get(state) ?? new Map<string, string>();
      if (last !== undefined) {
        this.#left.get(state)?.delete(last);
        return { commands: [...commands, last], to: out.get(last) as string };
      }
      for (const [command, to] of out) {
        if (!ways.has(to)) ways.set(to, [...commands, command]);
      }
    }
    return null;
  }
}

test('the API leads along every edge of the specification', async () => {
  const app = await startApp();
  const { config, stage, alphabet } = specSetting(MACHINE);
  const { edges } = specGraphOf(MACHINE);
  expect(digestOf(edges)).toBe(MACHINE.digest);
  const commands = commandsOf(alphabet);
  const created = await ask(app, 'POST', '/v1/vms', z.encode(VmConfig, config));
  const url = `/v1/vms/${created.json.id}`;
  await ask(app, 'POST', `${url}/commands`, stage.map(wireOf));
  const shown = async () => {
    const vcpu = await ask(app, 'GET', `${url}/vcpus/0`);
    const tlb = await ask(app, 'GET', `${url}/vcpus/0/tlb`);
    return shownIn(vcpu.json, tlb.json);
  };

  // Nothing leads back to the first state.
  const parts = edges.map(specEdgeOf);
  const reached = new Set(parts.map(({ to }) => to));
  const first = parts.find(({ from }) => !reached.has(from))?.from ?? '';
  await ask(app, 'POST', `${url}/snapshots`, { name: 'start' });
  expect(await shown()).toBe(publicOf(first));

  const tour = new Tour(edges);
  const wrong: object[] = [];
  let [state, gone] = [first, 0];
  while (gone < MACHINE.edges) {
    const way = tour.wayFrom(state);
    if (way === null) {
      expect(state).not.toBe(first);
      await ask(app, 'POST', `${url}/snapshots/start/restore`, {});
      state = first;
      continue;
    }
    const batch = way.commands.map((name) => commands.get(name));
    const { status } = await ask(app, 'POST', `${url}/commands`, batch);
    const is = await shown();
    if (status !== 200 || is !== publicOf(way.to)) wrong.push({ ...way, status, is });
    state = way.to;
    gone += 1;
  }
  expect(wrong).toEqual([]);
});
