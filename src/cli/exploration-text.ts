import type { Compared, End, Explored, Limits, Setting } from '../lab/index.js';
import { Command, createJsonWriter } from '../mmu/schema/index.js';

const ENDS: Readonly<Record<End, string>> = {
  exhausted: 'Exhaustive: every state that can be reached was seen.',
  refuted: 'Not exhaustive: every property has failed, so that nothing more was looked for.',
  depth: 'Not exhaustive: the bound on commands was met.',
  states: 'Not exhaustive: the bound on states was met.',
  bytes: 'Not exhaustive: the memory was used up.',
  'oracle-forgot': 'Not exhaustive: the oracle met a bound of its own.',
};

const writeCommand = createJsonWriter(Command);

export function textOf({ properties }: Setting, result: Explored, limits: Limits): string {
  const { states, transitions, depth, bytes, bytesPerState, undecided } = result;
  const lines = [
    ENDS[result.end],
    `${states} states, ${transitions} transitions, ${depth} commands deep`,
    `${bytesPerState.toFixed(1)} bytes a state; ${mib(bytes)} of ${mib(limits.bytes)} MiB in all`,
    ...(undecided > 0 ? [`${undecided} uses could not be judged`] : []),
  ];
  for (const { name } of properties) {
    const found = result.counterexamples.find(({ property }) => property === name);
    if (found === undefined) {
      lines.push(`${name}: holds in ${result.isExhaustive ? 'all of them' : 'what was seen'}`);
      continue;
    }
    lines.push(`${name}: fails after ${found.commands.length} commands: ${found.says}`);
    lines.push(...found.commands.map((command) => `  ${writeCommand(command)}`));
  }
  return `${lines.join('\n')}\n`;
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

export function jsonOf(result: Explored): string {
  const counterexamples = result.counterexamples.map(({ property, says, commands }) => ({
    property,
    says,
    commands: commands.map((command) => JSON.parse(writeCommand(command)) as unknown),
  }));
  return `${JSON.stringify({ ...result, counterexamples }, null, 2)}\n`;
}

const PAIR_ENDS: Readonly<Record<Compared['end'], string>> = {
  exhausted: 'Exhaustive: the two never part.',
  parted: 'The two part.',
  depth: 'Not exhaustive: the bound on commands was met, and the two did not part.',
  states: 'Not exhaustive: the bound on states was met, and the two did not part.',
  bytes: 'Not exhaustive: the memory was used up, and the two did not part.',
};

export function comparedText({ end, pairs, transitions, depth, parting }: Compared): string {
  const lines = [
    PAIR_ENDS[end],
    `${pairs} states of both, ${transitions} transitions, ${depth} commands deep`,
  ];
  if (parting !== null) {
    lines.push(`after ${parting.commands.length} commands: ${parting.says}`);
    lines.push(...parting.commands.map((command) => `  ${writeCommand(command)}`));
  }
  return `${lines.join('\n')}\n`;
}

export function comparedJson({ parting, ...result }: Compared): string {
  const told =
    parting === null
      ? null
      : { ...parting, commands: parting.commands.map((one) => JSON.parse(writeCommand(one))) };
  return `${JSON.stringify({ ...result, parting: told }, null, 2)}\n`;
}
