import { listingType } from './accept.js';
import { accountListing, containerListing } from './format.js';
import { listRequest } from './list-request.js';

describe('the type of a listing', () => {
  it.each([
    [null, undefined, 'text/plain'], ['json', 'text/plain', 'application/json'], ['XML', undefined, 'application/xml'], ['other', undefined, 'text/plain'],
    [null, 'application/json', 'application/json'], [null, '*/*', 'text/plain'], [null, 'application/*', 'application/json'], [null, 'text/xml', 'text/xml'],
    [null, 'application/json;q=0.5, application/xml', 'application/xml'], [null, 'text/plain;q=0, */*;q=0.1', 'application/json'], ['', 'application/xml', 'application/xml'],
  ])('format %s and Accept %s give %s', (format, accept, type) => {
    expect(listingType(format, accept)).toBe(type);
  });

  it('refuses what it cannot give, and what it cannot read', () => {
    expect(() => listingType(null, 'image/png')).toThrow(expect.objectContaining({ status: 406 }));
    expect(() => listingType(null, 'text')).toThrow(expect.objectContaining({ status: 400 }));
  });
});

describe('formats', () => {
  const object = { name: 'a<b>&"\u0001', hash: 'h', bytes: 3, content_type: 'text/plain', last_modified: '2020-01-01T00:00:00.000000' };

  it('writes XML that any parser reads', () => {
    expect(containerListing('application/xml', 'c&d', [object, { subdir: 'x/' }])).toBe('<?xml version="1.0" encoding="UTF-8"?>\n'
      + '<container name="c&amp;d"><object><name>a&lt;b&gt;&amp;&quot;?</name><hash>h</hash><bytes>3</bytes><content_type>text/plain</content_type>'
      + '<last_modified>2020-01-01T00:00:00.000000</last_modified></object><subdir name="x/"><name>x/</name></subdir></container>');
  });

  it('writes names in lines, and JSON with every column', () => {
    expect(containerListing('text/plain', 'c', [object, { subdir: 'x/' }])).toBe('a<b>&"\u0001\nx/\n');
    expect(JSON.parse(containerListing('application/json', 'c', [object, { subdir: 'x/' }]))).toEqual([object, { subdir: 'x/' }]);
    expect(accountListing('text/plain', 'a', [])).toBe('');
    expect(accountListing('application/json', 'a', [])).toBe('[]');
  });
});

describe('the query of a listing', () => {
  const read = (query: string) => listRequest(new URLSearchParams(query), query, 100);

  it('reads Swift\'s parameters and ignores a limit that is no number', () => {
    expect(read('prefix=p&delimiter=--&marker=m&end_marker=e&limit=5&reverse=on')).toEqual({ prefix: 'p', delimiter: '--', marker: 'm', endMarker: 'e', limit: 5, isReversed: true });
    expect(read('limit=all&path=')).toEqual({ limit: 100, path: '' });
    expect(read('limit=-1')).toEqual({ limit: 100 });
  });

  it('takes a name with NUL for the end that includes the name', () => {
    expect(read('marker=a%00&end_marker=b%00')).toEqual({ marker: 'a', endMarker: 'b\u0001', limit: 100 });
    expect(read('marker=b%00&end_marker=a%00&reverse=1')).toEqual({ marker: 'b\u0001', endMarker: 'a', limit: 100, isReversed: true });
    expect(read('prefix=a%00')).toEqual({ limit: 0 });
  });

  it('refuses a limit that is too large, and text that is no UTF-8', () => {
    expect(() => read('limit=101')).toThrow(expect.objectContaining({ status: 412 }));
    expect(() => read('prefix=%FF')).toThrow(expect.objectContaining({ status: 400 }));
    expect(read('prefix=%EF%BF%BD')).toEqual({ prefix: '�', limit: 100 });
  });
});
