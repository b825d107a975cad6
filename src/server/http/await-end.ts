import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Host } from '../host/host.js';
import type { Job } from '../jobs/job.js';
import { disconnectOf } from './disconnect.js';
import { preferredWaitMs } from './prefer.js';

/** Waits for the end of a job as long as the request prefers; by default not at all. */
export async function awaitEnd(
  { jobs }: Host,
  job: Job,
  { headers }: Pick<FastifyRequest, 'headers'>,
  reply: Pick<FastifyReply, 'header' | 'raw'>,
): Promise<void> {
  const waitMs = preferredWaitMs(headers.prefer);
  if (waitMs === 0) return;
  void reply.header('preference-applied', `wait=${waitMs / 1000}`);
  await jobs.settled(job, waitMs, disconnectOf(reply.raw));
}
