import { hostname } from 'node:os';
import { seconds } from '@virga/kernel';
import { demoProject } from '@virga/testing';
import { useBlockStorageWorld } from '../testing/index.js';

interface ServiceView { binary: string; host: string; state: string; status: string }
const admin = { as: 'admin' };

describe('services', () => {
  const world = useBlockStorageWorld();

  const list = async (query = '', version = '3.70'): Promise<ServiceView[]> =>
    (await world().api<{ services: ServiceView[] }>('GET', `/os-services${query}`, undefined, { ...admin, version })).services;
  const put = async (action: string, body: unknown): Promise<number> => (await world().try('PUT', `/os-services/${action}`, body, admin)).status;
  const backend = { host: 'node-1@file', binary: 'cinder-volume' };

  it('are the scheduler, and the backends and backups of storage hosts', async () => {
    const found = await list();
    expect(found.map(({ binary, host }) => [binary, host])).toEqual([['cinder-scheduler', hostname()], ['cinder-volume', 'node-1@file'], ['cinder-backup', 'node-1']]);
    expect(found[1]).toEqual({
      binary: 'cinder-volume', host: 'node-1@file', zone: 'nova', status: 'enabled', state: 'up', updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
      disabled_reason: null, replication_status: 'disabled', active_backend_id: null, frozen: false, cluster: null, backend_state: 'up',
    });
    expect((await list('', '3.48'))[1]).not.toHaveProperty('backend_state');
    expect((await list('', '3.6'))[1]).not.toHaveProperty('cluster');
    expect(await list('?host=node-1')).toHaveLength(2);
    expect(await list('?host=node-1@file&binary=cinder-volume')).toHaveLength(1);
    expect(await list('?binary=cinder-api')).toEqual([]);
  });

  it('are down when their host is silent', async () => {
    world().clock.advance(seconds(90));
    expect((await list()).map(({ state }) => state)).toEqual(['up', 'down', 'down']);
  });

  it('get no new volumes while they are disabled', async () => {
    expect(await world().api('PUT', '/os-services/disable-log-reason', { ...backend, disabled_reason: 'broken disk' }, admin))
      .toEqual({ ...backend, service: '', status: 'disabled', disabled: true, disabled_reason: 'broken disk' });
    expect((await list('?binary=cinder-volume'))[0]).toMatchObject({ status: 'disabled', disabled_reason: 'broken disk' });
    expect(await world().status(await world().availableVolume())).toBe('error');
    expect(await put('enable', backend)).toBe(200);
    expect((await list('?binary=cinder-volume'))[0]).toMatchObject({ status: 'enabled', disabled_reason: null });
    expect(await world().status(await world().availableVolume())).toBe('available');
    expect(await world().api('PUT', '/os-services/disable', backend, admin)).toEqual({ ...backend, service: '', status: 'disabled', disabled: true });
    expect(await put('enable', { host: 'node-1@file#file', service: 'cinder-volume' })).toBe(200);
  });

  it('get no new volumes while they are frozen', async () => {
    expect(await put('freeze', { host: 'node-1@file' })).toBe(200);
    expect((await list('?binary=cinder-volume'))[0]).toMatchObject({ frozen: true, status: 'enabled' });
    expect(await world().status(await world().availableVolume())).toBe('error');
    expect(await put('thaw', { host: 'node-1@file' })).toBe(200);
    expect(await world().status(await world().availableVolume())).toBe('available');
  });

  it.each([
    ['enable', { ...backend, host: 'invalid_host' }, 404], ['disable', { ...backend, binary: 'invalid_binary' }, 404], ['disable', { host: 'node-1@file' }, 400],
    ['disable', { host: 'node-1', binary: 'cinder-backup' }, 400], ['disable', { host: 'node-1', binary: 'cinder-volume' }, 404],
    ['disable-log-reason', { ...backend, disabled_reason: null }, 400], ['disable-log-reason', { ...backend, disabled_reason: ' ' }, 400],
    ['freeze', { host: 'invalid_host' }, 400], ['thaw', { host: 'invalid_host' }, 400], ['failover_host', { host: 'invalid_host' }, 400],
    ['failover_host', { host: 'node-1@file', backend_id: 'x' }, 400], ['set-log', { level: 'loud' }, 400], ['set-log', { level: 'debug' }, 501], ['get-log', {}, 200], ['nonsense', {}, 404],
  ])('answer %s %p with %p', async (action, body, status) => {
    expect(await put(action, body)).toBe(status);
  });

  it('are hosts too, which show what is on them', async () => {
    await world().availableVolume({ size: 2 });
    await world().availableVolume({ size: 3 }, 'bob');
    const { hosts } = await world().api<{ hosts: Record<string, unknown>[] }>('GET', '/os-hosts', undefined, admin);
    expect(hosts).toHaveLength(3);
    expect(hosts[1]).toEqual({ host_name: 'node-1@file', service: 'cinder-volume', zone: 'nova', 'service-status': 'available', 'service-state': 'enabled', 'last-update': expect.any(String) });
    const { host } = await world().api<{ host: { resource: Record<string, string> }[] }>('GET', '/os-hosts/node-1@file', undefined, admin);
    const of = (project: string, volumes: string, gigabytes: string): unknown => (
      { resource: { host: 'node-1@file', project, volume_count: volumes, total_volume_gb: gigabytes, snapshot_count: '0', total_snapshot_gb: '0' } });
    expect(host[0]).toEqual(of('(total)', '2', '5'));
    expect(host).toContainEqual(of(demoProject, '1', '2'));
    expect(await world().api('PUT', '/os-hosts/node-1@file', { status: 'Disable' }, admin)).toEqual({ host: 'node-1@file', status: 'disabled' });
    expect((await world().try('GET', '/os-hosts/nonsense', undefined, admin)).status).toBe(404);
    expect((await world().api<{ hosts: unknown[] }>('GET', '/os-hosts', undefined, admin)).hosts).toHaveLength(2);
  });
});
