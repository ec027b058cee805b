import { existsSync, readFileSync } from 'node:fs';

/** The name servers of this machine that a guest can also ask: not those that listen on the machine's own loopback. */
export function hostNameServers(): string[] {
  if (!existsSync('/etc/resolv.conf')) return [];
  const servers = readFileSync('/etc/resolv.conf', 'utf8').split('\n').map((line) => /^\s*nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/.exec(line)?.[1]);
  return servers.filter((server) => server !== undefined).filter((server) => !server.startsWith('127.'));
}
