/** A frame to be put into bytes. */
export interface FrameText {
  readonly text: string;
  /** Length of the text in bytes. */
  readonly bytes: number;
  /** The place to resume from after this frame; null if it does not change. */
  readonly place: number | null;
}

/** Form in which a stream carries its frames. The same frames are the same bytes for every reader. */
export interface Framing {
  readonly name: 'websocket' | 'ndjson' | 'sse';
  /** Whether the place to resume from is part of the bytes. */
  readonly hasPlaces: boolean;
  /** Bytes beside the text of a frame, at most. */
  readonly marginBytesMax: number;
  /** @returns Offset behind the frame. */
  put(frame: FrameText, bytes: Buffer, at: number): number;
}

/** First byte of a text message that is one frame. */
const FINAL_TEXT = 0x81;
const LENGTH_16_BITS = 126;
const LENGTH_64_BITS = 127;

/**
 * Messages of a WebSocket without extensions. A server masks no frame, so one written frame serves
 * all its clients.
 *
 * @see RFC 6455, "Base Framing Protocol"
 */
export const WEB_SOCKET: Framing = {
  name: 'websocket',
  hasPlaces: false,
  marginBytesMax: 10,
  put({ text, bytes: length }, bytes, at) {
    bytes[at] = FINAL_TEXT;
    if (length < LENGTH_16_BITS) {
      bytes[at + 1] = length;
      return at + 2 + bytes.write(text, at + 2);
    }
    if (length < 2 ** 16) {
      bytes[at + 1] = LENGTH_16_BITS;
      bytes.writeUInt16BE(length, at + 2);
      return at + 4 + bytes.write(text, at + 4);
    }
    bytes[at + 1] = LENGTH_64_BITS;
    bytes.writeBigUInt64BE(BigInt(length), at + 2);
    return at + 10 + bytes.write(text, at + 10);
  },
};

/** A frame a line. */
export const LINES: Framing = {
  name: 'ndjson',
  hasPlaces: false,
  marginBytesMax: 1,
  put({ text }, bytes, at) {
    const end = at + bytes.write(text, at);
    return end + bytes.write('\n', end);
  },
};

/** Digits of the largest place. */
const PLACE_BYTES_MAX = 16;

/**
 * Server-sent events.
 *
 * @param epoch Precedes the place in the id of an event, so that clients send both back.
 * @see WHATWG HTML, "Server-sent events"
 */
export function serverSentEvents(epoch: string): Framing {
  const margin = `id: ${epoch}:\ndata: \n\n`;
  return {
    name: 'sse',
    hasPlaces: true,
    marginBytesMax: Buffer.byteLength(margin) + PLACE_BYTES_MAX,
    put({ text, place }, bytes, at) {
      const id = place === null ? '' : `id: ${epoch}:${place}\n`;
      return at + bytes.write(`${id}data: ${text}\n\n`, at);
    },
  };
}

/** The bytes of one frame. */
export function framed(framing: Framing, text: string, place: number | null): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(length + framing.marginBytesMax);
  return bytes.subarray(0, framing.put({ text, bytes: length, place }, bytes, 0));
}
