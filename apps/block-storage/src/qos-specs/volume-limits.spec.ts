import { QosInvalid, requireUsable, volumeLimits } from './volume-limits.js';

describe('the limits of a volume', () => {
  const limits = (specs: Record<string, string>, consumer = 'front-end', size = 10): unknown => volumeLimits({ consumer, specs }, size);

  it('are those of its type\'s QoS specs', () => {
    expect(limits({ read_iops_sec: '2000', write_iops_sec: '1000', total_bytes_sec: '1048576' })).toEqual({ readRequests: 2000, writeRequests: 1000, totalBytes: 1_048_576 });
    expect(limits({ total_iops_sec: '500' }, 'both')).toEqual({ totalRequests: 500 });
  });

  it('are none without specs, with others, or where the storage host alone holds them', () => {
    expect(volumeLimits(undefined, 10)).toEqual({});
    expect(limits({ iops_bytes: '500', total_iops_sec: '0' })).toEqual({});
    expect(limits({ total_iops_sec: '500' }, 'back-end')).toEqual({});
  });

  it.each([
    [{ total_iops_sec_per_gb: '30' }, 10, 300],
    [{ total_iops_sec_per_gb: '30', total_iops_sec_per_gb_min: '500' }, 10, 500],
    [{ total_iops_sec_per_gb: '30', total_iops_sec_max: '1000' }, 100, 1000],
    [{ total_iops_sec_per_gb: '30', total_iops_sec: '7' }, 1, 30],
  ])('grow with the volume: %p of %p GiB', (specs, size, expected) => {
    expect(limits(specs as Record<string, string>, 'front-end', size)).toEqual({ totalRequests: expected });
  });

  it.each([
    [{ read_iops_sec: 'many' }], [{ total_bytes_sec_per_gb: '-1' }], [{ write_bytes_sec_max: '1.5' }],
    [{ total_iops_sec: '1', read_iops_sec: '1' }], [{ total_bytes_sec_per_gb: '1', write_bytes_sec: '1' }],
  ])('cannot be held where they say %p', (specs) => {
    expect(() => requireUsable(specs as Record<string, string>)).toThrow(QosInvalid);
  });

  it('leave alone what they do not know', () => {
    expect(() => requireUsable({ iops_bytes: 'x', total_iops_sec: '1', read_bytes_sec: '2' })).not.toThrow();
  });
});
