/** A value of JSON. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A schema, or another object of JSON. */
export type JsonSchema = { readonly [key: string]: Json };
