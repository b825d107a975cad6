import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { inRows, yamlOf } from '../../src/server/describe/yaml-text.js';

test('any document is read as it was written, in YAML 1.2 and 1.1', () => {
  const words = fc.constantFrom('on', 'no', '0x11', '6.1', '~', 'a: b', ' a', 'a  b', '# a', '- a');
  const text = fc.oneof(words, fc.lorem({ maxCount: 40 }), fc.string({ unit: 'grapheme' }));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(text, fc.boolean(), fc.integer(), fc.constant(null)),
      fc.array(tie('tree'), { maxLength: 6 }),
      fc.dictionary(text, tie('tree'), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (document) => {
      for (const written of [document, inRows(document)]) {
        const yaml = yamlOf({ document: written });
        expect(parse(yaml)).toEqual({ document });
        expect(parse(yaml, { version: '1.1', merge: false })).toEqual({ document });
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('short parts and long lists of words share lines', () => {
  const list = Array.from({ length: 200 }, (_, index) => `word-${index}`);
  const rows = inRows({ events: [{ seq: 1, outcome: { kind: 'ok' } }, { seq: 2 }] }) as object;
  expect(
    yamlOf({ short: { type: 'integer', minimum: 0 }, list, text: 'A sentence.', rows }),
  ).toBe(`short: {type: integer, minimum: 0}
list: [word-0, word-1, word-2, word-3, word-4, word-5, word-6, word-7, word-8, word-9, word-10, word-11, word-12,
  word-13, word-14, word-15, word-16, word-17, word-18, word-19, word-20, word-21, word-22, word-23, word-24, word-25,
  word-26, word-27, word-28, word-29, word-30, word-31, word-32, word-33, word-34, word-35, word-36, word-37, word-38,
  word-39, word-40, word-41, word-42, word-43, word-44, word-45, word-46, word-47, word-48, word-49, word-50, word-51,
  word-52, word-53, word-54, word-55, word-56, word-57, word-58, word-59, word-60, word-61, word-62, word-63, word-64,
  word-65, word-66, word-67, word-68, word-69, word-70, word-71, word-72, word-73, word-74, word-75, word-76, word-77,
  word-78, word-79, word-80, word-81, word-82, word-83, word-84, word-85, word-86, word-87, word-88, word-89, word-90,
  word-91, word-92, word-93, word-94, word-95, word-96, word-97, word-98, word-99, word-100, word-101, word-102,
  word-103, word-104, word-105, word-106, word-107, word-108, word-109, word-110, word-111, word-112, word-113,
  word-114, word-115, word-116, word-117, word-118, word-119, word-120, word-121, word-122, word-123, word-124,
  word-125, word-126, word-127, word-128, word-129, word-130, word-131, word-132, word-133, word-134, word-135,
  word-136, word-137, word-138, word-139, word-140, word-141, word-142, word-143, word-144, word-145, word-146,
  word-147, word-148, word-149, word-150, word-151, word-152, word-153, word-154, word-155, word-156, word-157,
  word-158, word-159, word-160, word-161, word-162, word-163, word-164, word-165, word-166, word-167, word-168,
  word-169, word-170, word-171, word-172, word-173, word-174, word-175, word-176, word-177, word-178, word-179,
  word-180, word-181, word-182, word-183, word-184, word-185, word-186, word-187, word-188, word-189, word-190,
  word-191, word-192, word-193, word-194, word-195, word-196, word-197, word-198, word-199]
text: A sentence.
rows: {events: [{seq: 1, outcome: {kind: ok}}, {seq: 2}]}
`);
});
