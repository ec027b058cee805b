import { fc } from '@virga/testing/fast-check';
import { pythonLiteral, type Literal } from './python-literal.js';

describe('reading Python literals', () => {
  it.each<[string, Literal]>([
    ["{'Type': 'work'}", { Type: 'work' }],
    [`{u'a': "it's", 'b': 'say \\'x\\''}`, { a: "it's", b: "say 'x'" }],
    ["['error', 'available']", ['error', 'available']],
    ["('error', 'available',)", ['error', 'available']],
    ['5', 5], ['-1.5', -1.5], ['None', null], ['True', true], ['{}', {}], ['[]', []],
    ['{"a": {"b": [1, 2]}}', { a: { b: [1, 2] } }],
    ["{1: 'one'}", { 1: 'one' }],
  ])('reads %s', (text, value) => {
    expect(pythonLiteral(text)).toEqual(value);
  });

  it.each(['available', '', '{', "{'a'}", "['a' 'b']", "'open", '5 6', '2026-01-01', 'constructor', '{[1]: 2}', '['.repeat(50)])('takes %j for text', (text) => {
    expect(pythonLiteral(text)).toBeUndefined();
  });

  it('reads whatever JSON says, except for escapes that only JSON has', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: fc.constantFrom('a', 'Z', '9', '_', ' ', ':') }), (value) => {
      expect(pythonLiteral(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }));
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...`{}[]()'",:\\ u0-9aNone`) }), (text) => {
      expect(() => pythonLiteral(text)).not.toThrow();
    }));
  });
});
