import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { type NatsServers, startNats, WHY_NO_NATS } from '../../scripts/nats-server.js';
import { createVmOn } from '../api.js';
import { answersPerSecond, latenciesOf, postOf } from '../http-load.js';
import { type Listener, startServer } from '../processes.js';
import { compare, secondsOf } from '../rounds.js';
import type { Finding } from '../row.js';

/** Bytes of a message with one command and the note of its VM. */
const MESSAGE_BYTES = 900;

/** Writes of a round, one after the other. */
const SERIAL = 500;

/** Writers at the same time, and the writes of each in a round. */
const WRITERS = 64;
const WRITES_EACH = 40;

/** Speed of a bare publish that is to be left: its round trip three times, its slowest twice. */
const GOALS = { serial: 1 / 3, together: 1 / 2 };

const BODY = '{"pgd":"0x100000"}';
const PATH = 'vcpus/0/load-root';

/** A server that keeps its VMs in NATS, beside messages that are published to the same nats-servers. */
export async function nats(): Promise<Finding[]> {
  if (WHY_NO_NATS !== null) {
    const unmeasured = { measured: null, rival: null, ratio: null, goal: null };
    return [{ work: 'load-root kept in NATS', ...unmeasured, notes: [WHY_NO_NATS] }];
  }
  return [await on(1, serially), await on(3, together)];
}

type Measured = (server: Listener, publish: Publish) => Promise<Finding>;

/** Publishes a message to a subject of its own, and waits until it is acknowledged. */
type Publish = (writer: number) => Promise<unknown>;

async function on(count: number, measured: Measured): Promise<Finding> {
  const servers = await startNats(count);
  try {
    const server = await startServer('--journal', servers.url('bench'));
    const { publish, close } = await publisherTo(servers);
    try {
      return await measured(server, publish);
    } finally {
      await close();
      await server.stop();
    }
  } finally {
    await servers.close();
  }
}

async function publisherTo({ servers }: NatsServers) {
  const connection = await connect({ servers: servers.map(({ address }) => address) });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'bare', subjects: ['bare.*'], num_replicas: servers.length });
  const stream = jetstream(connection);
  const payload = new Uint8Array(MESSAGE_BYTES);
  const publish: Publish = (writer) => stream.publish(`bare.${writer}`, payload);
  return { publish, close: () => connection.close() };
}

const serially: Measured = async ({ port }, publish) => {
  const request = postOf(`/v1/vms/${await createVmOn(port)}/${PATH}`, BODY);
  const time = await compare({
    ours: async () =>
      1000 / (await answersPerSecond({ port, request, connections: 1, answers: SERIAL })),
    rival: async () => {
      const seconds = await secondsOf(async () => {
        for (let i = 0; i < SERIAL; i += 1) await publish(0);
      });
      return (1000 * seconds) / SERIAL;
    },
  });
  return findingOf('load-root kept in NATS, one after the other', time, {
    rival: 'a bare publish',
    unit: 'ms',
    goal: GOALS.serial,
  });
};

const together: Measured = async ({ port }, publish) => {
  const requests: Buffer[] = [];
  for (let i = 0; i < WRITERS; i += 1) {
    requests.push(postOf(`/v1/vms/${await createVmOn(port)}/${PATH}`, BODY));
  }
  const time = await compare({
    ours: async () => slowOf(await latenciesOf({ port, requests, each: WRITES_EACH })),
    rival: async () => {
      const times: number[] = [];
      const write = async (writer: number) => {
        for (let i = 0; i < WRITES_EACH; i += 1) {
          times.push(1000 * (await secondsOf(() => publish(writer))));
        }
      };
      await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
      return slowOf(times);
    },
  });
  return findingOf(`load-root kept in NATS with 3 copies, ${WRITERS} writers`, time, {
    rival: 'bare publishes',
    unit: 'ms (p99)',
    goal: GOALS.together,
  });
};

function findingOf(
  work: string,
  { ours, rival }: { readonly ours: number; readonly rival: number },
  words: { readonly rival: string; readonly unit: string; readonly goal: number },
): Finding {
  const { unit, goal } = words;
  return {
    work,
    measured: { value: ours, unit },
    rival: { name: words.rival, value: rival, unit },
    ratio: rival / ours,
    goal: { of: 'ratio', at: 'least', value: goal },
    notes: [],
  };
}

/** The time that one of a hundred exceeds. */
function slowOf(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(0.99 * sorted.length)] as number;
}
