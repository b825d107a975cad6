import { DiscardPolicy, RetentionPolicy, StorageType, StoreCompression } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { type ObjectStore, Objm } from '@nats-io/obj';
import { isNoStream, patiently } from './patience.js';
import { type Servers, UnfitServers } from './servers.js';

/** The streams of a journal. */
export interface Streams {
  /** Stream of the logs. */
  readonly logs: string;
  /** Before the name of a VM in the subject of its log. */
  readonly logPrefix: string;
  /** Before the name of a replica in the subject of its marks. */
  readonly markPrefix: string;
  /** Subject by which the process is asked for that has the journal. */
  readonly ownerSubject: string;
  readonly values: KV;
  readonly valuesStream: string;
  readonly valuePrefix: string;
  readonly objects: ObjectStore;
  /** Copies of each record. */
  readonly replicas: number;
}

/** @throws {UnfitServers} If there is no journal of that name. */
export async function demandStreams(
  { jsm }: Servers,
  name: string,
  patienceMs: number,
): Promise<void> {
  try {
    await patiently(patienceMs, () => jsm.streams.info(logsOf(name)));
  } catch (error) {
    if (!isNoStream(error)) throw error;
    throw new UnfitServers('there is no journal of that name');
  }
}

/**
 * Opens the streams of a journal, which are made where they are not there.
 *
 * @param name Names the journal.
 */
export async function openStreams(
  servers: Servers,
  name: string,
  patienceMs: number,
): Promise<Streams> {
  const { js } = servers;
  const logs = logsOf(name);
  const replicas = await patiently(patienceMs, () => openLogs(servers, name, logs));
  const bucket = `${name}-values`;
  const values = await patiently(patienceMs, () =>
    new Kvm(js).create(bucket, {
      replicas,
      history: 1,
      allow_direct: false,
      storage: StorageType.File,
    }),
  );
  const objects = await patiently(patienceMs, () =>
    new Objm(js).create(`${name}-objects`, { replicas, storage: StorageType.File }),
  );
  return {
    ...{ logs, logPrefix: `${name}.log.`, markPrefix: `${name}.mark.` },
    ownerSubject: `${name}.owner`,
    ...{ values, valuesStream: `KV_${bucket}`, valuePrefix: `$KV.${bucket}.` },
    ...{ objects, replicas },
  };
}

const logsOf = (name: string) => `${name}-logs`;

/** @returns Copies of the stream. */
async function openLogs({ jsm, replicas }: Servers, name: string, stream: string): Promise<number> {
  try {
    const { config } = await jsm.streams.info(stream);
    return config.num_replicas;
  } catch (error) {
    if (!isNoStream(error)) throw error;
  }
  const { config } = await jsm.streams.add({
    name: stream,
    subjects: [`${name}.log.*`, `${name}.mark.*`],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    // Each message has a note that is much like the one before.
    compression: StoreCompression.S2,
    num_replicas: replicas,
    // A direct get may be answered by a server that has been left behind.
    allow_direct: false,
    allow_rollup_hdrs: true,
  });
  return config.num_replicas;
}
