/** Something that the API can do beyond its core. */
export interface ExtensionFacts {
  name: string;
  description: string;
  updated: string;
}

const since = (year: number, name: string, description: string): ExtensionFacts => ({ name, description, updated: `${year}-01-01T00:00:00-00:00` });

/** By alias: what is really there, and nothing else; clients decide by this list what they ask for. */
export const EXTENSIONS: Readonly<Record<string, ExtensionFacts>> = {
  'agent': since(2013, 'Agents', 'The controllers on the hosts can be listed.'),
  'allowed-address-pairs': since(2013, 'Allowed Address Pairs', 'Ports may use addresses that are not theirs.'),
  'availability_zone': since(2015, 'Availability Zone', 'Availability zones can be listed.'),
  'binding': since(2014, 'Port Binding', 'Administrators see and choose the host of a port.'),
  'default-subnetpools': since(2016, 'Default Subnetpools', 'Subnets can be cut from the default pool of their IP version.'),
  'dns-integration': since(2015, 'DNS Integration', 'Ports have names that their network resolves.'),
  'empty-string-filtering': since(2018, 'Empty String Filtering', 'Lists can be filtered by an empty text.'),
  'external-net': since(2013, 'Neutron external network', 'Networks can be external.'),
  'ext-gw-mode': since(2013, 'Neutron L3 Configurable external gateway mode', 'Routers can have a gateway without source address translation.'),
  'extra_dhcp_opt': since(2013, 'Neutron Extra DHCP options', 'Ports can have DHCP options of their own.'),
  'extraroute': since(2013, 'Neutron Extra Route', 'Routers can have static routes.'),
  'extraroute-atomic': since(2019, 'Atomically add/remove extra routes', 'Single routes can be added to and removed from routers.'),
  'filter-validation': since(2018, 'Filter parameters validation', 'Filters by attributes that do not exist are refused.'),
  'fip-port-details': since(2018, 'Floating IP Port Details Extension', 'Floating IPs show the port that they lead to.'),
  'floatingip-pools': since(2018, 'Floating IP Pools Extension', 'The subnets that floating IPs come from can be listed.'),
  'ip-substring-filtering': since(2017, 'IP address substring filtering', 'Ports can be found by a part of an address.'),
  'net-mtu': since(2015, 'Network MTU', 'Networks show their MTU.'),
  'net-mtu-writable': since(2017, 'Network MTU (writable)', 'The MTU of a network can be chosen and changed.'),
  'network-ip-availability': since(2015, 'Network IP Availability', 'The use of networks\' addresses can be seen.'),
  'network_availability_zone': since(2015, 'Network Availability Zone', 'Networks have availability zones.'),
  'pagination': since(2016, 'Pagination support', 'Lists come in pages.'),
  'port-security': since(2012, 'Port Security', 'Protection against forged addresses can be turned off.'),
  'project-id': since(2016, 'project_id field enabled', 'Owners are called project_id, and tenant_id as before.'),
  'provider': since(2012, 'Provider Network', 'Administrators choose what carries a network.'),
  'quota_details': since(2017, 'Quota details management support', 'Quotas can be seen with their use.'),
  'quotas': since(2012, 'Quota management support', 'Quotas of projects can be seen and changed.'),
  'revision-if-match': since(2016, 'If-Match constraints based on revision_number', 'Changes can be made conditional on a revision.'),
  'router': since(2012, 'Neutron L3 Router', 'Routers between networks, and floating IPs.'),
  'router_availability_zone': since(2015, 'Router Availability Zone', 'Routers have availability zones.'),
  'security-group': since(2012, 'security-group', 'Ports are under security groups.'),
  'security-groups-normalized-cidr': since(2020, 'Normalized CIDR field for security group rules', 'Rules show their prefix without the bits that mean nothing.'),
  'service-type': since(2013, 'Neutron Service Type Management', 'Service providers can be listed.'),
  'sort-key-validation': since(2018, 'Sort keys validation', 'Sorting by attributes that do not exist is refused.'),
  'sorting': since(2016, 'Sorting support', 'Lists can be sorted.'),
  'standard-attr-description': since(2016, 'standard-attr-description', 'Every resource has a description.'),
  'standard-attr-revisions': since(2016, 'Resource revision numbers', 'Every resource has a revision number.'),
  'standard-attr-tag': since(2017, 'Tag support for resources with standard attribute', 'Every resource can have tags.'),
  'standard-attr-timestamp': since(2016, 'Resource timestamps', 'Every resource shows when it was made and changed.'),
  'stateful-security-group': since(2019, 'Stateful security group', 'Security groups can be stateless.'),
  'subnet_allocation': since(2015, 'Subnet Allocation', 'Subnets can be cut out of pools.'),
  'subnetpool-prefix-ops': since(2019, 'Subnet Pool Prefix Operations', 'Prefixes can be added to and removed from subnet pools.'),
  'tag': since(2016, 'Tag support', 'Networks can have tags; see standard-attr-tag.'),
  'tag-ext': since(2017, 'Tag support for resources: subnet, subnetpool, port, router', 'These can have tags; see standard-attr-tag.'),
  'tag-ports-during-bulk-creation': since(2019, 'Tag Ports During Bulk Creation', 'Ports can be made with tags.'),
};
