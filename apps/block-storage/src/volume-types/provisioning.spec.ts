import { requireProvisionable } from './provisioning.js';

describe('sizes of volumes of a type', () => {
  const type = (extraSpecs: Record<string, string>) => ({ name: 'gold', extraSpecs });

  it('are free where the type says nothing, or nothing that is a number', () => {
    expect(() => requireProvisionable(type({}), 1)).not.toThrow();
    expect(() => requireProvisionable(type({ 'provisioning:min_vol_size': 'large', 'provisioning:max_vol_size': '' }), 1)).not.toThrow();
  });

  it('are within its limits, both included', () => {
    const limits = type({ 'provisioning:min_vol_size': '2', 'provisioning:max_vol_size': '4' });
    for (const size of [2, 3, 4]) expect(() => requireProvisionable(limits, size)).not.toThrow();
    expect(() => requireProvisionable(limits, 1)).toThrow("less than the minimum required size of '2' for volume type 'gold'");
    expect(() => requireProvisionable(limits, 5)).toThrow("greater than the maximum allowable size of '4' for volume type 'gold'");
  });
});
