import { isMultiattachType, satisfies, unmetExtraSpec, zonesOf } from './extra-specs.js';

describe('what an extra spec asks of a capability', () => {
  it.each<[unknown, string | null, boolean]>([
    ['nbd', 'nbd', true], ['nbd', 'iSCSI', false], [null, null, true], ['', null, false],
    [true, '<is> True', true], [true, '<is> false', false], ['yes', '<is> 1', true], [false, '<is> no', true], [false, '<is> True', false], [true, '<is>', false],
    ['ceph-fast', '<in> fast', true], ['ceph', '<in> fast', false], ['fast', '<or> slow <or> fast', true], ['medium', '<or> slow <or> fast', false], ['fast', '<or> fast', true],
    ['file', 's== file', true], ['file', 's!= file', false], ['b', 's> a', true], ['a', 's>= a', true], ['b', 's< a', false], ['a', 's<= a', true],
    [10, '= 9', true], [8, '= 9', false], ['10', '== 10.0', true], [10, '!= 10', false], [10, '>= 10', true], [11, '<= 10', false], ['ten', '>= 1', false], [1, '>= one', false],
    [true, 'True', false], [5, '5', false], ['', '<or>', false],
  ])('%p %p: %p', (value, wanted, outcome) => {
    expect(satisfies(value, wanted)).toBe(outcome);
  });
});

describe('a volume type\'s extra specs', () => {
  const capabilities = { volume_backend_name: 'file', multiattach: true, storage_protocol: ['nbd', 'nbd-tls'], tier: { speed: 'fast' } };

  it('are met by capabilities, with or without their scope', () => {
    expect(unmetExtraSpec(capabilities, { volume_backend_name: 'file', 'capabilities:volume_backend_name': 's== file' })).toBeUndefined();
    expect(unmetExtraSpec(capabilities, { storage_protocol: 'nbd-tls', 'capabilities:tier:speed': 'fast' })).toBeUndefined();
  });

  it('name the one that is not met', () => {
    expect(unmetExtraSpec(capabilities, { multiattach: '<is> True', volume_backend_name: 'rbd' })).toBe('volume_backend_name');
    expect(unmetExtraSpec(capabilities, { unheard_of: 'x' })).toBe('unheard_of');
    expect(unmetExtraSpec(capabilities, { constructor: 'x' })).toBe('constructor');
  });

  it('of other scopes are for others', () => {
    expect(unmetExtraSpec(capabilities, { 'RESKEY:availability_zones': 'west', 'vendor:thing': 'x' })).toBeUndefined();
  });

  it('may name zones', () => {
    expect(zonesOf({ 'RESKEY:availability_zones': 'west, east,' })).toEqual(['west', 'east']);
    expect(zonesOf({ 'RESKEY:availability_zones': ' ' })).toBeUndefined();
    expect(zonesOf({})).toBeUndefined();
  });

  it('allow attaching to several servers only in these words', () => {
    expect(isMultiattachType({ multiattach: '<is> True' })).toBe(true);
    expect(isMultiattachType({ multiattach: 'True' })).toBe(false);
  });
});
