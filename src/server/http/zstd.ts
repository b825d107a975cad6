import { Decompress, decompress } from 'fzstd';
import type { Zstd } from '../wire/unpack.js';

/** Unpacks zstd for the programs. The library is not part of the package. */
export const ZSTD: Zstd = {
  block: (packed, bytes) => decompress(packed, new Uint8Array(bytes)),
  stream() {
    let out: Uint8Array[] = [];
    const unpack = new Decompress((chunk) => out.push(chunk));
    return (piece, isLast) => {
      out = [];
      unpack.push(piece, isLast);
      return out;
    };
  },
};
