import type { Fact, Stamp } from '../../../src/lab/trace/fact.js';
import { type Census, createCensus, createTextReader } from '../../../src/lab/trace/index.js';
import { wordToHex } from '../../../src/mmu/index.js';

/** A text that was read: facts and where each stood, in short, and what else it held. */
export interface Facts {
  readonly facts: readonly Fact[];
  readonly stamps: readonly Stamp[];
  readonly census: Census;
}

/** @param pieces Sizes of the pieces in which the text comes; one piece unless told. */
export function factsOf(text: string, pieces: number = text.length): Facts {
  const facts: Fact[] = [];
  const stamps: Stamp[] = [];
  const census = createCensus();
  const reader = createTextReader(census, (fact, stamp) => {
    facts.push(fact);
    stamps.push({ ...stamp });
  });
  for (let at = 0; at < text.length; at += pieces) reader.push(text.slice(at, at + pieces));
  reader.end();
  return { facts, stamps, census };
}

/** A fact on one line: its kind, then its fields in the order of the type. */
export function shortOf(fact: Fact): string {
  const parts = Object.entries(fact).map(([key, value]) => {
    if (key === 'kind' || key === 'what') return String(value);
    if (value === null || typeof value === 'boolean') return `${key}:${value}`;
    if (value instanceof Map) {
      return [...value].map(([name, word]) => `${name}=${wordToHex(word)}`).join(' ');
    }
    if (typeof value === 'object') return `${key}:${wordToHex(value)}`;
    return key === 'gfn' ? `gfn:${value.toString(16)}` : `${key}:${value}`;
  });
  return parts.join(' ');
}
