import { swiftDefaults } from '../settings.js';
import { expiryOf } from './expiry.js';
import { metadataChange, systemChange, userMetadata } from './metadata-rules.js';
import { httpDate, listingTime, timestampHeader } from './times.js';

const { limits } = swiftDefaults;
const refusal = (status: number) => expect.objectContaining({ status }) as Error;

describe('metadata in headers', () => {
  it('sets, and removes by an empty value or by X-Remove', () => {
    expect(metadataChange('container', { 'x-container-meta-a': 'ü', 'x-container-meta-b': '', 'x-remove-container-meta-c': '', 'x-other': 'y' }, limits))
      .toEqual({ 'x-container-meta-a': 'ü', 'x-container-meta-b': undefined, 'x-container-meta-c': undefined });
    expect(systemChange('x-container-read', { 'x-remove-container-read': 'x', 'x-container-read': 'y' })).toEqual({ 'x-container-read': undefined });
    expect(systemChange('x-container-read', {})).toEqual({});
  });

  it('has limits: name, value, number and sum', () => {
    const most = (name: string, value: string) => () => userMetadata('object', { [name]: value }, limits);
    expect(most(`x-object-meta-${'n'.repeat(128)}`, 'v'.repeat(256))).not.toThrow();
    expect(most(`x-object-meta-${'n'.repeat(129)}`, 'v')).toThrow(refusal(400));
    expect(most('x-object-meta-n', 'v'.repeat(257))).toThrow(refusal(400));
    expect(most('x-object-meta-n', 'ü'.repeat(129))).toThrow(refusal(400));
    expect(most('x-object-meta-', 'v')).toThrow(refusal(400));
    expect(most('x-any', 'v'.repeat(8193))).toThrow(refusal(400));
    const many = (count: number, value: string) => () => userMetadata('account', Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-account-meta-${at}`, value])), limits);
    expect(many(90, 'v')).not.toThrow();
    expect(many(91, 'v')).toThrow(refusal(400));
    expect(many(17, 'v'.repeat(250))).toThrow(refusal(400));
  });
});

describe('expiry', () => {
  const now = 1_600_000_000_500;

  it('reads X-Delete-After before X-Delete-At', () => {
    expect(expiryOf({ 'x-delete-after': '60', 'x-delete-at': '1700000000' }, now)).toBe(1_600_000_060);
    expect(expiryOf({ 'x-delete-at': '1700000000' }, now)).toBe(1_700_000_000);
    expect(expiryOf({}, now)).toBeUndefined();
  });

  it.each([{ 'x-delete-at': '1599999999' }, { 'x-delete-at': 'soon' }, { 'x-delete-after': '1.5' }, { 'x-delete-after': '0' }, { 'x-delete-after': '-1' }])('refuses %j', (headers) => {
    expect(() => expiryOf(headers, now)).toThrow(refusal(400));
  });
});

describe('times', () => {
  it('shows a moment as each header wants it', () => {
    const moment = 1_577_836_800_123_456;
    expect(timestampHeader(moment)).toBe('1577836800.12345');
    expect(httpDate(moment)).toBe('Wed, 01 Jan 2020 00:00:01 GMT');
    expect(listingTime(moment)).toBe('2020-01-01T00:00:00.123456');
  });
});
