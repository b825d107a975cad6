import type { Measured } from '../price-list.js';

/** Stands where nobody has published a figure. */
export const NOWHERE: Measured = { cpu: 'none', kernel: 'none' };

export const XEON_8269CY: Measured = { cpu: 'Intel Xeon Platinum 8269CY', kernel: '4.19' };

export const RAPTOR_LAKE: Measured = { cpu: 'Intel Core i9-13900HK', kernel: '7.3-rc2, PVM' };

/** The machine of the CR0.WP series of 2023 is not named. */
export const SSDD: Measured = { cpu: 'not named', kernel: '5.10 to 6.4' };

export const SKYLAKE: Measured = { cpu: 'Intel Skylake at 2.3 GHz', kernel: '4.14' };

export const HASWELL: Measured = { cpu: 'Intel Haswell and Westmere', kernel: 'not named' };

export const INTEL_2015: Measured = { cpu: 'Intel, not named', kernel: 'not named' };
