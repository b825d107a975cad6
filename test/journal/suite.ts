import { expect, test } from 'vitest';
import type { Journal, LogRecord, Placed } from '../../src/journal/log/index.js';

const NOTE = new TextEncoder().encode('{"seq":3}');

export const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (value: Uint8Array | null) => value && new TextDecoder().decode(value);

function record(seq: number, body = `body ${seq}`): LogRecord {
  return { kind: 'ran', seq, identity: `id-${seq}`, rules: 1, packing: 1, body: bytes(body) };
}

async function all<T>(many: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of many) list.push(one);
  return list;
}

const shown = (many: readonly Placed[]) =>
  many.map((one) =>
    'record' in one ? `${one.position} ${textOf(one.record.body)}` : `${one.position} damaged`,
  );

/**
 * What every journal must do.
 *
 * @param open An empty journal, which is closed behind the test.
 */
export function suite(open: () => Promise<Journal>): void {
  const fill = async (journal: Journal, vm: string, count: number) => {
    for (let after = 0; after < count; after += 1) {
      await journal.append(vm, { record: record(after + 1), after, note: NOTE });
    }
  };

  test('appended records are read as they were, in order', async () => {
    const journal = await open();
    const first = { ...record(7), kind: 'made', identity: 'é', rules: 65535 } as const;
    expect(await journal.append('vm-1', { record: first, after: 0, note: NOTE })).toEqual({
      position: 1,
    });
    await journal.append('vm-1', { record: record(2 ** 53 - 1), after: 1, note: NOTE });
    expect(await all(journal.read('vm-1', 1))).toEqual([
      { position: 1, record: first },
      { position: 2, record: record(2 ** 53 - 1) },
    ]);
    expect(shown(await all(journal.read('vm-1', 2)))).toEqual(['2 body 9007199254740991']);
    expect(await all(journal.read('vm-1', 3))).toEqual([]);
    expect(await all(journal.read('vm-2', 1))).toEqual([]);
  });

  test('more records than a piece are read without gap', async () => {
    const journal = await open();
    const appended = Array.from({ length: 700 }, (_, after) =>
      journal.append('vm-1', { record: record(after + 1), after, note: NOTE }),
    );
    await Promise.all(appended);
    const read = await all(journal.read('vm-1', 1));
    expect(read.map(({ position }) => position)).toEqual(
      Array.from({ length: 700 }, (_, index) => index + 1),
    );
  });

  test('an append that expects another record changes nothing, and is told the tail', async () => {
    const journal = await open();
    await fill(journal, 'vm-1', 3);
    const late = await journal.append('vm-1', { record: record(9), after: 1, note: bytes('x') });
    expect(shown(late.tail ?? [])).toEqual(['2 body 2', '3 body 3']);
    const early = await journal.append('vm-1', { record: record(9), after: 4, note: bytes('x') });
    expect(early).toEqual({ tail: [] });
    const [head] = await journal.list();
    expect([head?.position, textOf(head?.note ?? null)]).toEqual([3, '{"seq":3}']);
  });

  test('of two writers that expect the same, one wins, and the other finds it by its identity', async () => {
    const journal = await open();
    const [a, b] = await Promise.all([
      journal.append('vm-1', { record: record(1, 'a'), after: 0, note: NOTE }),
      journal.append('vm-1', { record: record(1, 'b'), after: 0, note: NOTE }),
    ]);
    expect(a).toEqual({ position: 1 });
    expect(shown(b.tail ?? [])).toEqual(['1 a']);
    const [first] = b.tail ?? [];
    expect(first !== undefined && 'record' in first && first.record.identity).toBe('id-1');
  });

  test('a list has the newest note of every log', async () => {
    const journal = await open();
    await fill(journal, 'vm-1', 2);
    await fill(journal, 'vm-2', 1);
    await journal.note('vm-2', bytes('changed'));
    await journal.note('vm-9', bytes('nobody'));
    const heads = await journal.list();
    const told = heads.map(({ vm, position, note }) => [vm, position, textOf(note)]).sort();
    expect(told).toEqual([
      ['vm-1', 2, '{"seq":3}'],
      ['vm-2', 1, 'changed'],
    ]);
  });

  test('a deleted log is gone with its checkpoints, and its name can be used again', async () => {
    const journal = await open();
    await fill(journal, 'vm-1', 3);
    await fill(journal, 'vm-10', 1);
    await journal.keepCheckpoint('vm-1', { position: 2, bytes: bytes('state') });
    await journal.delete('vm-1');
    await journal.delete('vm-1');
    expect((await journal.list()).map(({ vm }) => vm)).toEqual(['vm-10']);
    expect(await all(journal.read('vm-1', 0))).toEqual([]);
    expect(await journal.checkpoints('vm-1')).toEqual([]);
    await fill(journal, 'vm-1', 1);
    expect(shown(await all(journal.read('vm-1', 0)))).toEqual(['1 body 1']);
  });

  test('checkpoints are found oldest first, and dropped one by one', async () => {
    const journal = await open();
    await fill(journal, 'vm-1', 3);
    for (const position of [3, 1, 2]) {
      await journal.keepCheckpoint('vm-1', { position, bytes: bytes(`at ${position}`) });
    }
    await journal.dropCheckpoint('vm-1', 2);
    const kept = await journal.checkpoints('vm-1');
    expect(kept.map(({ position, bytes }) => [position, textOf(bytes)])).toEqual([
      [1, 'at 1'],
      [3, 'at 3'],
    ]);
  });

  test('what is forgotten or cut is gone, and appends go on behind the rest', async () => {
    const journal = await open();
    await fill(journal, 'vm-1', 5);
    await journal.keepCheckpoint('vm-1', { position: 5, bytes: bytes('state') });
    await journal.forget('vm-1', 3);
    await journal.cut('vm-1', 5);
    expect(shown(await all(journal.read('vm-1', 1)))).toEqual(['3 body 3', '4 body 4']);
    expect(await journal.checkpoints('vm-1')).toEqual([]);
    const again = { record: record(5, 'again'), after: 4, note: NOTE };
    expect(await journal.append('vm-1', again)).toEqual({ position: 5 });
  });

  test('bytes are those of what is kept', async () => {
    const journal = await open();
    expect(journal.bytes).toBe(0);
    await fill(journal, 'vm-1', 2);
    const two = journal.bytes;
    await fill(journal, 'vm-2', 2);
    await journal.keepCheckpoint('vm-2', { position: 2, bytes: new Uint8Array(100) });
    expect(journal.bytes).toBe(2 * two + 104);
    expect((await journal.list()).map(({ bytes }) => bytes)).toEqual([two, two + 104]);
    await journal.forget('vm-2', 2);
    await journal.dropCheckpoint('vm-2', 2);
    expect(journal.bytes).toBe(two + two / 2);
    await journal.delete('vm-1');
    expect(journal.bytes).toBe(two / 2);
  });

  test('a log whose first records are elsewhere goes on behind them', async () => {
    const journal = await open();
    await journal.begin('vm-1', 4);
    expect(await journal.position('vm-1')).toBe(4);
    expect(await journal.append('vm-1', { record: record(5), after: 4, note: NOTE })).toEqual({
      position: 5,
    });
    await journal.begin('vm-1', 9);
    expect(shown(await all(journal.read('vm-1', 1)))).toEqual(['5 body 5']);
    expect([await journal.position('vm-1'), await journal.position('vm-2')]).toEqual([5, 0]);
    expect(await journal.damaged('jobs')).toEqual([]);
  });

  test('values are kept by room and key, and found by what their keys begin with', async () => {
    const journal = await open();
    await journal.put('jobs', 'b', bytes('1'));
    await journal.put('jobs', 'a', bytes('2'));
    await journal.put('jobs', 'a', bytes('3'));
    await journal.put('jobs2', 'a', bytes('4'));
    await journal.put('jobs', 'ab', bytes(''));
    await journal.remove('jobs', 'none');
    const values = async (room: string, prefix?: string) =>
      (await all(journal.values(room, prefix))).map(({ key, value }) => `${key} ${textOf(value)}`);
    expect(await values('jobs')).toEqual(['a 3', 'ab ', 'b 1']);
    expect(await values('jobs', 'a')).toEqual(['a 3', 'ab ']);
    await journal.remove('jobs', 'a');
    expect(await values('jobs', 'a')).toEqual(['ab ']);
    expect(await values('jobs2')).toEqual(['a 4']);
  });
}
