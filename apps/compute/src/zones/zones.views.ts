import { HOST_BINARY, type HostRecord } from '../hypervisors/index.js';
import { bareTime } from '../wire/index.js';

interface ZoneView {
  zoneName: string;
  zoneState: { available: boolean };
  hosts: unknown;
}

/** The zones of these hosts, those with a host in service first; a zone without one is not available. */
export function zonesView(hosts: readonly HostRecord[], { showsHosts }: { showsHosts: boolean }): ZoneView[] {
  const names = [...new Set(hosts.map(({ zone }) => zone))].sort();
  const zones = names.map((zoneName): ZoneView => {
    const serving = hosts.filter(({ zone, isDisabled }) => zone === zoneName && !isDisabled);
    return { zoneName, zoneState: { available: serving.length > 0 }, hosts: showsHosts && serving.length > 0 ? hostsView(serving) : null };
  });
  return [...zones.filter(({ zoneState }) => zoneState.available), ...zones.filter(({ zoneState }) => !zoneState.available)];
}

function hostsView(hosts: readonly HostRecord[]): object {
  return Object.fromEntries(hosts.map(({ name, isUp, isDisabled, lastSeenAt }) => [
    name, { [HOST_BINARY]: { active: !isDisabled, available: isUp, updated_at: bareTime(lastSeenAt) } },
  ]));
}
