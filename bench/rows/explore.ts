import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { murphiOf, promelaOf } from '../../scripts/spec-texts.js';
import type { Setting } from '../../src/lab/index.js';
import type { Command as ModelCommand } from '../../src/mmu/schema/index.js';
import { createVm, step } from '../built.js';
import {
  boundedAlphabet,
  boundedMachine,
  Exploration,
  SOUNDNESS,
  specSetting,
} from '../built-lab.js';
import { compare, cpuSecondsOf, secondsOf } from '../rounds.js';
import type { Finding } from '../row.js';

const LIMITS = { depth: 1000, states: 10_000_000, bytes: 2 ** 29 };
const ROUNDS = 3;

/** Commands of a walk that `step()` alone goes. */
const STEPS = 100_000;

/** The largest machine of the specification: less would time how processes start. */
const MACHINE = { policy: 'mainline', slots: 3, spaces: 4 } as const;

/** A search of the model against its steps, and of the bounded machine against other checkers. */
export async function explore(): Promise<Finding[]> {
  return [...(await againstStep()), ...(await againstCheckers())];
}

async function againstStep(): Promise<Finding[]> {
  const bounded = { policy: 'mainline', kernel: '6.1', slots: 1, spaces: 2, vcpus: 1 } as const;
  const parts = { ...bounded, also: [], without: [] };
  const machine = { ...boundedMachine(parts), alphabet: boundedAlphabet(parts) };
  const setting = { ...machine, properties: SOUNDNESS };
  const { transitions, bytesPerState } = searched(setting);
  const { ours, rival } = await compare(
    {
      ours: () => transitions / cpuSecondsOf(() => searched(setting)),
      rival: () => STEPS / cpuSecondsOf(() => walk(setting)),
    },
    ROUNDS,
  );
  const work = `search of ${transitions} transitions, four properties, oracle on`;
  const measured = { value: ours, unit: 'transitions/s' };
  const none = { rival: null, ratio: null, notes: [] };
  return [
    { ...none, work, measured, goal: { of: 'measured', at: 'least', value: 1e5 } },
    {
      ...{ work: `${work}, against step() alone`, measured, notes: [] },
      rival: { name: 'step()', value: rival, unit: 'steps/s' },
      ratio: ours / rival,
      goal: { of: 'ratio', at: 'least', value: 0.3 },
    },
    {
      ...{ ...none, work: `${work}, room` },
      measured: { value: bytesPerState, unit: 'bytes a state' },
      goal: { of: 'measured', at: 'most', value: 16 },
    },
  ];
}

function searched(setting: Setting) {
  const exploration = new Exploration(setting, LIMITS);
  while (!exploration.advance(1000));
  return exploration.result();
}

/** Goes from command to command, by the numbers of a generator that is always the same. */
function walk({ config, stage, alphabet }: Setting): void {
  const vm = createVm(config);
  for (const command of stage) step(vm, command, null);
  let seed = 1;
  for (let i = 0; i < STEPS; i += 1) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    step(vm, alphabet[(seed >>> 8) % alphabet.length] as ModelCommand, null);
  }
}

async function againstCheckers(): Promise<Finding[]> {
  const setting = { ...specSetting(MACHINE), properties: SOUNDNESS };
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-bench-'));
  try {
    const findings: Finding[] = [];
    for (const checker of CHECKERS) findings.push(await against(checker, folder, setting));
    return findings;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function against(
  { name, goal, build, countsOf }: Checker,
  folder: string,
  setting: Setting,
): Promise<Finding> {
  const { policy, slots, spaces } = MACHINE;
  const work = `bounded machine, ${policy}, ${slots} slots, ${spaces} spaces, against ${name}`;
  const bound = { of: 'ratio', at: 'least', value: goal } as const;
  if (!hasTools(name)) {
    const notes = [`${name} or gcc is missing`];
    return { work, measured: null, rival: null, ratio: null, goal: bound, notes };
  }
  const run = build(folder);
  const found = searched(setting);
  if (!run().includes(countsOf(found))) throw new Error(`${name} sees another machine`);
  const { transitions, states } = found;
  const rate = (search: () => unknown) => async () => transitions / (await secondsOf(search));
  const { ours, rival } = await compare(
    { ours: rate(() => searched(setting)), rival: rate(run) },
    ROUNDS,
  );
  return {
    ...{ work: `${work}, ${states} states`, ratio: ours / rival, goal: bound },
    measured: { value: ours, unit: 'transitions/s' },
    rival: { name, value: rival, unit: 'transitions/s' },
    notes: ['without generation and compilation; with the start of its process'],
  };
}

interface Checker {
  readonly name: string;
  /** The least speed relative to it. */
  readonly goal: number;
  /** Builds a search that prints none of the edges. @returns Runs it, and gives what it prints. */
  build(folder: string): () => string;
  /** The counts as it prints them. */
  countsOf(found: { readonly states: number; readonly transitions: number }): string;
}

const CHECKERS: readonly Checker[] = [
  {
    ...{ name: 'spin', goal: 4 },
    // It takes two steps to the first state.
    countsOf: ({ transitions }) => `${transitions + 2} transitions`,
    build(folder) {
      writeFileSync(join(folder, 'm.pml'), promelaOf(MACHINE));
      inFolder(folder, 'spin', '-a', '-o2', 'm.pml');
      const flags = '-O2 -DSAFETY -DNOCOMP -DNOREDUCE -DNOCLAIM -w -o pan pan.c';
      inFolder(folder, 'gcc', ...flags.split(' '));
      // Deep enough for its longest path: more would be memory that it clears for nothing.
      return () => inFolder(folder, './pan', '-n', '-m10000');
    },
  },
  {
    ...{ name: 'rumur', goal: 30 },
    countsOf: ({ states, transitions }) => `${states} states, ${transitions} rules fired`,
    build(folder) {
      writeFileSync(join(folder, 'm.m'), murphiOf(MACHINE).replaceAll(/\bput [^;]*;/g, ''));
      const flags = '--threads 1 --deadlock-detection off --output m.c m.m';
      inFolder(folder, 'rumur', ...flags.split(' '));
      inFolder(folder, 'gcc', '-O2', '-w', '-o', 'm', 'm.c', '-lpthread');
      return () => inFolder(folder, './m');
    },
  },
];

function inFolder(folder: string, program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}

function hasTools(checker: string): boolean {
  return [checker, 'gcc'].every((tool) => spawnSync(tool, ['--version']).error === undefined);
}
