import type { CallName, Calls, FromWorker, ToWorker } from '../engine/protocol.js';

/** Means to follow a call while it runs. */
export interface Following {
  readonly signal?: AbortSignal;
  /** Share of the work that is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** The model in the page. */
export interface Engine {
  /** @throws {Error} With a sentence that says what cannot be done. */
  call<K extends CallName>(
    name: K,
    takes: Calls[K]['takes'],
    following?: Following,
  ): Promise<Calls[K]['gives']>;
  end(): void;
}

/** The end of a worker's channel that the page holds. */
export interface Port {
  post(message: ToWorker): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** @param listener Called if the worker cannot go on. */
  onFailure(listener: (reason: string) => void): void;
  close(): void;
}

interface Pending extends Following {
  readonly resolve: (gives: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Speaks with a worker: each call has an id, and may be cancelled. */
export function engineOn(port: Port): Engine {
  const pending = new Map<number, Pending>();
  let ids = 0;
  let failure: string | null = null;
  port.onMessage((message) => {
    const call = pending.get(message.id);
    if (call === undefined) return;
    if (message.kind === 'progress') {
      call.onProgress?.(message.share);
      return;
    }
    pending.delete(message.id);
    if (message.kind === 'done') call.resolve(message.gives);
    else call.reject(new Error(message.reason));
  });
  port.onFailure((reason) => {
    failure = reason;
    for (const { reject } of pending.values()) reject(new Error(reason));
    pending.clear();
  });
  return {
    call<K extends CallName>(name: K, takes: Calls[K]['takes'], following: Following = {}) {
      return new Promise<Calls[K]['gives']>((resolve, reject) => {
        if (failure !== null) throw new Error(failure);
        ids += 1;
        const id = ids;
        pending.set(id, {
          ...following,
          resolve: (gives) => resolve(gives as Calls[K]['gives']),
          reject,
        });
        following.signal?.addEventListener('abort', () => {
          if (!pending.delete(id)) return;
          port.post({ kind: 'cancel', id });
          reject(new Error('Nobody waits for this any more'));
        });
        port.post({ kind: 'call', id, name, takes });
      });
    },
    end: () => port.close(),
  };
}

/** Starts the model in a worker of its own. It is loaded only now. */
export function startEngine(): Engine {
  const worker = new Worker(new URL('../engine/worker.ts', import.meta.url), { type: 'module' });
  return engineOn({
    post: (message) => worker.postMessage(message),
    onMessage(listener) {
      worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => listener(data));
    },
    onFailure(listener) {
      worker.addEventListener('error', ({ message }) => {
        listener(`The model could not be run in this browser: ${message}`);
      });
    },
    close: () => worker.terminate(),
  });
}
