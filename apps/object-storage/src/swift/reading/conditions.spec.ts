import { conditionalStatus } from './conditions.js';

const etag = 'd41d8cd98f00b204e9800998ecf8427e';
/** 2020-01-01T00:00:00.5Z: shown to clients as the second that follows. */
const modifiedAt = 1_577_836_800_500_000;
const shown = 'Wed, 01 Jan 2020 00:00:01 GMT';
const before = 'Wed, 01 Jan 2020 00:00:00 GMT';

describe('conditions', () => {
  it.each([
    [{}, undefined],
    [{ 'if-none-match': etag }, 304], [{ 'if-none-match': `"x", "${etag}"` }, 304], [{ 'if-none-match': '*' }, 304], [{ 'if-none-match': 'x' }, undefined],
    [{ 'if-match': `"${etag}"` }, undefined], [{ 'if-match': '*' }, undefined], [{ 'if-match': 'x' }, 412],
    [{ 'if-modified-since': shown }, 304], [{ 'if-modified-since': before }, undefined], [{ 'if-modified-since': 'yesterday' }, undefined],
    [{ 'if-unmodified-since': shown }, undefined], [{ 'if-unmodified-since': before }, 412],
    [{ 'if-match': 'x', 'if-none-match': etag }, 304],
  ])('%j is answered with %s', (headers, status) => {
    expect(conditionalStatus(headers, { etag, modifiedAt })).toBe(status);
  });
});
