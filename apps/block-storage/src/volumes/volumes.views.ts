import type { OutputOf, Reply, RequestFacts } from '@virga/contract';
import type { volumes as contract } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { poolName } from '../backends/index.js';
import type { Explanation } from '../scheduling/index.js';
import { bareTime, bareTimeOrNull, linksTo } from '../wire/index.js';
import type { ShownAttachment, VolumeDetails, VolumeReferenceRow } from './volume-details.repository.js';
import type { Volume } from './volume.js';

type View<Endpoint> = Exclude<OutputOf<Endpoint>, void | Reply<unknown>>;
type VolumeView = View<typeof contract.showVolume>['volume'];

/** Which attributes the caller may see. */
export interface Visibility {
  tenant: boolean;
  host: boolean;
  migration: boolean;
  imageMetadata: boolean;
}

/** Who reads it, and where. */
export interface Reading {
  caller: Pick<Caller, 'projectId'>;
  request: RequestFacts;
}

export function referenceView({ id, name }: VolumeReferenceRow, { request, caller }: Reading): View<typeof contract.listVolumes>['volumes'][number] {
  return { id, name, links: linksTo('volumes', id, request, caller) };
}

export function volumeView(volume: VolumeDetails, shows: Visibility, { request, caller }: Reading): VolumeView {
  const { id, name, description, status, metadata, snapshotId, sourceVolumeId, userId, groupId, migrationStatus, keyId } = volume;
  return {
    id, name, description, status, metadata: { ...metadata, ...visibleOf(volume.adminMetadata) }, size: volume.sizeGibibytes, availability_zone: volume.availabilityZone,
    attachments: volume.attachments.map((attachment) => attachmentView(attachment, id, shows)),
    bootable: volume.isBootable ? 'true' : 'false', encrypted: keyId !== null, multiattach: volume.isMultiattach, volume_type: volume.typeName,
    snapshot_id: snapshotId, source_volid: sourceVolumeId, consistencygroup_id: null, replication_status: null,
    migration_status: shows.migration ? migrationStatus : null, user_id: userId, created_at: bareTime(volume.createdAt), updated_at: bareTimeOrNull(volume.updatedAt),
    links: linksTo('volumes', id, request, caller), group_id: groupId, ...restrictedView(volume, shows), ...newerView(volume, shows),
  };
}

/** What the service keeps beside the users' metadata and shows among it (Cinder's visible admin metadata). */
function visibleOf({ readonly, attached_mode: mode }: Record<string, string>): Record<string, string> {
  return { ...(readonly !== undefined && { readonly }), ...(mode !== undefined && { attached_mode: mode }) };
}

function restrictedView(volume: Volume, shows: Visibility): Partial<VolumeView> {
  return {
    ...(shows.imageMetadata && volume.imageMetadata !== null && { volume_image_metadata: volume.imageMetadata }),
    ...(shows.tenant && { 'os-vol-tenant-attr:tenant_id': volume.projectId }),
    ...(shows.host && { 'os-vol-host-attr:host': volume.backend === null ? null : poolName(volume.backend), provider_id: null, cluster_name: null }),
    ...(shows.migration && { 'os-vol-mig-status-attr:migstat': volume.migrationStatus, 'os-vol-mig-status-attr:name_id': null }),
  };
}

/** What later microversions added; none of the backends has targets that several volumes share. */
function newerView(volume: Volume, _shows: Visibility): Partial<VolumeView> {
  return {
    service_uuid: null, shared_targets: false, volume_type_id: volume.typeId, consumes_quota: volume.consumesQuota,
    ...(volume.keyId !== null && { encryption_key_id: volume.keyId }),
  };
}

function attachmentView({ id, serverId, hostName, device, attachedAt }: ShownAttachment, volumeId: string, shows: Visibility): VolumeView['attachments'][number] {
  return {
    id: volumeId, attachment_id: id, volume_id: volumeId, server_id: serverId, host_name: shows.host ? hostName : null, device,
    attached_at: attachedAt === null ? null : bareTime(new Date(attachedAt)),
  };
}

interface Explained {
  volume: Pick<Volume, 'id'>;
  decidedAt: Date;
  explanation: Explanation;
  showsBackends: boolean;
}

/** The tenant sees classes of reasons, the operator each backend. */
export function explanationView({ volume, decidedAt, explanation, showsBackends }: Explained): View<typeof contract.showVolumePlacement> {
  return {
    explanation: {
      volume_id: volume.id, decided_at: decidedAt.toISOString(), outcome: explanation.backend === null ? 'no-valid-backend' : 'placed',
      reasons: explanation.reasons.map(({ reason, backends, description }) => ({ reason, backends, description })),
      ...(showsBackends && { backend: explanation.backend, backends: explanation.backends }),
    },
  };
}
