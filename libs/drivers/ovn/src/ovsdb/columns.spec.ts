import { fc } from '@virga/testing/fast-check';
import { applyModify, decode, defaultValue, encode, sameValue, showValue, type ColumnKind, type Value } from './columns.js';

const text = fc.string({ unit: 'binary', maxLength: 5 });
const uuid = fc.uuid();
const values: Record<ColumnKind, fc.Arbitrary<Value>> = {
  'string': text, 'integer': fc.integer(), 'boolean': fc.boolean(), 'uuid': uuid,
  'string?': fc.option(text, { nil: undefined }), 'integer?': fc.option(fc.integer(), { nil: undefined }),
  'boolean?': fc.option(fc.boolean(), { nil: undefined }), 'uuid?': fc.option(uuid, { nil: undefined }),
  'string*': fc.uniqueArray(text).map((list) => new Set(list)), 'uuid*': fc.uniqueArray(uuid).map((list) => new Set(list)),
  'map': fc.dictionary(text, text).map((record) => new Map(Object.entries(record))),
};
const kinds = fc.constantFrom(...Object.keys(values) as ColumnKind[]);
const kindWith = (count: number): fc.Arbitrary<[ColumnKind, Value[]]> =>
  kinds.chain((kind) => fc.tuple(fc.constant(kind), fc.array(values[kind], { minLength: count, maxLength: count })));

/** A set of one goes over the wire as its element, as ovsdb-server writes it. */
function asServerWrites(wire: unknown): unknown {
  return Array.isArray(wire) && wire[0] === 'set' && (wire[1] as unknown[]).length === 1 ? (wire[1] as unknown[])[0] : wire;
}

/** What ovsdb-server sends as `modify`, after its description in ovsdb-server(7). */
function serverModify(kind: ColumnKind, old: Value, now: Value): unknown {
  if (old instanceof Set && now instanceof Set) return asServerWrites(encode(kind, new Set([...old, ...now].filter((each) => old.has(each) !== now.has(each)))));
  if (!(old instanceof Map) || !(now instanceof Map)) return asServerWrites(encode(kind, now));
  const changed = [...now].filter(([key, value]) => old.get(key) !== value);
  const removed = [...old].filter(([key]) => !now.has(key));
  return encode(kind, new Map([...changed, ...removed]));
}

describe('column values', () => {
  it('come back as they were sent', () => {
    fc.assert(fc.property(kindWith(1), ([kind, [value]]) => {
      expect(sameValue(decode(kind, asServerWrites(encode(kind, value))), value)).toBe(true);
    }));
  });

  it('become the new value by the server\'s modification', () => {
    fc.assert(fc.property(kindWith(2), ([kind, [old, now]]) => {
      const result = applyModify(kind, old, serverModify(kind, old, now));
      expect(showValue(result)).toBe(showValue(now));
    }));
  });

  it('are equal to themselves and to nothing that shows differently', () => {
    fc.assert(fc.property(kindWith(2), ([, [a, b]]) => {
      expect(sameValue(a, a)).toBe(true);
      if (showValue(a) !== showValue(b)) expect(sameValue(a, b)).toBe(false);
    }));
  });

  it('are refused where they do not fit the kind', () => {
    expect(() => decode('string', ['set', []])).toThrow(TypeError);
    expect(() => decode('map', 'x')).toThrow(TypeError);
    expect(() => decode('string*', { a: 1 })).toThrow(TypeError);
    expect(decode('string?', ['set', []])).toBeUndefined();
    expect(defaultValue('uuid*')).toEqual(new Set());
  });
});
