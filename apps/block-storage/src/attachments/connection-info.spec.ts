import type { AttachmentId } from '@virga/kernel';
import type { Attachment } from './attachment.js';
import { connectionData, connectionInfo } from './connection-info.js';
import { readConnector } from './connector.js';

const id = '6c0e7c5e-6d2a-4b9b-8d3f-0f1f3a1b2c4d' as AttachmentId;
const overTls = { kind: 'nbd-tls', address: '192.0.2.7', port: 10_811, exportName: id } as const;
const attachment = { id, mode: 'rw', address: overTls, connector: null } as unknown as Attachment;
const facts = { isEncrypted: false, mayLocate: true, qosSpecs: null };

describe('what a client is told of a connection', () => {
  it('is nothing before the volume is connected', () => {
    expect(connectionInfo({ ...attachment, address: null }, facts)).toEqual({});
  });

  it('is all that a client of NBD over TLS needs', () => {
    expect(connectionInfo(attachment, facts)).toEqual({
      driver_volume_type: 'nbd', access_mode: 'rw', attachment_id: id, encrypted: false, encrypted_at_rest: false, qos_specs: null, enforce_multipath: false,
      transport: 'tcp', host: '192.0.2.7', port: 10_811, export: id, tls: true, uri: `nbds://192.0.2.7:10811/${id}`,
    });
  });

  it('writes addresses of IPv6 into URIs in brackets', () => {
    expect(connectionData({ ...attachment, address: { ...overTls, address: '2001:db8::7' } }, facts)).toMatchObject({ host: '2001:db8::7', uri: `nbds://[2001:db8::7]:10811/${id}` });
  });

  it('names the socket on the storage host itself', () => {
    expect(connectionData({ ...attachment, address: { kind: 'nbd-unix', socketPath: '/run/a b.sock', exportName: id } }, facts)).toMatchObject({
      transport: 'unix', socket: '/run/a b.sock', export: id, tls: false, uri: `nbd+unix:///${id}?socket=%2Frun%2Fa%20b.sock`,
    });
  });

  it('names an image of a Ceph cluster and its user, and not what opens it', () => {
    const monitors = [{ address: '192.0.2.8', port: 3300 }, { address: '2001:db8::8', port: 3300 }];
    const address = { kind: 'rbd', monitors, pool: 'volumes', image: 'virga-1', user: `virga-${id}`, isEncrypted: true, sealed: 'v1.secret' } as const;

    expect(connectionInfo({ ...attachment, address }, { ...facts, isEncrypted: true })).toEqual({
      driver_volume_type: 'rbd', access_mode: 'rw', attachment_id: id, encrypted: true, encrypted_at_rest: true, qos_specs: null, enforce_multipath: false,
      name: 'volumes/virga-1', hosts: ['192.0.2.8', '2001:db8::8'], ports: ['3300', '3300'], auth_enabled: true, auth_username: `virga-${id}`, cluster_name: 'ceph',
    });
  });

  it('says that bytes are encrypted at rest, and that the client has nothing to decrypt', () => {
    expect(connectionData(attachment, { ...facts, isEncrypted: true })).toMatchObject({ encrypted: false, encrypted_at_rest: true });
  });

  it('does not say where a server\'s volume is to those who have no use for it', () => {
    const told = connectionInfo(attachment, { ...facts, mayLocate: false });
    expect(told).toEqual({ driver_volume_type: 'nbd', access_mode: 'rw', attachment_id: id, encrypted: false, encrypted_at_rest: false, qos_specs: null, enforce_multipath: false });
  });
});

describe('a connector', () => {
  it('names a host, and may say how the client will use the volume', () => {
    expect(readConnector({ host: 'node-1.example', mode: 'ro', mountpoint: '/dev/vdb', multipath: false })).toEqual({
      host: 'node-1.example', mode: 'ro', mountpoint: '/dev/vdb', sent: { host: 'node-1.example', mode: 'ro', mountpoint: '/dev/vdb', multipath: false },
    });
  });

  it.each([{}, { host: null }, { host: '' }, { host: 'a/b' }, { host: 'a b' }, { host: '-x' }, { host: '..' }, { host: 'x'.repeat(256) }, { host: 7 }])('%j is refused', (sent) => {
    expect(() => readConnector(sent)).toThrow(expect.objectContaining({ code: 'block-storage.attachment.connector' }));
  });

  it('is not kept with what is secret, nor where it is very long', () => {
    expect(readConnector({ host: 'h', auth_password: 'x', initiator: 'iqn' }).sent).toEqual({ host: 'h', initiator: 'iqn' });
    expect(() => readConnector({ host: 'h', more: 'x'.repeat(10_000) })).toThrow(/longer than/);
  });
});
