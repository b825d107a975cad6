import { z } from 'zod';
import { COMMAND_KINDS, COMMANDS } from '../../src/mmu/schema/index.js';
import type { CommandShape, FieldShape, Takes } from '../model/command-shape.js';

type Json = z.core.JSONSchema.JSONSchema;

const TAKES: Readonly<Record<string, Takes>> = {
  string: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

/** Every kind of command with its fields, from the schemas that the server checks commands by. */
export function commandShapes(): readonly CommandShape[] {
  return COMMAND_KINDS.map((kind) => {
    const { summary, body } = COMMANDS[kind];
    const json = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' });
    const fields = Object.entries(json.properties ?? {}).map(([name, field]) =>
      fieldShape(name, json, field),
    );
    return { kind, summary, fields };
  });
}

function fieldShape(name: string, whole: Json, field: Json | boolean): FieldShape {
  const parts = partsOf(whole, field);
  const takes = new Set(parts.flatMap(takesOf));
  const choices = parts.flatMap((part) => [...(part.enum ?? []), ...constOf(part)]).map(String);
  if (takes.has('boolean')) choices.push('true', 'false');
  const isRequired = whole.required?.includes(name) ?? false;
  const about = parts.find(({ description }) => description !== undefined)?.description ?? '';
  return { name, isRequired, takes: [...takes], choices: [...new Set(choices)], about };
}

/** A schema and all that it is a choice of, references followed. */
function partsOf(whole: Json, schema: Json | boolean): readonly Json[] {
  if (typeof schema === 'boolean') return [];
  const named = schema.$ref?.replace('#/$defs/', '');
  const target = named === undefined ? undefined : whole.$defs?.[named];
  const inner = [
    ...(target === undefined ? [] : [target]),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.allOf ?? []),
  ];
  return [schema, ...inner.flatMap((part) => partsOf(whole, part))];
}

function takesOf({ type }: Json): readonly Takes[] {
  const types = type === undefined ? [] : [type].flat();
  return types.map((one) => TAKES[one] ?? 'json');
}

function constOf(part: Json): readonly unknown[] {
  return part.const === undefined || part.const === null ? [] : [part.const];
}
