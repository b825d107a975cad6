import { config } from 'zod';

/*
 * Imported before the schemas: the policy of the page lets no text become code, and zod would try.
 */
config({ jitless: true });
