import { fc, runs } from '@virga/testing/fast-check';
import {
  bitsOf, canonicalIp, canonicalMac, contains, covers, defaultGateway, defaultPools, eui64, firstFreeCidr, formatCidr, formatIp, hostRange, newMac, overlap, parseCidr, parseIp,
  rangeOf, sizeOf, type Cidr, type IpVersion,
} from './index.js';

const aVersion = fc.constantFrom<IpVersion>(4, 6);
const anIp = aVersion.chain((version) => fc.bigInt({ min: 0n, max: (1n << BigInt(bitsOf(version))) - 1n }).map((value) => ({ version, value })));
const aCidr = anIp.chain(({ version, value }) => fc.integer({ min: 1, max: bitsOf(version) }).map((prefix): Cidr => {
  const hostBits = BigInt(bitsOf(version) - prefix);
  return { version, first: (value >> hostBits) << hostBits, prefix };
}));

describe('addresses', () => {
  it('are read as they are written', () => {
    fc.assert(fc.property(anIp, (ip) => expect(parseIp(formatIp(ip))).toEqual(ip)));
    fc.assert(fc.property(aCidr, (cidr) => expect(parseCidr(formatCidr(cidr))).toEqual(cidr)));
  });

  it.each([['10.0.0.1', '10.0.0.1'], ['2001:DB8:0:0::1', '2001:db8::1'], ['::ffff:1.2.3.4', '::ffff:102:304']])('%s is %s', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
  });

  it.each(['10.0.0', '10.0.0.256', '010.0.0.1', '0x0a.0.0.1', '1.2.3.4.5', 'fe80::1%eth0', ':', 'x', '', '1.2.3.4/32'])('%s is no address', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it.each(['10.0.0.1/24', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0', '::/129', '10.0.0.0/255.255.255.0'])('%s is no network', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it('lie in a network exactly where their leading bits are its', () => {
    fc.assert(fc.property(aCidr, anIp, (cidr, ip) => {
      const hostBits = BigInt(bitsOf(cidr.version) - cidr.prefix);
      expect(contains(rangeOf(cidr), ip)).toBe(ip.version === cidr.version && ip.value >> hostBits === cidr.first >> hostBits);
    }));
  });
});

describe('the pools of a subnet', () => {
  it('hold every host address but the gateway, once', () => {
    fc.assert(fc.property(aCidr, fc.boolean(), (cidr, hasGateway) => {
      const gateway = hasGateway ? defaultGateway(cidr) : undefined;
      const pools = defaultPools(cidr, gateway);
      const hosts = hostRange(cidr);
      const size = pools.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
      expect(size).toBe((hosts === undefined ? 0n : hosts.last - hosts.first + 1n) - (gateway === undefined ? 0n : 1n));
      for (const pool of pools) expect(hosts !== undefined && covers(hosts, pool)).toBe(true);
      expect(pools.some((pool) => gateway !== undefined && contains(pool, gateway))).toBe(false);
      expect(pools.some((a, at) => pools.some((b, other) => at < other && overlap(a, b)))).toBe(false);
      expect(pools.map(sizeOf).every((count) => count >= 1 && Number.isSafeInteger(count))).toBe(true);
    }));
  });

  it('leave network and broadcast address out', () => {
    expect(defaultPools(parseCidr('10.0.0.0/29') as Cidr, undefined)).toEqual([{ version: 4, first: 0x0a000001n, last: 0x0a000006n }]);
    expect(defaultPools(parseCidr('10.0.0.0/31') as Cidr, undefined)).toEqual([{ version: 4, first: 0x0a000000n, last: 0x0a000001n }]);
  });
});

describe('cutting networks out of a pool', () => {
  const pool = parseCidr('10.0.0.0/16') as Cidr;
  const lengths = fc.array(fc.integer({ min: 17, max: 28 }), { maxLength: 40 });

  it('finds one wherever there is room, and never twice the same', () => {
    fc.assert(fc.property(lengths, (prefixes) => {
      const taken: Cidr[] = [];
      for (const prefix of prefixes) {
        const cidr = firstFreeCidr([pool], taken, prefix);
        const isRoomy = aligned(prefix).some((candidate) => taken.every((other) => !overlap(rangeOf(candidate), rangeOf(other))));
        expect(cidr !== undefined).toBe(isRoomy);
        if (cidr === undefined) continue;
        expect(covers(rangeOf(pool), rangeOf(cidr)) && taken.every((other) => !overlap(rangeOf(cidr), rangeOf(other)))).toBe(true);
        taken.push(cidr);
      }
    }), { numRuns: runs(30) });
  });

  function aligned(prefix: number): Cidr[] {
    return Array.from({ length: 2 ** (prefix - 16) }, (_, index) => ({ version: 4, first: pool.first + BigInt(index) * (1n << BigInt(32 - prefix)), prefix }));
  }
});

describe('MAC addresses', () => {
  it('are made with OpenStack\'s prefix and read in any notation', () => {
    expect(newMac()).toMatch(/^fa:16:3e(:[0-9a-f]{2}){3}$/);
    expect(['FA-16-3E-00-00-02', 'fa163e000002', 'fa:16:3e:00:00:02'].map(canonicalMac)).toEqual(Array(3).fill('fa:16:3e:00:00:02'));
    expect(['00:00:00:00:00:00', '01:00:5e:00:00:01', 'fa:16:3e', 'zz'].map(canonicalMac)).toEqual(Array(4).fill(undefined));
  });

  it('give hosts their own IPv6 address', () => {
    const cidr = parseCidr('2001:db8::/64') as Cidr;
    expect(formatIp({ version: 6, value: eui64(cidr, 'fa:16:3e:12:34:56') })).toBe('2001:db8::f816:3eff:fe12:3456');
  });
});
