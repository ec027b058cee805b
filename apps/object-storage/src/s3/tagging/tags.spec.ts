import { readXml } from '../xml/xml-reader.js';
import { MOST_OBJECT_TAGS, checkedTags, tagsDocument, tagsOfDocument, tagsOfHeader } from './tags.js';

const failing = (code: string) => expect.objectContaining({ code });

describe('tags', () => {
  it('are read from a header, in the order of their keys', () => {
    expect(tagsOfHeader('foo=bar&bar&a%20b=c%2Bd&x=1%3D2')).toEqual([['a b', 'c+d'], ['bar', ''], ['foo', 'bar'], ['x', '1=2']]);
    expect(tagsOfHeader('')).toEqual([]);
  });

  it('are written as they are read', () => {
    const tags = checkedTags([['é', 'ü'], ['10', '2'], ['9', '']], MOST_OBJECT_TAGS);
    expect(tagsOfDocument(readXml(Buffer.from(tagsDocument(tags)), 'Tagging'), MOST_OBJECT_TAGS)).toEqual(tags);
    expect(tags.map(([key]) => key)).toEqual(['10', '9', 'é']);
  });

  it('may be ten of 128 and 256 characters, and no more', () => {
    const many = (count: number, key = 120, value = 256) => Array.from({ length: count }, (_, at) => [`${at}`.padEnd(key, 'k'), 'v'.repeat(value)] as const);
    expect(checkedTags(many(10, 128), MOST_OBJECT_TAGS)).toHaveLength(10);
    for (const bad of [many(11), many(1, 129), many(1, 5, 257)]) expect(() => checkedTags(bad, MOST_OBJECT_TAGS)).toThrow(failing('InvalidTag'));
  });

  it.each(['a=1&a=2', '=x', 'aws:x=1', 'a=<', 'a%00=b', '%3Cx=1'])('refuse %s', (header) => expect(() => tagsOfHeader(header)).toThrow(failing('InvalidTag')));
  it('refuse a header that is no encoding', () => expect(() => tagsOfHeader('a=%zz')).toThrow(failing('InvalidArgument')));
  it.each(['<Tagging/>', '<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>', '<Tagging><TagSet><Tog/></TagSet></Tagging>'])('refuse %s', (text) => {
    expect(() => tagsOfDocument(readXml(Buffer.from(text), 'Tagging'), MOST_OBJECT_TAGS)).toThrow(failing('MalformedXML'));
  });
});
