import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { POLICIES, POLICY_NAMES, type PolicyName } from '../../src/mmu/index.js';
import { ROOT } from '../cli/program.js';
import { readDocument } from './document.js';
import { type Raced, raceOf } from './raced.js';
import { canRun, titled, transcriptOf, transcriptShown } from './session.js';

const FILE = 'docs/findings.md';
const LINES = readFileSync(join(ROOT, FILE), 'utf8').split('\n');
const TEXT = LINES.join(' ').replace(/\s+/g, ' ');

const PROPOSALS = ['need-sync', 'unsync-roots', 'cached-roots'] as const;

/** Minutes of work on a machine that others use as well. */
const PATIENCE = { timeout: 900_000 };

/** The cells of the row that begins so, in the table below a heading. */
function rowOf(heading: string, first: string): string[] {
  const from = LINES.indexOf(`## ${heading}`);
  const row = LINES.slice(from).find((line) => line.startsWith(`| ${first} |`)) ?? '';
  return row
    .replaceAll(' loads', '')
    .split(' | ')
    .slice(1)
    .map((cell) => cell.replace(/ \|$/, ''));
}

const cellOf = ({ cost, loads }: Raced) => `${Math.round(cost)}, ${loads}`;
const ratioOf = (one: Raced, other: Raced) => (one.cost / other.cost).toFixed(3);
/** What is saved, in percent of the other. */
const savedOf = (one: Raced, other: Raced, digits: number) =>
  `${(100 * (1 - one.cost / other.cost)).toFixed(digits)} %`;

test.skipIf(!canRun)(titled(`${FILE} shows what its commands print`), PATIENCE, async () => {
  const { commands } = readDocument(FILE);
  expect(await transcriptOf(commands)).toBe(transcriptShown(commands));
});

