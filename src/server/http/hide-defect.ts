import type { FastifyInstance } from 'fastify';
import type { DefectName } from '../../mmu/index.js';

/**
 * Leaves a mistake out of the descriptions of VMs, so that nothing but what it does gives it away. A
 * case still has it: without it the commands would come to something else.
 */
export function hideDefect(app: FastifyInstance, defect: DefectName): void {
  app.addHook('preSerialization', async (_request, _reply, payload) => {
    if (!hasDefects(payload)) return payload;
    return { ...payload, defects: payload.defects.filter((name) => name !== defect) };
  });
}

function hasDefects(payload: unknown): payload is { readonly defects: readonly unknown[] } {
  if (typeof payload !== 'object' || payload === null || !('defects' in payload)) return false;
  return Array.isArray(payload.defects);
}
