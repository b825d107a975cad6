import { onTestFinished } from 'vitest';
import { connectLab } from '../../src/client/connect.js';
import { createLab, type Lab, type LabOptions } from '../../src/client/index.js';
import { listen } from '../server/start.js';

/** Tests ask faster than the timer that measures a server's delay gets its turn. */
const NO_DELAY_COUNTS = { eventLoopDelayMs: 0 };

/** Both ways to a lab; each test gets a fresh one, which is closed when it ends. */
export const LABS = { 'in this process': local, 'on a server': remote } as const;

export async function local({ limits = {} }: LabOptions = {}): Promise<Lab> {
  const lab = createLab({ limits: { ...NO_DELAY_COUNTS, ...limits } });
  onTestFinished(() => lab.close());
  return lab;
}

export async function remote({ limits = {} }: LabOptions = {}): Promise<Lab> {
  const { port } = await listen({ limits, ids: undefined });
  const lab = connectLab(`http://127.0.0.1:${port}/`);
  onTestFinished(() => lab.close());
  return lab;
}
