import type { Session } from '../session.js';

const READ = { text: 'p50 ≤ 5 ms, p99 ≤ 25 ms', holds: ({ p50Ms, p99Ms }: { p50Ms: number; p99Ms: number }) => p50Ms <= 5 && p99Ms <= 25 };

/** Reading one resource of each service at concurrency 16. */
export async function reads(session: Session, serverId: string): Promise<void> {
  const first = async <Entry>(url: string, key: string): Promise<Entry> => ((await session.client.demand<Record<string, Entry[]>>({ method: 'GET', url }))[key] as Entry[])[0] as Entry;
  const headers = { 'x-auth-token': session.token, 'openstack-api-version': 'compute 2.93' };
  const read = (what: string, url: string): Promise<void> => session.measure(what, { concurrency: 16, seconds: 4, headers, question: () => ({ method: 'GET', url }) }, READ);
  const { id: imageId } = await first<{ id: string }>(`${session.url('image')}/v2/images`, 'images');
  const { id: portId } = await first<{ id: string }>(`${session.url('network')}/v2.0/ports?limit=1`, 'ports');
  await read('show project', `${session.cloud.authUrl}/projects/${session.projectId}`);
  await read('show image', `${session.url('image')}/v2/images/${imageId}`);
  await read('show port', `${session.url('network')}/v2.0/ports/${portId}`);
  await read('show flavor', `${session.url('compute')}/flavors/${(await first<{ id: string }>(`${session.url('compute')}/flavors`, 'flavors')).id}`);
  await read('show server', `${session.url('compute')}/servers/${serverId}`);
}
