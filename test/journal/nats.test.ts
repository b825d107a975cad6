import { createHash } from 'node:crypto';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type NatsServers, startNats, WHY_NO_NATS } from '../../scripts/nats-server.js';
import type { Journal } from '../../src/journal/log/index.js';
import { NatsJournal, natsAddressOf } from '../../src/journal/nats/index.js';
import { startForwarder, startSpeaker } from './forwarder.js';
import { bytes, suite } from './suite.js';

const append = (journal: Journal, after: number, body: Uint8Array = bytes('body')) =>
  journal.append('vm-1', {
    record: { kind: 'ran', seq: after, identity: `id-${after}`, rules: 1, packing: 1, body },
    after,
    note: bytes(`note ${after}`),
  });

const sumOf = (value: Uint8Array | null | undefined) =>
  createHash('sha256')
    .update(value ?? 'nothing')
    .digest('hex');

async function bodiesOf(journal: Journal): Promise<string[]> {
  await journal.fresh();
  const bodies: string[] = [];
  for await (const one of journal.read('vm-1', 1)) {
    const said = 'record' in one ? `${one.record.identity}` : one.damage;
    bodies.push(`${one.position} ${said}`);
  }
  return bodies;
}

test('an address names servers, credentials and a journal', () => {
  expect(natsAddressOf('nats://localhost')).toEqual({
    name: 'mmulab',
    connection: { servers: ['localhost'] },
  });
  expect(natsAddressOf('tls://a:1,b:2,[::1]:3/team_7', 'me:p@:s')).toEqual({
    name: 'team_7',
    connection: { servers: ['a:1', 'b:2', '[::1]:3'], user: 'me', pass: 'p@:s', tls: {} },
  });
  expect(natsAddressOf('nats://a', 'secret').connection).toEqual({
    servers: ['a'],
    token: 'secret',
  });
  for (const text of [
    'localhost',
    'http://a',
    'nats://',
    'nats://a b',
    'nats://me:secret@a',
    'nats://a/b.c',
    'nats://a,',
  ]) {
    expect(() => natsAddressOf(text)).toThrow('it is no address such as nats://localhost:4222');
  }
});

test('a server that cannot sync before it answers is refused, and so is one without JetStream', async () => {
  for (const [info, why] of [
    [{ version: '2.9.10', jetstream: true }, 'nats-server 2.9.10 cannot sync each record'],
    [{ version: '2.10.0' }, 'JetStream is off'],
  ] as const) {
    const speaker = await startSpeaker(info);
    await expect(NatsJournal.open(`nats://${speaker.address}`)).rejects.toThrow(why);
    await speaker.close();
  }
});

