import { expect, test } from 'vitest';
import { isAsItShouldBe, MUSEUM, show } from '../../src/lab/index.js';
import type { Engine } from '../../web/model/engine.js';
import { firstDifference, happeningsOf, ownLines, sideOf } from '../../web/model/story.js';
import { atDesk } from '../engine/at-desk.js';

const ask = atDesk();
const engine: Engine = { call: (name, takes) => ask(name, takes), end: () => {} };
const side = (exhibit: string, isOn: boolean) =>
  sideOf(engine, { kind: 'exhibit', mmulab: '', exhibit, isOn });

test('the sides of a story have the same commands, and part where the mistake first shows', async () => {
  const [amiss, sound] = [
    await side('need-sync-posted-t16', true),
    await side('need-sync-posted-t16', false),
  ];
  expect(amiss.commands.map(({ command }) => command)).toEqual(
    sound.commands.map(({ command }) => command),
  );
  expect(amiss.happenings.at(-1)?.events.join()).toContain('violation');
  expect(sound.happenings.flatMap(({ events }) => events).join()).not.toContain('violation');
  const parted = firstDifference(amiss, sound) ?? -1;
  expect(amiss.commands[parted]?.command.kind).toBe('mov-cr3');
  expect(firstDifference(amiss, amiss)).toBe(null);
});

test('every exhibit has a label, and of some the judge speaks as in the museum', async () => {
  const labels = await ask('exhibits', {});
  expect(labels.map(({ name }) => name)).toEqual(MUSEUM.map(({ name }) => name));
  expect(new Set(labels.map(({ hall }) => hall))).toEqual(
    new Set(['hole', 'trap', 'bug', 'mutant']),
  );
  for (const exhibit of MUSEUM.filter((_, index) => index % 8 === 0)) {
    const { caught, label } = await ask('judged', { exhibit: exhibit.name });
    const shown = show(exhibit);
    expect(isAsItShouldBe(shown)).toBe(true);
    expect([caught, label.judge]).toEqual([shown.caught, exhibit.judge]);
  }
  await expect(ask('judged', { exhibit: 'none' })).rejects.toThrow(
    'Cannot show exhibit "none": there is none',
  );
});

test('lines of one side alone are told apart, as often as they are more', () => {
  expect([...ownLines(['a', 'b', 'a'], ['a', 'c'])]).toEqual([1, 2]);
  expect([...ownLines([], ['a'])]).toEqual([]);
});

test('events belong to the command before them', async () => {
  expect(happeningsOf([])).toEqual({ commands: [], happenings: [] });
});
