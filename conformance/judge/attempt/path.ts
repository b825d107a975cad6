/** The entries that lead from a top table to a page. */
export interface Path {
  /** Address of the top table. */
  readonly root: bigint;
  /** Level of the top table: 4 or 5. */
  readonly levels: number;
  /** Level of the entry that maps the page: 1, or more for a large page. */
  readonly leafLevel: number;
  readonly address: bigint;
  /** Address of the page: a multiple of its size. */
  readonly page: bigint;
  /** Address of the table that the path takes at a level below the top. */
  tableAt(level: number): bigint;
  /** Bits of the entry at a level, without its address. */
  flagsAt(level: number): bigint;
}

const INDEX_MASK = 0x1ffn;

/**
 * Writes the entries of a path: of the guest's page tables, or of an EPT, which look alike so far.
 *
 * @returns Where the entry of each level lies.
 */
export function layPath(memory: Map<bigint, bigint>, path: Path): ReadonlyMap<number, bigint> {
  const places = new Map<number, bigint>();
  let table = path.root;
  for (let level = path.levels; level >= path.leafLevel; level -= 1) {
    const shift = BigInt(12 + 9 * (level - 1));
    const place = table + ((path.address >> shift) & INDEX_MASK) * 8n;
    const next = level === path.leafLevel ? path.page : path.tableAt(level - 1);
    memory.set(place, next | path.flagsAt(level));
    places.set(level, place);
    table = next;
  }
  return places;
}
