import type { ConditionValues } from './condition.js';
import { readPolicy } from './policy-document.js';
import { evaluate, isPublicPolicy, type PolicyQuestion, type Principal } from './policy-evaluation.js';
import { fitsPattern } from './wildcard.js';

const alice: Principal = { accounts: ['p1', 'demo'], users: ['u1', 'alice'], canonicalId: 'demo:alice' };
const bob: Principal = { accounts: ['p2', 'other'], users: ['u2', 'bob'], canonicalId: 'other:bob' };

const values = (known: Record<string, string | string[]> = {}): ConditionValues => (key) => (Object.hasOwn(known, key) ? ([] as string[]).concat(known[key] ?? []) : undefined);

const statement = (changes: Record<string, unknown> = {}) => ({ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::photos/*', ...changes });
const policyOf = (...statements: Record<string, unknown>[]) => readPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'photos');
const ask = (changes: Partial<PolicyQuestion> = {}): PolicyQuestion => ({ principal: alice, action: 's3:GetObject', resource: 'photos/a', values: values(), ...changes });
const verdict = (changes: Record<string, unknown>, question: Partial<PolicyQuestion> = {}) => evaluate(policyOf(statement(changes)), ask(question));
const under = (operator: string, key: string, wanted: unknown, known: Record<string, string | string[]>) =>
  verdict({ Condition: { [operator]: { [key]: wanted } } }, { values: values(known) }) === 'allow';

describe('a bucket policy', () => {
  it('allows what a statement names and is silent on everything else', () => {
    expect(verdict({})).toBe('allow');
    expect(verdict({}, { action: 's3:PutObject' })).toBe('silent');
    expect(verdict({}, { resource: 'photos' })).toBe('silent');
    expect(verdict({ Resource: 'arn:aws:s3:::photos/b*' })).toBe('silent');
    expect(verdict({ Action: 'S3:getobject' })).toBe('allow');
    expect(verdict({ Action: 's3:Get*' })).toBe('allow');
    expect(verdict({ Action: '*' })).toBe('allow');
  });

  it('lets an explicit denial win over every permission', () => {
    const policy = policyOf(statement({ Action: 's3:*' }), statement({ Effect: 'Deny', Resource: 'arn:aws:s3:::photos/secret/*' }));
    expect(evaluate(policy, ask())).toBe('allow');
    expect(evaluate(policy, ask({ resource: 'photos/secret/a' }))).toBe('deny');
  });

  it('turns NotAction, NotResource and NotPrincipal around', () => {
    expect(verdict({ Action: undefined, NotAction: 's3:Get*' })).toBe('silent');
    expect(verdict({ Action: undefined, NotAction: 's3:Put*' })).toBe('allow');
    expect(verdict({ Resource: undefined, NotResource: 'arn:aws:s3:::photos/a' })).toBe('silent');
    const butAlice = { Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::p1:user/alice' } };
    expect(verdict(butAlice)).toBe('silent');
    expect(verdict(butAlice, { principal: bob })).toBe('allow');
    expect(verdict(butAlice, { principal: undefined })).toBe('allow');
  });

  it.each([
    ['a project', { AWS: 'p1' }], ['its root', { AWS: 'arn:aws:iam::p1:root' }], ['its name', { AWS: ['x', 'arn:aws:iam::demo:root'] }],
    ['a user', { AWS: 'arn:aws:iam::p1:user/alice' }], ['a user with a path', { AWS: 'arn:aws:iam::p1:user/staff/u1' }], ['the name shown', { CanonicalUser: 'demo:alice' }],
  ])('knows principals by %s', (_, principal) => {
    expect(verdict({ Principal: principal })).toBe('allow');
    expect(verdict({ Principal: principal }, { principal: bob })).toBe('silent');
    expect(verdict({ Principal: principal }, { principal: undefined })).toBe('silent');
  });

  it('puts values of the request where variables stand, literally', () => {
    const own = { Resource: 'arn:aws:s3:::photos/${aws:username}/*' };
    expect(verdict(own, { resource: 'photos/alice/a', values: values({ 'aws:username': 'alice' }) })).toBe('allow');
    expect(verdict(own, { resource: 'photos/bob/a', values: values({ 'aws:username': 'alice' }) })).toBe('silent');
    expect(verdict(own, { resource: 'photos/bob/a', values: values({ 'aws:username': '*' }) })).toBe('silent');
    expect(verdict(own, { resource: 'photos//a' })).toBe('silent');
    const old = readPolicy(JSON.stringify({ Statement: statement(own) }), 'photos');
    expect(evaluate(old, ask({ resource: 'photos/alice/a', values: values({ 'aws:username': 'alice' }) }))).toBe('silent');
    expect(evaluate(old, ask({ resource: 'photos/${aws:username}/a' }))).toBe('allow');
  });
});

describe('conditions', () => {
  it.each([
    ['StringEquals', 'a', true, 'b', false], ['StringNotEquals', 'a', false, 'b', true],
    ['StringEqualsIgnoreCase', 'A', true, 'b', false], ['StringNotEqualsIgnoreCase', 'A', false, 'b', true],
    ['StringLike', 'a', true, 'ab', false], ['StringNotLike', 'a', false, 'ab', true],
  ])('%s', (operator, first, isFirst, second, isSecond) => {
    expect(under(operator, 's3:prefix', 'a', { 's3:prefix': first })).toBe(isFirst);
    expect(under(operator, 's3:prefix', 'a', { 's3:prefix': second })).toBe(isSecond);
  });

  it('refuses values whose comparison would hold everybody up', () => {
    const began = performance.now();
    expect(() => under('StringLike', 'aws:Referer', `*${'a'.repeat(18_000)}b`, { 'aws:referer': 'a'.repeat(60_000) })).toThrow(expect.objectContaining({ code: 'InvalidRequest' }));
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('compares patterns with StringLike only', () => {
    expect(under('StringLike', 's3:prefix', 'home/*', { 's3:prefix': 'home/x' })).toBe(true);
    expect(under('StringEquals', 's3:prefix', 'home/*', { 's3:prefix': 'home/x' })).toBe(false);
    expect(under('StringEquals', 's3:prefix', 'home/${aws:username}', { 's3:prefix': 'home/x', 'aws:username': 'x' })).toBe(true);
  });

  it.each([
    ['NumericEquals', [false, true, false]], ['NumericNotEquals', [true, false, true]], ['NumericLessThan', [true, false, false]],
    ['NumericLessThanEquals', [true, true, false]], ['NumericGreaterThan', [false, false, true]], ['NumericGreaterThanEquals', [false, true, true]],
  ])('%s', (operator, expected) => {
    expect(['9', '10', '11'].map((actual) => under(operator, 's3:max-keys', '10', { 's3:max-keys': actual }))).toEqual(expected);
  });

  it.each([
    ['DateEquals', [false, true, false]], ['DateNotEquals', [true, false, true]], ['DateLessThan', [true, false, false]],
    ['DateLessThanEquals', [true, true, false]], ['DateGreaterThan', [false, false, true]], ['DateGreaterThanEquals', [false, true, true]],
  ])('%s', (operator, expected) => {
    const days = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'];
    expect(days.map((now) => under(operator, 'aws:CurrentTime', '2026-01-02T00:00:00Z', { 'aws:currenttime': now }))).toEqual(expected);
  });

  it('knows networks of both families, and mapped addresses', () => {
    const within = (network: string | string[], address: string) => under('IpAddress', 'aws:SourceIp', network, { 'aws:sourceip': address });
    expect(within('10.0.0.0/8', '10.255.0.1')).toBe(true);
    expect(within('10.0.0.0/8', '::ffff:10.255.0.1')).toBe(true);
    expect(within('10.0.0.0/8', '11.0.0.1')).toBe(false);
    expect(within(['192.0.2.1', '2001:db8::/32'], '2001:db8::7')).toBe(true);
    expect(within('2001:db8::/32', '10.0.0.1')).toBe(false);
    expect(under('NotIpAddress', 'aws:SourceIp', ['10.0.0.0/8', '11.0.0.0/8'], { 'aws:sourceip': '11.0.0.1' })).toBe(false);
  });

  it('takes an absent key for unequal, and for anything with IfExists', () => {
    expect(under('StringEquals', 's3:prefix', 'a', {})).toBe(false);
    expect(under('StringNotEquals', 's3:prefix', 'a', {})).toBe(true);
    expect(under('StringEqualsIfExists', 's3:prefix', 'a', {})).toBe(true);
    expect(under('StringEqualsIfExists', 's3:prefix', 'a', { 's3:prefix': 'b' })).toBe(false);
    expect(under('Null', 's3:prefix', 'true', {})).toBe(true);
    expect(under('Null', 's3:prefix', true, { 's3:prefix': '' })).toBe(false);
    expect(under('Null', 's3:prefix', false, { 's3:prefix': '' })).toBe(true);
  });

  it('asks all or any of many values', () => {
    const keys = (operator: string, known: string[]) => under(operator, 's3:RequestObjectTagKeys', ['a', 'b'], { 's3:requestobjecttagkeys': known });
    expect(keys('ForAllValues:StringEquals', ['a', 'b'])).toBe(true);
    expect(keys('ForAllValues:StringEquals', ['a', 'c'])).toBe(false);
    expect(keys('ForAnyValue:StringEquals', ['a', 'c'])).toBe(true);
    expect(keys('ForAnyValue:StringEquals', ['c'])).toBe(false);
    expect(keys('ForAllValues:StringEquals', [])).toBe(true);
    expect(keys('ForAnyValue:StringEquals', [])).toBe(false);
  });

  it('reads Bool, and keys of tags with their case', () => {
    expect(under('Bool', 'aws:SecureTransport', false, { 'aws:securetransport': 'false' })).toBe(true);
    expect(under('Bool', 'aws:SecureTransport', 'true', { 'aws:securetransport': 'false' })).toBe(false);
    expect(under('StringEquals', 'S3:existingObjectTag/Level', 'x', { 's3:existingobjecttag/Level': 'x' })).toBe(true);
    expect(under('StringEquals', 's3:ExistingObjectTag/level', 'x', { 's3:existingobjecttag/Level': 'x' })).toBe(false);
  });

  it('needs every operator and every key of a block', () => {
    const both = { Condition: { StringEquals: { 's3:prefix': 'a', 's3:delimiter': '/' }, NumericLessThan: { 's3:max-keys': 10 } } };
    expect(verdict(both, { values: values({ 's3:prefix': 'a', 's3:delimiter': '/', 's3:max-keys': '9' }) })).toBe('allow');
    expect(verdict(both, { values: values({ 's3:prefix': 'a', 's3:delimiter': '/', 's3:max-keys': '10' }) })).toBe('silent');
    expect(verdict(both, { values: values({ 's3:prefix': 'a', 's3:max-keys': '9' }) })).toBe('silent');
  });
});

describe('reading a policy', () => {
  const problem = (text: unknown): string => {
    try {
      readPolicy(typeof text === 'string' ? text : JSON.stringify(text), 'photos');
      return '';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it.each([
    ['no JSON', '{'], ['null', 'null'], ['a list', '[]'], ['a number', '7'], ['nothing', ''], ['no statement', {}], ['empty statements', { Statement: [] }],
    ['another version', { Version: '2020-01-01', Statement: statement() }], ['an unknown field', { Statement: statement(), More: 1 }],
    ['a statement that is null', { Statement: [null] }], ['no effect', { Statement: statement({ Effect: undefined }) }], ['a wrong effect', { Statement: statement({ Effect: 'allow' }) }],
    ['no principal', { Statement: statement({ Principal: undefined }) }], ['an empty principal', { Statement: statement({ Principal: {} }) }],
    ['an ARN that is none', { Statement: statement({ Principal: { AWS: 'arn:aws:iam::p1' } }) }], ['a principal of all projects by pattern', { Statement: statement({ Principal: { AWS: 'arn:aws:iam::*:root' } }) }],
    ['a federated principal', { Statement: statement({ Principal: { Federated: 'x' } }) }], ['both principals', { Statement: statement({ NotPrincipal: '*' }) }],
    ['another service\'s action', { Statement: statement({ Action: 'ec2:RunInstances' }) }], ['no action', { Statement: statement({ Action: [] }) }], ['an action that is a number', { Statement: statement({ Action: 7 }) }],
    ['another bucket', { Statement: statement({ Resource: 'arn:aws:s3:::videos/*' }) }], ['another service\'s resource', { Statement: statement({ Resource: 'arn:aws:sqs:::photos' }) }],
    ['an unknown operator', { Statement: statement({ Condition: { StringSounds: { 's3:prefix': 'a' } } }) }], ['a property of objects as operator', { Statement: statement({ Condition: { constructor: { 's3:prefix': 'a' } } }) }],
    ['an unknown key', { Statement: statement({ Condition: { StringEquals: { 's3:mood': 'a' } } }) }], ['a network that is none', { Statement: statement({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/33' } } }) }],
    ['a number that is none', { Statement: statement({ Condition: { NumericEquals: { 's3:max-keys': 'ten' } } }) }], ['a date that is none', { Statement: statement({ Condition: { DateEquals: { 'aws:CurrentTime': 'soon' } } }) }],
    ['values that are objects', { Statement: statement({ Condition: { StringEquals: { 's3:prefix': { a: 1 } } } }) }], ['a condition that is a list', { Statement: statement({ Condition: [1] }) }],
    ['too much', { Id: 'x'.repeat(21_000), Statement: statement() }],
  ])('refuses %s', (_, text) => expect(problem(text)).toBe('MalformedPolicy'));

  it('accepts resources with other owners\' parts and patterns that cover the bucket', () => {
    for (const Resource of ['arn:aws:s3::*:photos', 'arn:aws:s3:::*', 'arn:aws:s3:::*/*', 'arn:aws:s3:::ph?tos/*', '*']) expect([Resource, problem({ Statement: statement({ Resource }) })]).toEqual([Resource, '']);
  });
});

describe('whether a policy is public', () => {
  const isPublic = (changes: Record<string, unknown>) => isPublicPolicy(policyOf(statement(changes)));

  it('counts what everyone is allowed, but not what a fixed condition narrows', () => {
    expect(isPublic({})).toBe(true);
    expect(isPublic({ Principal: { AWS: ['p1', '*'] } })).toBe(true);
    expect(isPublic({ Principal: { AWS: 'p1' } })).toBe(false);
    expect(isPublic({ Principal: undefined, NotPrincipal: { AWS: 'p1' } })).toBe(true);
    expect(isPublic({ Effect: 'Deny' })).toBe(false);
    expect(isPublic({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/32' } } })).toBe(false);
    expect(isPublic({ Condition: { IpAddress: { 'aws:SourceIp': ['10.0.0.0/32', '0.0.0.0/0'] } } })).toBe(true);
    expect(isPublic({ Condition: { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/32' } } })).toBe(true);
    expect(isPublic({ Condition: { StringLike: { 'aws:username': '*' } } })).toBe(true);
    expect(isPublic({ Condition: { StringEquals: { 'aws:PrincipalAccount': 'p1' } } })).toBe(false);
    expect(isPublic({ Condition: { StringEqualsIfExists: { 'aws:PrincipalAccount': 'p1' } } })).toBe(true);
    expect(isPublic({ Condition: { StringLike: { 's3:prefix': 'a' } } })).toBe(true);
  });
});

describe('patterns', () => {
  it.each([
    ['', '', true], ['*', '', true], ['?', '', false], ['a*c', 'abbbc', true], ['a*c', 'abbb', false], ['*a*b', 'xaxbxb', true], ['a?c', 'abc', true],
    ['a?c', 'ac', false], ['**', 'x', true], ['a.c', 'abc', false], ['*.jpg', 'x/y.jpg', true], ['a*', 'ba', false],
  ])('%s on %s: %s', (pattern, text, expected) => expect(fitsPattern(pattern, text)).toBe(expected));

  it('takes no more than a moment for the worst of them', () => {
    const started = performance.now();
    expect(fitsPattern(`${'*a'.repeat(200)}b`, 'a'.repeat(1024))).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
