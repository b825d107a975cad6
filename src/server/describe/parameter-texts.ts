/** Descriptions of parameters that say the same wherever they are, and have none of their own. */
export const PARAMETER_TEXTS: Readonly<Record<string, string>> = {
  vm: 'The VM, by its id.',
  vcpu: 'Index of the vCPU, from 0.',
  seq: 'Sequence number of a command or an event.',
  hpa: 'Host address of the page.',
  snapshot: 'The snapshot, by its name.',
  job: 'The job, by its id.',
  name: 'The price list, by its name.',
  exhibit: 'The exhibit, by its name.',
  a: 'One of the two VMs.',
  b: 'The other one.',
  policy: 'Policy of the root cache.',
  kernel: 'Release of the kernel.',
  limit: 'Items of an answer at most.',
  timeoutMs: 'Milliseconds to wait at most.',
};
