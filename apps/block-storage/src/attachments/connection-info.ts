import type { ExportAddressFact } from '@virga/contracts-block-storage';
import type { Attachment } from './attachment.js';

export interface ConnectionFacts {
  isEncrypted: boolean;
  /** What the volume's type limits the client to, in the words of its specs; null where nothing does. */
  qosSpecs: Readonly<Record<string, string>> | null;
  /** Whether the reader may learn where the volume is: its storage host's addresses, which a server's owner has no use for. */
  mayLocate: boolean;
}

/** By what a client gets at the volume, in Cinder's words. */
export const transportOf = (address: ExportAddressFact | null): 'nbd' | 'rbd' => (address?.kind === 'rbd' ? 'rbd' : 'nbd');

/** What a client needs (`data` of a connection), with Cinder's words for the rest. */
export function connectionData(attachment: Pick<Attachment, 'id' | 'mode' | 'address'>, { isEncrypted, qosSpecs, mayLocate }: ConnectionFacts): Record<string, unknown> {
  const { address, mode, id } = attachment;
  return {
    access_mode: mode, attachment_id: id,
    // Over NBD the storage host encrypts: what the client opens is plain, and it needs no passphrase.
    encrypted: isEncrypted && address?.kind === 'rbd', encrypted_at_rest: isEncrypted,
    qos_specs: qosSpecs,
    ...(address !== null && mayLocate && whereabouts(address)),
  };
}

/** For NBD in the words of its URI specification; `nbds` and `tls` say that the client must show the certificate of the host it was connected for. */
function whereabouts(address: ExportAddressFact): Record<string, unknown> {
  if (address.kind === 'nbd-unix') {
    return {
      transport: 'unix', socket: address.socketPath, export: address.exportName, tls: false,
      uri: `nbd+unix:///${encodeURIComponent(address.exportName)}?socket=${encodeURIComponent(address.socketPath)}`,
    };
  }
  if (address.kind === 'rbd') {
    // In the words that clients of Ceph's know; the key is sealed for the host and for nobody who asks here.
    return {
      name: `${address.pool}/${address.image}`, hosts: address.monitors.map((monitor) => monitor.address), ports: address.monitors.map(({ port }) => String(port)),
      auth_enabled: true, auth_username: address.user, cluster_name: 'ceph',
    };
  }
  const host = address.address.includes(':') ? `[${address.address}]` : address.address;
  return {
    transport: 'tcp', host: address.address, port: address.port, export: address.exportName, tls: true,
    uri: `nbds://${host}:${address.port}/${encodeURIComponent(address.exportName)}`,
  };
}

/** The `connection_info` of the attachments API: everything in one object, and nothing before the volume is connected. */
export function connectionInfo(attachment: Attachment, facts: ConnectionFacts): Record<string, unknown> {
  if (attachment.address === null) return {};
  return { driver_volume_type: transportOf(attachment.address), ...connectionData(attachment, facts), enforce_multipath: attachment.connector?.['enforce_multipath'] === true };
}
