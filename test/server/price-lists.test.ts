import { describe, expect, test } from 'vitest';
import { PRESET_NAMES, PRICE_NAMES } from '../../src/lab/index.js';
import { PRICE_FILE } from './price-file.js';
import { ask, startApp } from './start.js';

const EXIT = { value: 1300, low: 1250, high: 1380, sure: 'calibrated', cpu: 'A host' };
const MINE = {
  ...PRICE_FILE,
  prices: { exit: { ...EXIT, kernel: '6.12', source: 'vmexit: cpuid' } },
};
const KPTI = { kind: 'workload', name: 'kpti', parameters: { commands: 40 } };

describe('price lists', () => {
  test('the presets are there, and stay', async () => {
    const app = await startApp();
    const { json } = await ask(app, 'GET', '/v1/price-lists');
    expect(json.priceLists.map(({ name }: { name: string }) => name)).toEqual(PRESET_NAMES);
    for (const name of PRESET_NAMES) {
      const list = (await ask(app, 'GET', `/v1/price-lists/${name}`)).json;
      expect(Object.keys(list.prices)).toEqual(PRICE_NAMES);
      const refused = await ask(app, 'DELETE', `/v1/price-lists/${name}`);
      expect([refused.status, refused.json.code]).toEqual([404, 'price-list-not-found']);
    }
  });

  test('one that a client gave has its prices in a race, and the rest of its base', async () => {
    const app = await startApp();
    const made = await ask(app, 'POST', '/v1/price-lists', MINE);
    expect([made.status, made.headers.location]).toEqual([201, '/v1/price-lists/my-host']);
    expect((await ask(app, 'GET', '/v1/price-lists/my-host')).json).toEqual(MINE);
    const order = { source: KPTI, policies: ['mainline'], prices: 'my-host' };
    const ended = await ask(app, 'POST', '/v1/races', order, { prefer: 'wait=60' });
    const { list, machine, cycles } = ended.json.result.prices;
    expect([list, machine]).toEqual(['my-host', 'A host at 3 GHz']);
    expect(cycles.exit).toEqual({ value: 1300, low: 1250, high: 1380 });
    expect(cycles.nestedExit).toEqual({ value: 16_300, low: 15_100, high: 16_300 });
    expect((await ask(app, 'DELETE', '/v1/price-lists/my-host')).status).toBe(204);
    const gone = await ask(app, 'POST', '/v1/races', order);
    expect([gone.status, gone.json.code]).toEqual([404, 'price-list-not-found']);
  });

  test('a name is given once, and there are so many lists', async () => {
    const app = await startApp({ limits: { priceLists: 1 } });
    const ofPreset = await ask(app, 'POST', '/v1/price-lists', { ...MINE, name: PRESET_NAMES[0] });
    expect([ofPreset.status, ofPreset.json.code]).toEqual([409, 'price-list-exists']);
    await ask(app, 'POST', '/v1/price-lists', MINE);
    const again = await ask(app, 'POST', '/v1/price-lists', MINE);
    expect([again.status, again.json.code]).toEqual([409, 'price-list-exists']);
    const second = await ask(app, 'POST', '/v1/price-lists', { ...MINE, name: 'other' });
    expect([second.status, second.json.code]).toEqual([429, 'price-list-limit-reached']);
  });

  test.each([
    ['a range upside down', { ...MINE.prices.exit, low: 1400 }, '/prices/exit'],
    ['a negative price', { ...MINE.prices.exit, low: -1 }, '/prices/exit/low'],
    ['no number', { ...MINE.prices.exit, value: '1300' }, '/prices/exit/value'],
  ])('%s is refused where it stands', async (_, exit, path) => {
    const app = await startApp();
    const refused = await ask(app, 'POST', '/v1/price-lists', { ...MINE, prices: { exit } });
    expect([refused.status, refused.json.errors[0].path]).toEqual([400, path]);
  });

  test('a list without a base names the prices that it lacks', async () => {
    const app = await startApp();
    const refused = await ask(app, 'POST', '/v1/price-lists', { ...MINE, base: null });
    expect(refused.json.errors[0].message).toMatch(/^without a base .* are not: hit, miss, /);
  });
});
