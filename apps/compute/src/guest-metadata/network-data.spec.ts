import { Subnet } from './subnet.js';

describe('netmasks', () => {
  it.each([
    ['10.0.0.0/24', '255.255.255.0'], ['10.0.0.0/26', '255.255.255.192'], ['10.0.0.0/8', '255.0.0.0'], ['0.0.0.0/0', '0.0.0.0'], ['10.0.0.1/32', '255.255.255.255'],
    ['fd00::/64', 'ffff:ffff:ffff:ffff::'], ['fd00::/56', 'ffff:ffff:ffff:ff00::'], ['fd00::1/128', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], ['::/0', '::'],
  ])('of %s is %s', (cidr, netmask) => {
    expect(new Subnet(cidr).netmask).toBe(netmask);
  });
});
