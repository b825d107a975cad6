import { PRESETS, PRICE_NAMES } from './prices/index.js';
import type { RacePrices, RaceResult } from './result.js';

/** The command that runs a race again, a line at a time. */
export function repeatLines({
  source,
  lanes,
  commands,
  prices,
}: Omit<RaceResult, 'verdict'>): string[] {
  const listOf = (values: readonly (string | number)[]) => [...new Set(values)].join(',');
  const words = [...sourceWords(source, commands)];
  words.push(['--policy', listOf(lanes.map(({ policy }) => policy))]);
  words.push(['--prev-roots', listOf(lanes.map(({ prevRoots }) => prevRoots))]);
  words.push(['--kernel', listOf(lanes.map(({ kernel }) => kernel))]);
  return shellLines([...words, ...priceWords(prices)]);
}

/** The list, which a preset's name tells and a file holds otherwise, and the prices set beside it. */
function priceWords({ list, cycles }: RacePrices): string[][] {
  const preset = Object.values(PRESETS).find(({ name }) => name === list);
  const set = PRICE_NAMES.flatMap((name) => {
    const { value, low, high } = cycles[name];
    const known = preset?.prices[name];
    const isOfList = known === undefined || (known.low === low && known.high === high);
    return isOfList ? [] : [['--cost', `${name}=${value}`]];
  });
  return [['--prices', preset === undefined ? 'FILE' : list], ...set];
}

/** Parameters of a workload that were set, except the number of commands, which is said anyway. */
export function parametersOf({
  parameters,
}: Extract<RaceResult['source'], { kind: 'workload' }>): [string, number | boolean][] {
  return Object.entries(parameters).filter(([name]) => name !== 'commands');
}

function sourceWords(source: RaceResult['source'], commands: number): string[][] {
  switch (source.kind) {
    case 'workload':
      return [
        ['--workload', source.name],
        ['--seed', String(source.seed)],
        ['--commands', String(commands)],
        ...parametersOf(source).map(([name, value]) => ['--set', `${name}=${value}`]),
      ];
    case 'commands':
      return [['--commands-file', 'FILE']];
    case 'vm':
      return [['--case', `${source.vm}.case.json`]];
  }
}

/** A list that is too long for its line is broken where a shell does not mind. */
function shellLines(words: readonly (readonly string[])[]): string[] {
  const lines: string[] = [];
  let line = '  npx mmulab race';
  for (const word of words.map((parts) => parts.join(' '))) {
    if (line.length + word.length + 3 > WIDTH) {
      lines.push(`${line} \\`);
      line = `    ${word}`;
    } else {
      line += ` ${word}`;
    }
  }
  return [...lines, line].flatMap(brokenList);
}

/** A comma may end a line: the next one goes on at its beginning, as the shell has it. */
function brokenList(line: string): string[] {
  if (line.length <= WIDTH) return [line];
  const cut = line.lastIndexOf(',', WIDTH - 2) + 1;
  if (cut === 0) return [line];
  return [`${line.slice(0, cut)}\\`, ...brokenList(line.slice(cut))];
}

const WIDTH = 78;
