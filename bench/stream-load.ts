import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { WebSocket } from 'ws';

/**
 * The frames of a stream, up to the head in its `hello`.
 *
 * @param path Path of a stream from the beginning, to which nothing is added.
 */
export function framesOf(port: number, path: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const frames: string[] = [];
    let head = Number.POSITIVE_INFINITY;
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    socket.on('error', reject);
    socket.on('message', (data) => {
      const text = String(data);
      if (frames.length === 0) head = (JSON.parse(text) as { head: number }).head;
      frames.push(text);
      if (frames.length <= head) return;
      socket.terminate();
      resolve(frames);
    });
  });
}

/** A client that keeps the frames of a stream as they come. */
export interface FrameCollector {
  readonly frames: readonly string[];
  /** Resolves once the frame with this sequence number has come. */
  readonly through: (seq: number) => Promise<void>;
  readonly leave: () => void;
}

/** Follows a stream, and resolves with its first frame. */
export function framesAhead(port: number, path: string): Promise<FrameCollector> {
  return new Promise((resolve, reject) => {
    const frames: string[] = [];
    let wake = () => {};
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    const through = async (seq: number) => {
      while (!frames.at(-1)?.includes(`"seq":${seq},`)) {
        await new Promise<void>((next) => {
          wake = next;
        });
      }
    };
    socket.on('error', reject);
    socket.on('message', (data) => {
      frames.push(String(data));
      wake();
      resolve({ frames, through, leave: () => socket.terminate() });
    });
  });
}

/**
 * Seconds from the request for a stream to its last byte. The client only counts bytes, so that the
 * server is measured.
 */
export function secondsToReceive(
  port: number,
  path: string,
  frames: readonly string[],
): Promise<number> {
  const expected = frames.reduce((sum, frame) => sum + frameBytes(Buffer.byteLength(frame)), 0);
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    let bytes = -1;
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(upgradeOf(path)));
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      if (bytes === -1) bytes = -(chunk.indexOf('\r\n\r\n') + 4);
      bytes += chunk.length;
      if (bytes < expected) return;
      socket.destroy();
      resolve(Number(process.hrtime.bigint() - start) / 1e9);
    });
  });
}

/**
 * Bytes of an unmasked frame.
 *
 * @see RFC 6455, "Base Framing Protocol"
 */
export function frameBytes(payload: number): number {
  if (payload < 126) return 2 + payload;
  return (payload < 65_536 ? 4 : 10) + payload;
}

/** The request that opens a WebSocket. */
export function upgradeOf(path: string): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`
  );
}
