import type { Step } from './chain.js';
import type { Life } from './life.js';
import type { Decision } from './others.js';
import type { Worth } from './worth.js';

/** An answer that is to be put into lines. */
export interface Answer {
  readonly seq: number;
  readonly chain: readonly Step[];
  readonly policy: string;
  readonly decisions: readonly Decision[];
  readonly worth: Worth | null;
  readonly life: Life | null;
}

/** Lines of an answer at most, so that it fits into a mail. */
const LINES_MAX = 10;

/** Lines of the chain at most; the first causes are left out. */
const CHAIN_MAX = 5;

/** Decisions of other policies that are told. */
const DECISIONS_MAX = 2;

/** An answer in ten lines or fewer: what happened, by which steps, what else, what for. */
export function whyLines(answer: Answer): string[] {
  const { chain, policy, worth, life } = answer;
  const steps = chain.slice(-CHAIN_MAX).map(stepLine);
  const left = chain.length - steps.length;
  if (left > 0) steps[0] = `  ... ${left + 1} steps before`;
  return [
    `why #${answer.seq}, under ${policy}:`,
    ...steps,
    ...decisionLines(answer),
    ...(worth === null ? [] : [`  worth: ${worth.worth}, by #${worth.through}`]),
    ...(life === null ? [] : [lifeLine(life)]),
  ].slice(0, LINES_MAX);
}

function stepLine({ seq, what, kernel, manual }: Step): string {
  const sources = [kernel, manual].filter((source) => source !== null).join('; ');
  return `  #${seq} ${what}${sources === '' ? '' : `  [${sources}]`}`;
}

function decisionLines({ policy, decisions }: Answer): string[] {
  const others = decisions.map(({ does, policies }) => ({
    does,
    policies: policies.filter((name) => name !== policy),
  }));
  const own = decisions.find(({ policies }) => policies.some((name) => name === policy));
  const told = others
    .filter(({ policies, does }) => policies.length > 0 && does !== own?.does)
    .sort((a, b) => b.policies.length - a.policies.length);
  const lines = told
    .slice(0, DECISIONS_MAX)
    .map(({ does, policies }) => `  another policy ${does}: ${policies.join(', ')}`);
  if (decisions.length === 1) return ['  no policy does otherwise'];
  return lines;
}

function lifeLine({ root, stations }: Life): string {
  const said = stations.map(({ seq, what, times }) =>
    times === 1 ? `${what} #${seq}` : `${what} ×${times} to #${seq}`,
  );
  const shown = said.length > 6 ? [...said.slice(0, 3), '...', ...said.slice(-2)] : said;
  return `  life of ${root}: ${shown.join(' -> ')}`;
}
