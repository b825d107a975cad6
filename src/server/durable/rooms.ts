/** Rooms of the values that are kept beside the logs: never rename one. */
export const SNAPSHOTS = 'snapshots';
export const TRACED = 'traced';
export const MENDS = 'mends';
export const META = 'meta';
export const JOBS = 'jobs';
export const ANSWERS = 'answers';
export const PRICE_LISTS = 'price-lists';

/** Rooms whose values belong to no one VM. */
export const ROOMS_OF_ALL: readonly string[] = [META, JOBS, ANSWERS, PRICE_LISTS];