describe.skipIf(WHY_NO_NATS !== null)(`a journal in NATS${WHY_NO_NATS ?? ''}`, () => {
  let nats: NatsServers;
  let count = 0;

  beforeAll(async () => {
    nats = await startNats(1, 'sync_interval: always');
  });
  afterAll(() => nats.close());

  const name = () => {
    count += 1;
    return `journal-${count}`;
  };
  const open = async (url = nats.url(name())) => {
    const journal = await NatsJournal.open(url);
    onTestFinished(() => journal.close());
    return journal;
  };

  suite(() => open());

  test('what was kept is there when the journal is opened again', async () => {
    const url = nats.url(name());
    const before = await NatsJournal.open(url);
    await append(before, 0);
    await append(before, 1);
    await before.keepCheckpoint('vm-1', { position: 2, bytes: bytes('state') });
    await before.put('price-lists', 'a/é', bytes('kept'));
    await before.put('price-lists', 'b', bytes('gone'));
    await before.remove('price-lists', 'b');
    const { bytes: size } = before;
    await before.close();
    const journal = await open(url);
    const [head] = await journal.list();
    expect([head?.vm, head?.position, head?.bytes]).toEqual(['vm-1', 2, size]);
    expect(new TextDecoder().decode(head?.note)).toBe('note 1');
    const keys: string[] = [];
    for await (const { key } of journal.values('price-lists')) keys.push(key);
    expect(keys).toEqual(['a/é']);
    expect(await append(journal, 2)).toEqual({ position: 3 });
    expect((await journal.checkpoints('vm-1')).map(({ position }) => position)).toEqual([2]);
  });

  test('what another process was told is kept is known once a journal is fresh', async () => {
    const url = nats.url(name());
    const [one, other] = [await open(url), await open(url)];
    for (let after = 0; after < 20; after += 1) {
      await append(one, after);
      await one.put('jobs', 'job', bytes(String(after)));
      await other.fresh();
      expect(await other.position('vm-1')).toBe(after + 1);
      for await (const { value } of other.values('jobs')) {
        expect(new TextDecoder().decode(value)).toBe(String(after));
      }
    }
    await one.delete('vm-1');
    await other.fresh();
    expect(await other.list()).toEqual([]);
  });

  test('journals of other names on the same servers are others', async () => {
    const [one, other] = [await open(), await open()];
    await append(one, 0);
    await other.put('jobs', 'job-1', bytes('x'));
    expect(await other.list()).toEqual([]);
    for await (const _ of one.values('jobs')) expect.unreachable();
  });

  test('records and values larger than a message are kept all the same, and go with their log', async () => {
    const url = nats.url(name());
    const journal = await open(url);
    const large = new Uint8Array(3_000_000).map((_, index) => index % 251);
    await append(journal, 0, large);
    await append(journal, 1);
    await journal.keepCheckpoint('vm-1', { position: 1, bytes: large });
    await journal.put('jobs', 'large', large);
    await journal.put('jobs', 'large', large.subarray(1));
    const again = await open(url);
    expect(again.bytes).toBe(journal.bytes);
    for await (const one of again.read('vm-1', 1)) {
      if (one.position === 1)
        expect(sumOf('record' in one ? one.record.body : null)).toBe(sumOf(large));
    }
    expect(sumOf((await again.checkpoints('vm-1'))[0]?.bytes)).toBe(sumOf(large));
    for await (const { value } of again.values('jobs')) {
      expect(sumOf(value)).toBe(sumOf(large.subarray(1)));
    }
    await again.delete('vm-1');
    await again.remove('jobs', 'large');
    const connection = await connect({ servers: nats.servers[0]?.address as string });
    const subject = `$JS.API.STREAM.INFO.OBJ_${url.split('/').at(-1)}-objects`;
    const { state } = (await connection.request(subject)).json<{ state: { bytes: number } }>();
    await connection.close();
    // Words that objects are gone.
    expect(state.bytes).toBeLessThan(4000);
  });

  test('of two processes that append behind the same record, one wins, and the other is told', async () => {
    const url = nats.url(name());
    const [one, other] = [await open(url), await open(url)];
    await append(one, 0);
    const both = await Promise.all([append(one, 1), append(other, 1)]);
    const [lost] = both.filter(({ tail }) => tail !== undefined);
    expect(both.filter(({ position }) => position === 2)).toHaveLength(1);
    expect(lost?.tail?.map(({ position }) => position)).toEqual([2]);
    const later = await Promise.all([append(other, 2), append(one, 3)]);
    expect(later[0]).toEqual({ position: 3 });
    expect(await bodiesOf(one)).toEqual(await bodiesOf(other));
  });

  test('appends of one turn are kept together or not at all', async () => {
    const url = nats.url(name());
    const [one, other] = [await open(url), await open(url)];
    await append(one, 0);
    const three = Promise.all([append(one, 1), append(one, 2), append(one, 3)]);
    const single = append(other, 1);
    const isFirst = (await single).position === 2;
    const told = (await three).map(({ position }) => position);
    expect(told).toEqual(isFirst ? [undefined, undefined, undefined] : [2, 3, 4]);
    expect(await bodiesOf(other)).toHaveLength(isFirst ? 2 : 4);
  });

  test('an append whose acknowledgement is lost meets itself, and is there once', async () => {
    const [server] = nats.servers;
    const forwarder = await startForwarder(server?.address as string);
    onTestFinished(() => forwarder.close());
    const journalName = name();
    const journal = await open(`nats://${forwarder.address}/${journalName}`);
    const watcher = await open(nats.url(journalName));
    await append(journal, 0);
    const stored = new Promise<number>((resolve) => {
      watcher.shared.watch({
        ...{ lived() {}, valueChanged() {} },
        changed: ({ head }) => head?.position === 2 && resolve(head.position),
      });
    });
    forwarder.swallow(true);
    const appended = append(journal, 1);
    expect(await stored).toBe(2);
    forwarder.swallow(false);
    forwarder.cut();
    expect(await appended).toEqual({ position: 2 });
    expect(await append(journal, 2)).toEqual({ position: 3 });
    expect(await bodiesOf(watcher)).toEqual(['1 id-0', '2 id-1', '3 id-2']);
  });

  test('a message that was changed costs what follows it in its log', async () => {
    const url = nats.url(name());
    const before = await NatsJournal.open(url);
    await append(before, 0);
    await append(before, 1);
    await before.close();
    const connection = await connect({ servers: nats.servers[0]?.address as string });
    const subject = `${url.split('/').at(-1)}.log.vm-1`;
    await connection.request(subject, bytes('no entry'));
    await connection.close();
    const journal = await open(url);
    expect(await bodiesOf(journal)).toEqual(['1 id-0', '2 id-1', '3 its checksum is wrong']);
    expect(await journal.position('vm-1')).toBe(3);
    await journal.cut('vm-1', 3);
    expect(await append(journal, 2)).toEqual({ position: 3 });
    expect(await bodiesOf(journal)).toEqual(['1 id-0', '2 id-1', '3 id-2']);
  });

  test('an append waits for a server that is started again, and keeps what it had', async () => {
    const own = await startNats(1, 'sync_interval: always');
    onTestFinished(() => own.close());
    const journal = await open(own.url('journal'));
    await append(journal, 0);
    await own.servers[0]?.kill();
    const waiting = append(journal, 1);
    await own.servers[0]?.restart();
    expect(await waiting).toEqual({ position: 2 });
    expect(await bodiesOf(journal)).toEqual(['1 id-0', '2 id-1']);
  });

  test('without a server an append fails, and it is said that nobody knows its fate', async () => {
    const own = await startNats();
    onTestFinished(() => own.close());
    const journal = await NatsJournal.open(own.url('journal'), { patienceMs: 300 });
    onTestFinished(() => journal.close());
    await own.servers[0]?.kill();
    await expect(append(journal, 0)).rejects.toThrow('NATS gave no answer for 0.3 s');
  });

  test('beyond its bound a journal takes deletions alone', async () => {
    const journal = await NatsJournal.open(nats.url(name()), { bytesMax: 1000 });
    onTestFinished(() => journal.close());
    await append(journal, 0, new Uint8Array(1000));
    await expect(append(journal, 1)).rejects.toMatchObject({ isFull: true });
    await journal.delete('vm-1');
    expect(await append(journal, 0)).toEqual({ position: 1 });
  });

  test('what an acknowledgement is worth is told as far as the servers tell', async () => {
    const monitors = [nats.servers[0]?.monitor as string];
    const told = await NatsJournal.open(nats.url(name()), { monitors });
    onTestFinished(() => told.close());
    expect(told.worth).toBe('in one nats-server, synced before each answer is given');
    const { worth } = await open();
    expect(worth).toBe(
      'in one nats-server, synced as its nats-server is set up: every 2 min unless sync_interval says otherwise',
    );
  });
});
