/** Builds the page tables for the first 16 pages, which map onto themselves. */
export const MAP_16_PAGES = {
  kind: 'map',
  vcpu: 0,
  root: '0x100000',
  address: '0x0',
  gpa: '0x0',
  pages: 16,
  tables: '0x200000',
};
