/** Releases of Linux whose rules the model has, exactly. */
export const KERNEL_RELEASES = [
  '5.13.0',
  '5.14.0',
  '5.18.0',
  '6.1.176',
  '6.1.190',
  '6.12.107',
  '6.12.118',
  '7.3.4',
] as const;
export type KernelRelease = (typeof KERNEL_RELEASES)[number];

/** Series of Linux that stand for one of their releases. */
export const KERNEL_VERSIONS = ['5.13', '5.14', '6.1', '6.12', '7.3'] as const;
export type KernelVersion = (typeof KERNEL_VERSIONS)[number];

/** Names of kernels: a release itself, or its series as an alias. */
export const KERNEL_NAMES = [...KERNEL_VERSIONS, ...KERNEL_RELEASES] as const;
export type KernelName = KernelVersion | KernelRelease;
