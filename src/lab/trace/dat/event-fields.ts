import type { Word } from '../../../mmu/index.js';
import type { Fields } from '../facts/recorded.js';
import type { EventField, EventFormat } from './format.js';
import { u64At } from './source.js';

/** A record whose fields are asked for. One object is used again for every record. */
export interface RecordFields extends Fields {
  /** Points at another record. */
  set(format: EventFormat, view: DataView, from: number, bytes: number): void;
}

const PAGE_LOW = 0xfff;
const LOW_BITS = 12;
const HALF_PAGES = 2 ** 20;

/** @param isLittle Byte order of the file. */
export function createRecordFields(isLittle: boolean): RecordFields {
  let format: EventFormat | null = null;
  let view: DataView = new DataView(new ArrayBuffer(0));
  let from = 0;
  let bytes = 0;

  function fieldOf(name: string): EventField | null {
    const field = format?.fields.get(name);
    return field === undefined || field.offset + field.size > bytes ? null : field;
  }

  function number(name: string): number {
    const field = fieldOf(name);
    if (field === null) return Number.NaN;
    const at = from + field.offset;
    switch (field.size) {
      case 1:
        return field.isSigned ? view.getInt8(at) : view.getUint8(at);
      case 2:
        return field.isSigned ? view.getInt16(at, isLittle) : view.getUint16(at, isLittle);
      case 4:
        return field.isSigned ? view.getInt32(at, isLittle) : view.getUint32(at, isLittle);
      case 8:
        return u64At(view, at, isLittle);
      default:
        return Number.NaN;
    }
  }

  function halves(at: number): { high: number; low: number } {
    const [first, second] = [view.getUint32(at, isLittle), view.getUint32(at + 4, isLittle)];
    return isLittle ? { high: second, low: first } : { high: first, low: second };
  }

  return {
    set(to, inView, at, length) {
      format = to;
      view = inView;
      from = at;
      bytes = length;
    },
    number,
    word(name): Word | null {
      const field = fieldOf(name);
      if (field === null) return null;
      if (field.size !== 8) {
        const value = number(name) >>> 0;
        return { page: value >>> LOW_BITS, low: value & PAGE_LOW };
      }
      const { high, low } = halves(from + field.offset);
      return { page: high * HALF_PAGES + (low >>> LOW_BITS), low: low & PAGE_LOW };
    },
    bytes(name) {
      const field = fieldOf(name);
      if (field === null) return null;
      const hex: string[] = [];
      for (let at = 0; at < field.size; at += 1) {
        hex.push(
          view
            .getUint8(from + field.offset + at)
            .toString(16)
            .padStart(2, '0'),
        );
      }
      return hex.join(' ');
    },
  };
}
