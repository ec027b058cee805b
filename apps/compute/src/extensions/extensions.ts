/** What each extension of old added; all of them are part of the API now. */
const ADDITIONS: Readonly<Record<string, readonly [name: string, description: string]>> = {
  'OS-DCF': ['DiskConfig', 'Disk management of servers.'],
  'OS-EXT-AZ': ['ExtendedAvailabilityZone', 'Availability zones of servers.'],
  'OS-EXT-IPS': ['ExtendedIps', 'Types of addresses.'],
  'OS-EXT-IPS-MAC': ['ExtendedIpsMac', 'MAC addresses beside addresses.'],
  'OS-EXT-SRV-ATTR': ['ExtendedServerAttributes', 'Host, hypervisor and internal name of servers.'],
  'OS-EXT-STS': ['ExtendedStatus', 'Power, task and internal states of servers.'],
  'OS-FLV-DISABLED': ['FlavorDisabled', 'Flavors out of use.'],
  'OS-FLV-EXT-DATA': ['FlavorExtraData', 'Ephemeral disks of flavors.'],
  'OS-SRV-USG': ['ServerUsage', 'When servers were launched and terminated.'],
  'os-admin-actions': ['AdminActions', 'Actions of administrators on servers.'],
  'os-aggregates': ['Aggregates', 'Groups of hosts.'],
  'os-attach-interfaces': ['AttachInterfaces', 'Adding and removing interfaces of servers.'],
  'os-availability-zone': ['AvailabilityZone', 'Availability zones.'],
  'os-config-drive': ['ConfigDrive', 'Metadata as a drive.'],
  'os-console-output': ['ConsoleOutput', 'What servers write to their consoles.'],
  'os-consoles': ['Consoles', 'Consoles of servers.'],
  'os-flavor-access': ['FlavorAccess', 'Private flavors.'],
  'os-flavor-extra-specs': ['FlavorExtraSpecs', 'Extra specifications of flavors.'],
  'os-flavor-manage': ['FlavorManage', 'Creating and deleting flavors.'],
  'os-floating-ip-pools': ['FloatingIpPools', 'Networks that floating IPs come from.'],
  'os-floating-ips': ['FloatingIps', 'Floating IPs.'],
  'os-hosts': ['Hosts', 'Hosts.'],
  'os-hypervisors': ['Hypervisors', 'Hypervisors.'],
  'os-instance-actions': ['InstanceActions', 'What was done with servers.'],
  'os-keypairs': ['Keypairs', 'Key pairs.'],
  'os-lock-server': ['LockServer', 'Protecting servers against changes.'],
  'os-migrations': ['Migrations', 'Moves of servers between hosts.'],
  'os-networks': ['Networks', 'Networks.'],
  'os-pause-server': ['PauseServer', 'Pausing servers.'],
  'os-quota-class-sets': ['QuotaClasses', 'Limits for classes of projects.'],
  'os-quota-sets': ['Quotas', 'Limits of projects.'],
  'os-security-groups': ['SecurityGroups', 'Security groups.'],
  'os-server-groups': ['ServerGroups', 'Groups of servers that share hosts or avoid them.'],
  'os-services': ['Services', 'Services of hosts.'],
  'os-simple-tenant-usage': ['SimpleTenantUsage', 'What projects used.'],
  'os-tenant-networks': ['TenantNetworks', 'Networks of projects.'],
  'os-used-limits': ['UsedLimits', 'Usage beside limits.'],
  'os-user-data': ['UserData', 'Data for new servers.'],
};

export interface Extension {
  alias: string;
  name: string;
  description: string;
  namespace: string;
  updated: string;
  links: [];
}

/** The same moment for all, as ever since the extensions were merged into the API. */
const MERGED_AT = '2014-12-03T00:00:00Z';

export const EXTENSIONS: readonly Extension[] = Object.entries(ADDITIONS).map(([alias, [name, description]]) => ({
  alias, name, description, namespace: `http://docs.openstack.org/compute/ext/${alias}/api/v2.1`, updated: MERGED_AT, links: [],
}));
