import type { Journal } from '../../journal/log/index.js';
import { META, ROOMS_OF_ALL } from './rooms.js';

/** The findings on what is kept beside the logs of VMs. */
export interface ValuesVerdict {
  /** Whole values. */
  readonly values: number;
  /** One sentence for each value that is not whole. */
  readonly flaws: readonly string[];
}

/** Reads every job, answer and price list. */
export async function verifyValues(journal: Journal): Promise<ValuesVerdict> {
  const flaws: string[] = [];
  let values = 0;
  for (const room of ROOMS_OF_ALL) {
    try {
      for (const key of await journal.damaged(room)) {
        flaws.push(`"${key}" in ${room}: its checksum is wrong`);
      }
      for await (const { key, value } of journal.values(room)) {
        if (room === META || isJson(value)) values += 1;
        else flaws.push(`"${key}" in ${room}: it is no JSON`);
      }
    } catch (error) {
      flaws.push(`${room}: cannot be read (${(error as Error).message})`);
    }
  }
  return { values, flaws };
}

function isJson(value: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(value));
    return true;
  } catch {
    return false;
  }
}
