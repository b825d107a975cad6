import { expect, test } from 'vitest';
import { type LogRecord, MemoryJournal } from '../../src/journal/log/index.js';
import { wholePartOf } from '../../src/server/durable/read-log.js';

const NOTE = new Uint8Array();

function record(kind: LogRecord['kind'], seq: number): LogRecord {
  return { kind, seq, identity: `id-${seq}`, rules: 1, packing: 1, body: new Uint8Array([seq]) };
}

test('what another server appends behind the reading of a log is no damage', async () => {
  const journal = new MemoryJournal();
  await journal.append('vm-1', { record: record('made', 0), after: 0, note: NOTE });
  await journal.append('vm-1', { record: record('ran', 1), after: 1, note: NOTE });
  const read = journal.read.bind(journal);
  journal.read = async function* (vm, from) {
    yield* read(vm, from);
    await journal.append(vm, { record: record('ran', 2), after: 2, note: NOTE });
  };
  const { tail, damage } = await wholePartOf(journal, 'vm-1');
  expect([tail.map(({ position }) => position), damage]).toEqual([[1, 2], null]);
  expect(await journal.position('vm-1')).toBe(3);
});
