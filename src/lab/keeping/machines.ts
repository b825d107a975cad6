import type { KernelName, PolicyName } from '../../mmu/index.js';

/**
 * Whether it is stated what a machine keeps: with KVM's own policy, and kernels since v5.19. Before,
 * KVM decided otherwise than the policy that bears its name here; and what a proposal keeps, it
 * says itself.
 */
export function isKeepingStated({ policy, kernel }: { policy: PolicyName; kernel: KernelName }) {
  return policy === 'mainline' && !kernel.startsWith('5.');
}
