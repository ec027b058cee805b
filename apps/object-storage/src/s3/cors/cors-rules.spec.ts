import { readXml } from '../xml/xml-reader.js';
import { corsDocument, corsHeaders, matchingRule, preflightHeaders, readCors, type CorsRule } from './cors-rules.js';

const rule = (changes: Partial<CorsRule> = {}): CorsRule => ({ methods: ['GET'], origins: ['https://*.example.org'], headers: [], exposed: [], ...changes });
const ask = (origin: string, method = 'GET', headers: string[] = []) => ({ origin, method, headers });
const read = (inner: string) => readCors(readXml(Buffer.from(`<CORSConfiguration>${inner}</CORSConfiguration>`), 'CORSConfiguration'));

describe('CORS rules', () => {
  it.each([
    ['*suffix', 'foo.suffix', true], ['*suffix', 'foo.suffix.get', false], ['start*end', 'startend', true], ['start*end', 'start12end', true], ['start*end', '0start12end', false],
    ['start*end', 'staend', false], ['prefix*', 'prefix.suffix', true], ['prefix*', 'bla.prefix', false], ['*', 'anything', true], ['aba*aba', 'aba', false],
  ])('%s lets %s in: %s', (origins, origin, expected) => expect(matchingRule([rule({ origins: [origins] })], ask(origin)) !== undefined).toBe(expected));

  it('need the method and every header, whatever its case', () => {
    const rules = [rule({ headers: ['X-Amz-*', 'content-type'] }), rule({ methods: ['PUT'] })];
    expect(matchingRule(rules, ask('https://a.example.org', 'GET', ['x-amz-date', 'Content-Type']))).toBe(rules[0]);
    expect(matchingRule(rules, ask('https://a.example.org', 'GET', ['x-other']))).toBeUndefined();
    expect(matchingRule(rules, ask('https://a.example.org', 'PUT'))).toBe(rules[1]);
    expect(matchingRule(rules, ask('https://a.example.org', 'DELETE'))).toBeUndefined();
  });

  it('tell the origin itself, or all where it is for all', () => {
    const question = ask('https://a.example.org', 'GET', ['X-A']);
    expect(corsHeaders(rule({ exposed: ['ETag', 'x-amz-meta-a'] }), question)).toEqual({
      'access-control-allow-origin': 'https://a.example.org', 'access-control-allow-methods': 'GET', 'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'ETag, x-amz-meta-a', vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    });
    expect(preflightHeaders(rule({ origins: ['*'], maxAgeSeconds: 60 }), question)).toMatchObject({ 'access-control-allow-origin': '*', 'access-control-allow-headers': 'x-a', 'access-control-max-age': '60' });
    expect(preflightHeaders(rule({ origins: ['*'] }), question)).not.toHaveProperty('access-control-allow-credentials');
  });

  it('are written as they are read', () => {
    const rules = [rule({ id: 'one', headers: ['*'], exposed: ['ETag'], maxAgeSeconds: 5, methods: ['GET', 'PUT'] }), rule()];
    expect(readCors(readXml(Buffer.from(corsDocument(rules)), 'CORSConfiguration'))).toEqual(rules);
  });

  const origin = '<AllowedOrigin>*</AllowedOrigin>';
  const method = '<AllowedMethod>GET</AllowedMethod>';
  it.each([
    ['', 'MalformedXML'], [`<CORSRule>${origin}</CORSRule>`, 'MalformedXML'], [`<CORSRule>${method}</CORSRule>`, 'MalformedXML'],
    [`<CORSRule>${origin}<AllowedMethod>PATCH</AllowedMethod></CORSRule>`, 'InvalidRequest'], [`<CORSRule>${method}<AllowedOrigin>*.*</AllowedOrigin></CORSRule>`, 'InvalidRequest'],
    [`<CORSRule>${origin}${method}<ExposeHeader>x-*</ExposeHeader></CORSRule>`, 'InvalidRequest'], [`<CORSRule>${origin}${method}<ExposeHeader>a&#xd;&#xa;b: c</ExposeHeader></CORSRule>`, 'InvalidRequest'],
    [`<CORSRule>${origin}${method}<MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule>`, 'MalformedXML'], [`<CORSRule>${origin}${method}</CORSRule>`.repeat(101), 'MalformedXML'],
  ])('refuse %.80s', (inner, code) => expect(() => read(inner)).toThrow(expect.objectContaining({ code })));
});