describe(`${FILE} has the figures of a race`, PATIENCE, () => {
  let known: ReturnType<typeof raceOf> | undefined;
  const nestedInvept = () => {
    known ??= raceOf('nested-invept');
    return known;
  };

  test.each([
    'kpti',
    'asids',
    'fork-exit',
    'pcid-churn',
    'unmap',
    'nested-invept',
    'nested-shadow',
    'shootdown',
  ] as const)('over %s', (name) => {
    const { of, fewestLoads } = name === 'nested-invept' ? nestedInvept() : raceOf(name);
    const mainline = of('mainline');
    const besideIt = (policy: PolicyName) =>
      cellOf(of(policy)) === cellOf(mainline) ? 'the same' : cellOf(of(policy));
    expect(rowOf('The runs', `\`${name}\``)).toEqual([
      cellOf(mainline),
      besideIt('need-sync'),
      besideIt('cached-roots'),
      cellOf(of('never-cache')),
      String(fewestLoads()),
    ]);
    expect(of('unsync-roots')).toEqual(of('cached-roots'));
    const sound = POLICY_NAMES.filter((policy) => POLICIES[policy].isSound);
    expect(sound.filter((policy) => of(policy).stale > 0)).toEqual([]);

    const more = savedOf(mainline, of('mainline-5.14'), 2);
    if (name === 'pcid-churn') {
      expect(TEXT).toContain(`in \`pcid-churn\` (${Math.round(of('mainline-5.14').cost)})`);
    } else expect(more).toBe(name === 'nested-shadow' ? '0.01 %' : '0.00 %');
    if (['asids', 'pcid-churn', 'fork-exit'].includes(name)) {
      expect(['0.4 %', '0.5 %']).toContain(savedOf(of('fill-holes'), mainline, 1));
    }
    if (['kpti', 'asids', 'unmap', 'shootdown'].includes(name)) {
      const dearer = PROPOSALS.map((policy) => of(policy).cost / mainline.cost - 1);
      expect(Math.min(...dearer)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...dearer)).toBeLessThan(0.0003);
    }
    if (['nested-invept', 'pcid-churn', 'asids', 'fork-exit'].includes(name)) {
      const row = rowOf('What a free was worth', `\`${name}\``);
      expect(row).toEqual(mainline.freedAgain.map(String));
    }
  });

  test('over nested-invept, in words', () => {
    const { of } = nestedInvept();
    const [mainline, marked, sound] = [of('mainline'), of('need-sync'), of('cached-roots')];
    expect(of('invept-deferred').cost).toBe(sound.cost);
    const policies = ['mainline', 'need-sync', 'cached-roots'] as const;
    const bare = raceOf('nested-invept', { policies, costs: { exit: 0, pageFault: 0 } });
    const rest = savedOf(bare.of('cached-roots'), bare.of('mainline'), 0);
    for (const words of [
      `saves all but ${sound.loads} of ${mainline.loads} loads, and with that ` +
        `${savedOf(sound, mainline, 1)} of the modelled cost, ${rest} of what is left`,
      `still frees the current root, gets ${savedOf(marked, mainline, 1)} of it`,
      `mainline flushes ${mainline.flushes[0]} times, and ${mainline.flushes[1]} of these`,
      `\`cached-roots\` flushes ${sound.flushes[0]} times, and ${sound.flushes[1]} were`,
      `\`nested-invept\` is ${ratioOf(bare.of('cached-roots'), bare.of('mainline'))} for ` +
        `\`cached-roots\` and ${ratioOf(bare.of('need-sync'), bare.of('mainline'))} for`,
    ]) {
      expect(TEXT).toContain(words);
    }
  });

  test('over nested-invept, of the proposals as mailed', () => {
    const { of } = nestedInvept();
    const [marked, array, bit] = [
      of('need-sync-posted'),
      of('unsync-roots-posted'),
      of('cached-roots-posted'),
    ];
    const [syncs, noOps] = array.syncs;
    const [soundSyncs, soundNoOps] = of('unsync-roots').syncs;
    for (const words of [
      `\`need-sync-posted\`: ${marked.stale} stale uses, the first at command ${marked.staleAt}`,
      `\`cached-roots-posted\`: ${bit.stale}, the first at ${bit.staleAt}.`,
      `than mainline (${ratioOf(array, of('mainline'))})`,
      `(${syncs} syncs and ${noOps} for nothing, where \`unsync-roots\` has ${soundSyncs} and ${soundNoOps})`,
    ]) {
      expect(TEXT).toContain(words);
    }
    expect(array.stale).toBe(0);
  });

  test('with more slots', () => {
    const policies = ['mainline', 'need-sync', 'cached-roots'] as const;
    const prevRoots = [1, 3, 5, 7, 15];
    const { of, fewestLoads } = raceOf('pcid-churn', { policies, prevRoots });
    for (const slots of prevRoots) {
      const [mainline, proposal, fewest] = rowOf('More slots', String(slots));
      expect([mainline, proposal, fewest]).toEqual([
        cellOf(of('mainline', slots)),
        cellOf(of('cached-roots', slots)),
        String(fewestLoads(slots)),
      ]);
      expect(cellOf(of('need-sync', slots))).toBe(proposal);
    }
    const saved = policies.map((policy) => savedOf(of(policy, 7), of(policy, 3), 0));
    expect(TEXT).toContain(
      `saves ${saved[0]} under mainline and ${saved[1]} under a proposal, against ` +
        `${savedOf(of('need-sync', 3), of('mainline', 3), 0)} between the two at 3`,
    );
  });

  test('with other seeds, prices and kernels', () => {
    const inRatio = (name: 'nested-invept' | 'pcid-churn', policy: PolicyName, how: object) => {
      const { of } = raceOf(name, { policies: ['mainline', policy], ...how });
      return ratioOf(of(policy), of('mainline'));
    };
    const both = (name: 'nested-invept' | 'pcid-churn', policy: PolicyName, hows: object[]) =>
      hows.map((how) => inRatio(name, policy, how)).join(' and ');
    const seeds = [{ seed: 2 }, { seed: 3 }];
    const loads = [{ costs: { loadExisting: 5 } }, { costs: { loadExisting: 20 } }];
    const leaf = { costs: { syncLeaf: 12 } };
    for (const words of [
      `\`nested-invept\` ${both('nested-invept', 'cached-roots', seeds)} of mainline for`,
      `${both('nested-invept', 'need-sync', seeds)} for \`need-sync\``,
      `\`pcid-churn\` ${both('pcid-churn', 'cached-roots', seeds)}.`,
      `\`nested-invept\` is ${both('nested-invept', 'cached-roots', loads)}, ` +
        `\`pcid-churn\` ${both('pcid-churn', 'cached-roots', loads)};`,
      `(\`--cost syncLeaf=12\`), ${inRatio('nested-invept', 'cached-roots', leaf)} and ` +
        `${inRatio('pcid-churn', 'cached-roots', leaf)}.`,
      `\`pcid-churn\` ${inRatio('pcid-churn', 'cached-roots', { costs: { exit: 0, pageFault: 0 } })}.`,
    ]) {
      expect(TEXT).toContain(words);
    }
  });

  test('over fork-exit and hostile, of what is no policy’s doing', () => {
    const policies = ['mainline', 'cached-roots'] as const;
    const now = raceOf('fork-exit', { policies });
    const then = raceOf('fork-exit', { policies, kernel: '5.14' });
    expect(now.of('cached-roots').zappedPeak).toBe(1);
    expect(TEXT).toContain(
      `${now.of('cached-roots').broadcasts} broadcasts instead of ${now.of('mainline').broadcasts}`,
    );
    expect(TEXT).toContain(
      `${then.of('cached-roots').loads} loads instead of ${then.of('mainline').loads}`,
    );
    const { of } = raceOf('hostile');
    expect(POLICY_NAMES.map((policy) => [of(policy).stale, of(policy).staleAt])).toEqual(
      POLICY_NAMES.map(() => [3, 10_544]),
    );
  });
});
