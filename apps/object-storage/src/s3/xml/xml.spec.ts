import { readXml } from './xml-reader.js';
import { bareXmlDocument, optional, xml, xmlDocument } from './xml-writer.js';

const read = (text: string, root = 'Delete') => readXml(Buffer.from(text), root);

describe('readXml', () => {
  it('reads elements with and without S3\'s namespace, in order, and leaves spaces in texts alone', () => {
    const root = read('<?xml version="1.0"?><s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/"><s3:Object><s3:Key> a b </s3:Key></s3:Object><Object><Key>1e3</Key></Object><Quiet>true</Quiet></s3:Delete>');
    expect(root.all('Object').map((object) => object.textOf('Key'))).toEqual([' a b ', '1e3']);
    expect(root.textOf('Quiet')).toBe('true');
    expect(root.textOf('Loud')).toBeUndefined();
  });

  it('resolves XML\'s own entities, character references and CDATA, once', () => {
    expect(read('<Delete><Key>&lt;&amp;lt;&#65;&#x1F4A9;&#10;<![CDATA[<&amp;>]]></Key></Delete>').textOf('Key')).toBe('<&lt;A\u{1F4A9}\n<&amp;>');
  });

  it('reads attributes', () => {
    expect(read('<Delete><Grantee xmlns:xsi="x" xsi:type="Group"/></Delete>').find('Grantee')?.attributes['type']).toBe('Group');
  });

  it.each([
    ['nothing', ''], ['no XML', 'hello'], ['an open element', '<Delete><Key></Delete>'], ['another root', '<Remove/>'], ['two roots', '<Delete/><Delete/>'],
    ['a DOCTYPE', '<!DOCTYPE Delete [<!ENTITY a "b">]><Delete>&a;</Delete>'], ['an unknown entity', '<Delete><Key>&a;</Key></Delete>'],
    ['a bare ampersand', '<Delete><Key>a & b</Key></Delete>'], ['a reference to nothing', '<Delete><Key>&#0;</Key></Delete>'], ['a surrogate', '<Delete><Key>&#xD800;</Key></Delete>'],
    ['depth without end', `<Delete>${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}</Delete>`],
  ])('refuses %s', (_, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });

  it('refuses millions of elements without making anything of them', () => {
    const text = `<Delete>${'<a/>'.repeat(1_500_000)}</Delete>`;
    const began = performance.now();
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('refuses what is no UTF-8', () => {
    expect(() => readXml(Buffer.from([0x3c, 0xff, 0x3e]), 'Delete')).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });
});

describe('xml', () => {
  it('escapes text and attributes, and control characters as references', () => {
    expect(xml('Key', 'a<b>&"c"\u0001\r\n', { 'xsi:type': '"<' }).text).toBe('<Key xsi:type="&quot;&lt;">a&lt;b&gt;&amp;&quot;c&quot;&#x1;&#xd;\n</Key>');
  });

  it('writes nothing as an empty element, and leaves out what is absent', () => {
    expect(xmlDocument('Root', [xml('Empty'), optional('Absent', undefined), optional('Zero', 0), xml('No', false)]))
      .toBe('<?xml version="1.0" encoding="UTF-8"?>\n<Root xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Empty/><Zero>0</Zero><No>false</No></Root>');
    expect(bareXmlDocument('Error')).toBe('<?xml version="1.0" encoding="UTF-8"?>\n<Error/>');
  });
});
