import type { SecurityGroupRuleSpec } from '@virga/ports';
import { Refused } from '@virga/ports';
import { aRule, aSecurityGroup } from '../testing/model.js';
import { compileSecurityGroup, requireExpressible, ruleMatch } from './security-groups.js';

const group = '11111111-2222-3333-4444-555555555555';
const remote = '$pg_11111111_2222_3333_4444_555555555555';

describe('the match of a rule', () => {
  it.each<[Partial<SecurityGroupRuleSpec>, string]>([
    [{}, 'inport == @g && ip4'],
    [{ etherType: 'IPv6' }, 'inport == @g && ip6'],
    [{ direction: 'ingress' }, 'outport == @g && ip4'],
    [{ direction: 'ingress', remoteIpPrefix: '10.1.2.3/8' }, 'outport == @g && ip4 && ip4.src == 10.0.0.0/8'],
    [{ remoteIpPrefix: '10.1.2.3/32' }, 'inport == @g && ip4 && ip4.dst == 10.1.2.3/32'],
    [{ remoteIpPrefix: '0.0.0.0/0' }, 'inport == @g && ip4'],
    [{ etherType: 'IPv6', remoteIpPrefix: 'fd00:1:2::5/47' }, 'inport == @g && ip6 && ip6.dst == fd00:1:2::/47'],
    [{ direction: 'ingress', remoteGroupId: group }, `outport == @g && ip4 && ip4.src == ${remote}_ip4`],
    [{ etherType: 'IPv6', remoteGroupId: group }, `inport == @g && ip6 && ip6.dst == ${remote}_ip6`],
    [{ protocol: 'tcp' }, 'inport == @g && ip4 && tcp'],
    [{ protocol: '6', portRangeMin: 22, portRangeMax: 22 }, 'inport == @g && ip4 && tcp && tcp.dst == 22'],
    [{ protocol: 'udp', portRangeMin: 1, portRangeMax: 9 }, 'inport == @g && ip4 && udp && udp.dst >= 1 && udp.dst <= 9'],
    [{ protocol: 'sctp', portRangeMin: 7 }, 'inport == @g && ip4 && sctp && sctp.dst >= 7'],
    [{ protocol: 'icmp' }, 'inport == @g && ip4 && icmp4'],
    [{ protocol: 'icmp', portRangeMin: 8 }, 'inport == @g && ip4 && icmp4 && icmp4.type == 8'],
    [{ protocol: '1', portRangeMin: 3, portRangeMax: 4 }, 'inport == @g && ip4 && icmp4 && icmp4.type == 3 && icmp4.code == 4'],
    [{ protocol: 'icmp', etherType: 'IPv6' }, 'inport == @g && ip6 && icmp6'],
    [{ protocol: 'ipv6-icmp', etherType: 'IPv6', portRangeMin: 128 }, 'inport == @g && ip6 && icmp6 && icmp6.type == 128'],
    [{ protocol: 'vrrp' }, 'inport == @g && ip4 && ip.proto == 112'],
    [{ protocol: '253' }, 'inport == @g && ip4 && ip.proto == 253'],
    [{ protocol: 'any' }, 'inport == @g && ip4'],
  ])('of %j is %s', (rule, match) => {
    expect(ruleMatch('g', aRule(rule))).toBe(match);
  });

  it('does not exist for ports that OVN cannot see; such a rule allows nothing', () => {
    const unknown = aSecurityGroup({ rules: [aRule({ protocol: 'dccp', portRangeMin: 1, portRangeMax: 2 })] });
    expect(compileSecurityGroup(unknown).rows.filter(({ table }) => table === 'ACL')).toEqual([]);
    expect(() => requireExpressible(unknown)).toThrow(Refused);
  });
});

it('a stateless group allows without tracking', () => {
  const actions = compileSecurityGroup(aSecurityGroup({ isStateful: false })).rows.map(({ columns }) => columns['action']).filter(Boolean);
  expect(new Set(actions)).toEqual(new Set(['allow-stateless']));
});
