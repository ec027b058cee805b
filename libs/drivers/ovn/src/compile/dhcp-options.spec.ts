import { extraDhcpOption } from './dhcp-options.js';

describe('an extra DHCP option', () => {
  it.each<[string, string, [string, string] | undefined]>([
    ['mtu', '1400', ['mtu', '1400']],
    ['26', '1400', ['mtu', '1400']],
    ['bootfile-name', 'pxelinux.0', ['bootfile_name', '"pxelinux.0"']],
    ['67', 'a"b', ['bootfile_name', '"a\\"b"']],
    ['tftp-server', '10.0.0.5', ['tftp_server_address', '10.0.0.5']],
    ['tftp-server', 'boot.example.org', ['tftp_server', '"boot.example.org"']],
    ['server-ip-address', '10.0.0.5', ['tftp_server_address', '{10.0.0.5}']],
    ['ntp-server', '10.0.0.5,10.0.0.6', ['ntp_server', '{10.0.0.5, 10.0.0.6}']],
    ['option:dns-server', '{9.9.9.9}', ['dns_server', '{9.9.9.9}']],
    ['T1', '60', ['T1', '60']],
    ['no-such-thing', 'x', undefined],
    ['254', 'x', undefined],
  ])('%s=%s by IPv4', (name, value, written) => {
    expect(extraDhcpOption({ name, value, ipVersion: 4 })).toEqual(written);
  });

  it('goes by its own numbers in IPv6', () => {
    expect(extraDhcpOption({ name: 'dns-server', value: 'fd00::1', ipVersion: 6 })).toEqual(['dns_server', '{fd00::1}']);
    expect(extraDhcpOption({ name: '24', value: 'example.org', ipVersion: 6 })).toEqual(['domain_search', '"example.org"']);
    expect(extraDhcpOption({ name: 'domain-search', value: 'example.org', ipVersion: 6 })).toEqual(['domain_search', '"example.org"']);
    expect(extraDhcpOption({ name: 'mtu', value: '1400', ipVersion: 6 })).toBeUndefined();
  });
});
