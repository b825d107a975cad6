import type { FastifyReply } from 'fastify';
import type { Job } from '../jobs/job.js';

/** Answers that a job was accepted, and where it is followed. */
export function announceJob(reply: FastifyReply, { id }: Pick<Job, 'id'>): void {
  void reply.code(202).header('location', `/v1/jobs/${id}`);
}
