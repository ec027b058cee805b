import { readPostPolicy, requireAllowed } from './post-policy.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const encoded = (document: unknown) => Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)).toString('base64');
const policy = (conditions: unknown[], expiration = '2026-01-02T00:00:00Z') => readPostPolicy(encoded({ expiration, conditions }));
const fields = (values: Record<string, string> = {}) => new Map(Object.entries({ bucket: 'b', key: 'foo.txt', policy: '…', 'x-amz-signature': '…', ...values }));
const plain = [{ bucket: 'b' }, ['starts-with', '$key', 'foo']];
const judged = (conditions: unknown[], values: Record<string, string> = {}, now = NOW) => () => requireAllowed(policy(conditions), fields(values), now);

describe('the policy of a form', () => {
  it('allows what its conditions say, names in any case', () => {
    expect(judged(plain)).not.toThrow();
    expect(judged([{ bUcKeT: 'b' }, ['StArTs-WiTh', '$KeY', 'foo'], ['eq', '$acl', 'private']], { acl: 'private' })).not.toThrow();
    expect(judged([...plain, ['starts-with', '$x-amz-meta-a', '']])).not.toThrow();
    expect(judged(plain, { 'x-ignore-me': '1' })).not.toThrow();
  });

  it.each<[string, unknown[], Record<string, string>]>([
    ['another bucket', [{ bucket: 'c' }, ['starts-with', '$key', 'foo']], {}], ['another key', plain, { key: 'bar' }], ['a field that nobody named', plain, { acl: 'public-read' }],
    ['a field that is missing', [...plain, ['starts-with', '$x-amz-meta-a', 'x']], {}], ['no word of the bucket', [['starts-with', '$key', 'foo']], {}], ['a prefix where all must be equal', [...plain, ['eq', '$acl', 'pri']], { acl: 'private' }],
  ])('denies %s', (_, conditions, values) => expect(judged(conditions, values)).toThrow(expect.objectContaining({ code: 'AccessDenied' })));

  it('denies everything when its time is over', () => expect(judged(plain, {}, Date.parse('2026-01-02T00:00:00Z'))).toThrow(expect.objectContaining({ code: 'AccessDenied' })));

  it('bounds the file\'s length', () => {
    expect(policy([['content-length-range', 1, '10']]).length).toEqual({ least: 1, most: 10 });
    expect(policy(plain).length).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['no JSON', '{'], ['a list', []], ['null', 'null'], ['no expiration', { conditions: [] }], ['another date', { expiration: '2026-01-01 00:00:00', conditions: [] }], ['an expiration in capitals', { EXPIRATION: '2026-01-01T00:00:00Z', conditions: [] }],
    ['no conditions', { expiration: '2026-01-02T00:00:00Z' }], ['conditions in capitals', { expiration: '2026-01-02T00:00:00Z', CONDITIONS: [] }], ['an empty condition', { expiration: '2026-01-02T00:00:00Z', conditions: [{}] }],
    ['two in one', { expiration: '2026-01-02T00:00:00Z', conditions: [{ a: 'b', c: 'd' }] }], ['a value that is a number', { expiration: '2026-01-02T00:00:00Z', conditions: [{ a: 1 }] }],
    ['a length of one', { expiration: '2026-01-02T00:00:00Z', conditions: [['content-length-range', 0]] }], ['a negative length', { expiration: '2026-01-02T00:00:00Z', conditions: [['content-length-range', -1, 0]] }],
    ['an unknown operator', { expiration: '2026-01-02T00:00:00Z', conditions: [['ends-with', '$key', 'a']] }], ['a field without its dollar', { expiration: '2026-01-02T00:00:00Z', conditions: [['eq', 'key', 'a']] }], ['a condition that is null', { expiration: '2026-01-02T00:00:00Z', conditions: [null] }],
  ])('is refused: %s', (_, document) => expect(() => readPostPolicy(encoded(document))).toThrow(expect.objectContaining({ code: 'InvalidPolicyDocument' })));
});
