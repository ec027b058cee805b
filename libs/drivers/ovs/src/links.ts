import type { HostCommands } from './host-commands.js';

/** Linux's network interfaces, addresses and namespaces, by iproute2. */
export class Links {
  constructor(private readonly commands: HostCommands) {}

  /** The names of all interfaces, in the host's namespace or in a named one. */
  async names(signal: AbortSignal, namespace = this.commands.networkNamespace): Promise<Set<string>> {
    const links = await this.show<{ ifname: string }>(namespace, ['link', 'show'], signal);
    return new Set(links.map((link) => link.ifname));
  }

  /** A persistent tap on which QEMU may leave checksums and segmentation to the host (it is told when it may not). */
  async addTap(name: string, signal: AbortSignal): Promise<void> {
    await this.onHost(['tuntap', 'add', 'dev', name, 'mode', 'tap', 'vnet_hdr'], signal);
  }

  async bringUp(name: string, options: { mtu: number }, signal: AbortSignal): Promise<void> {
    // Without an address of its own the host says nothing on the guest's wire.
    await this.onHost(['link', 'set', 'dev', name, 'addrgenmode', 'none'], signal);
    await this.onHost(['link', 'set', 'dev', name, 'mtu', String(options.mtu), 'up'], signal);
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    if ((await this.names(signal)).has(name)) await this.onHost(['link', 'delete', 'dev', name], signal);
  }

  async namespaces(signal: AbortSignal): Promise<string[]> {
    return (await this.show<{ name: string }>(undefined, ['netns', 'list'], signal)).map((namespace) => namespace.name);
  }

  async ensureNamespace(name: string, signal: AbortSignal): Promise<void> {
    const isThere = (await this.namespaces(signal)).includes(name);
    // What was interrupted while it was made is a name with nothing behind it.
    const isWhole = isThere && await this.names(signal, name).then(() => true, () => false);
    signal.throwIfAborted();
    if (isThere && !isWhole) await this.ip(undefined, ['netns', 'delete', name], signal);
    if (!isWhole) await this.ip(undefined, ['netns', 'add', name], signal);
    await this.ip(name, ['link', 'set', 'dev', 'lo', 'up'], signal);
    // A new namespace takes after the host, which may be a router: guests must find no way through this one.
    const settings = ['net.ipv4.ip_forward=0', 'net.ipv6.conf.all.forwarding=0', 'net.ipv6.conf.default.accept_ra=0'];
    await this.commands.runOutside('ip', ['netns', 'exec', name, 'sysctl', '-q', '-e', '-w', ...settings], signal);
  }

  async removeNamespace(name: string, signal: AbortSignal): Promise<void> {
    if ((await this.namespaces(signal)).includes(name)) await this.ip(undefined, ['netns', 'delete', name], signal);
  }

  /**
   * Moves an interface into a namespace, if it stands outside. A restarted switch makes its devices anew, outside, and
   * leaves a dead one of the same name inside; that goes.
   */
  async moveNew(name: string, namespace: string, signal: AbortSignal): Promise<void> {
    if (!(await this.names(signal)).has(name)) return;
    if ((await this.names(signal, namespace)).has(name)) await this.ip(namespace, ['link', 'delete', 'dev', name], signal);
    await this.onHost(['link', 'set', 'dev', name, 'netns', namespace], signal);
  }

  /** The interface is up with this MAC, this MTU and these addresses only. */
  async configure(
    name: string, namespace: string, wanted: { mac: string; mtu: number; addresses: string[] }, signal: AbortSignal,
  ): Promise<void> {
    const ip = (...options: string[]): Promise<string> => this.ip(namespace, options, signal);
    await ip('link', 'set', 'dev', name, 'address', wanted.mac, 'mtu', String(wanted.mtu), 'up');
    const present = await this.addresses(name, namespace, signal);
    for (const address of present.filter((found) => !wanted.addresses.includes(found))) await ip('address', 'delete', address, 'dev', name);
    // Without `nodad` an IPv6 address cannot be bound for its first second.
    for (const address of wanted.addresses) await ip('address', 'replace', address, 'dev', name, ...(address.includes(':') ? ['nodad'] : []));
  }

  /** Without those that the kernel makes itself. */
  private async addresses(name: string, namespace: string, signal: AbortSignal): Promise<string[]> {
    type Link = { addr_info: { local: string; prefixlen: number; scope: string; family: string }[] };
    const [link] = await this.show<Link>(namespace, ['address', 'show', 'dev', name], signal);
    return (link?.addr_info ?? [])
      .filter((address) => address.family === 'inet' || address.scope === 'global')
      .map((address) => `${address.local}/${address.prefixlen}`);
  }

  private async onHost(options: string[], signal: AbortSignal): Promise<void> {
    await this.ip(this.commands.networkNamespace, options, signal);
  }

  /** An empty answer is an empty list. */
  private async show<Entry>(namespace: string | undefined, options: string[], signal: AbortSignal): Promise<Entry[]> {
    const answer = await this.ip(namespace, ['-json', ...options], signal);
    return answer.trim() === '' ? [] : JSON.parse(answer) as Entry[];
  }

  private ip(namespace: string | undefined, options: string[], signal: AbortSignal): Promise<string> {
    return this.commands.runOutside('ip', [...(namespace === undefined ? [] : ['-n', namespace]), ...options], signal);
  }
}
