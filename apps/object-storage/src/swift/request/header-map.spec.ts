import { headerMap, saysYes, shownName, wireValue } from './header-map.js';

describe('headers', () => {
  it('are read as UTF-8 and written back as the same bytes', () => {
    const sent = Buffer.from('süß ☃').toString('latin1');
    const { 'x-object-meta-a': read } = headerMap({ 'x-object-meta-a': sent });
    expect(read).toBe('süß ☃');
    expect(wireValue(read as string)).toBe(sent);
  });

  it('are refused where they should be text and are none', () => {
    expect(() => headerMap({ 'x-container-meta-a': '\u00ff' })).toThrow(expect.objectContaining({ status: 400 }));
    expect(headerMap({ 'user-agent': '\u00ff' })).toEqual({ 'user-agent': '\u00ff' });
  });

  it('have dashes in names of metadata, and capitals where they are shown', () => {
    expect(headerMap({ 'x-container-meta-a_b': '1', 'x-remove-account-meta-c_d': '2', x_auth_token: '3' })).toEqual({ 'x-container-meta-a-b': '1', 'x-remove-account-meta-c-d': '2', x_auth_token: '3' });
    expect(['etag', 'x-object-meta-food', 'x-container-meta-a1b'].map(shownName)).toEqual(['Etag', 'X-Object-Meta-Food', 'X-Container-Meta-A1B']);
  });

  it('cannot break a line', () => {
    expect(wireValue('a\r\nb\0')).toBe('a  b ');
  });

  it.each([['true', true], ['YES', true], ['1', true], ['t', true], ['on', true], ['no', false], ['', false], [null, false], [undefined, false]])('%j says yes: %s', (value, says) => {
    expect(saysYes(value)).toBe(says);
  });
});
