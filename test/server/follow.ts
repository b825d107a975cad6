import { get, type IncomingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';
import type { Frame } from './start.js';

/** A client of a stream over plain HTTP. */
export interface Follower {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly frames: Frame[];
  /** Ids of server-sent events, null where a frame has none. */
  readonly ids: (string | null)[];
  /** Resolves when so many frames came, or when the stream ended. */
  readonly arrived: (count: number) => Promise<Frame[]>;
  readonly ended: Promise<void>;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly leave: () => void;
}

export const SSE = { accept: 'text/event-stream' };
export const NDJSON = { accept: 'application/x-ndjson' };

/** Follows a stream as NDJSON or as server-sent events, whatever is answered. */
export function follow(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<Follower> {
  return new Promise((resolve, reject) => {
    const request = get({ port, path, headers, agent: false }, (response) => {
      const frames: Frame[] = [];
      const ids: (string | null)[] = [];
      const isSse = String(response.headers['content-type']).startsWith(SSE.accept);
      let wake = () => {};
      let open = true;
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const parts = (rest + text).split(isSse ? '\n\n' : '\n');
        rest = parts.pop() ?? '';
        for (const part of parts) {
          const [, id = null, data = part] = /^(?:id: (.*)\n)?data: (.*)$/.exec(part) ?? [];
          ids.push(id);
          frames.push(JSON.parse(data) as Frame);
        }
        wake();
      });
      const ended = new Promise<void>((done) => {
        response.once('close', () => {
          open = false;
          if (rest.startsWith('{')) frames.push(JSON.parse(rest) as Frame);
          wake();
          done();
        });
      });
      response.on('error', () => {});
      const arrived = async (count: number) => {
        while (frames.length < count && open) {
          await new Promise<void>((next) => {
            wake = next;
          });
        }
        return frames;
      };
      onTestFinished(() => void request.destroy());
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        frames,
        ids,
        arrived,
        ended,
        pause: () => void response.pause(),
        resume: () => void response.resume(),
        leave: () => void request.destroy(),
      });
    });
    request.on('error', reject);
  });
}
