/** Names of the parts of a state, by place. */
export type Tuple = Uint32Array;
