import { isTrue, type BodyOf, type QueryOf } from '@virga/contract';
import type { manageable as contract } from '@virga/contracts-block-storage';
import { Invalid } from '@virga/kernel';
import { offsetPage } from '../wire/index.js';
import type { ManageWish } from './manage-requests.js';
import { idIn } from './references.js';
import type { ManageablePage } from './unmanaged-volumes.repository.js';

type Query = QueryOf<typeof contract.listManageableVolumes>;
type Body = BodyOf<typeof contract.manageVolume>['volume'];

/** The backend that is meant; a cluster may be named instead, and there are none. */
export function hostIn({ host, cluster }: { host?: string | string[] | null | undefined; cluster?: string | string[] | null | undefined }): string {
  const [name, group] = [[host ?? ''].flat()[0] ?? '', [cluster ?? ''].flat()[0] ?? ''];
  if (name !== '' && group === '') return name;
  if (name === '' && group !== '') throw new Invalid('block-storage.backend.unknown', `Cluster '${group.slice(0, 255)}' not found`);
  throw new Invalid('block-storage.backend.unknown', 'Invalid input received: One and only one of cluster and host must be set.');
}

/** A page of what a backend has; its entries have no other marker than their references. */
export function pageOf(query: Query): Omit<ManageablePage, 'backend'> {
  const { limit, offset, marker, sort } = offsetPage(query, { sortable: ['reference', 'size'], defaultSort: [{ key: 'reference', direction: 'desc' }] });
  const order = sort[0] ?? { key: 'reference', direction: 'desc' };
  return { limit, offset, sort: order.key === 'size' ? 'size' : 'reference', direction: order.direction, after: marker === undefined ? undefined : idIn(marker) };
}

export function wishOf(body: Body): ManageWish {
  return {
    unmanagedId: idIn(body.ref), host: hostIn(body), name: body.name?.trim() ?? null, description: body.description?.trim() ?? null,
    volumeType: body.volume_type || undefined, zone: body.availability_zone || undefined, metadata: body.metadata ?? {}, isBootable: isTrue(body.bootable) === true,
  };
}
