import { isTrue, type BodyOf, type OutputOf, type QueryOf, type Reply, type VersionNumber } from '@virga/contract';
import { serverVersions, volumeVersions, type attachVolume, type listVolumeAttachments, type showVolumeAttachment, type updateVolumeAttachment } from '@virga/contracts-compute';
import type { BlockDevice } from '../block-devices/index.js';
import { MAX_PAGE } from '../wire/index.js';
import type { AttachmentEdit, AttachmentWish } from './volume-attachments.service.js';

type View = Exclude<OutputOf<typeof showVolumeAttachment>, void | Reply<unknown>>['volumeAttachment'];

export function attachmentView(device: BlockDevice): View {
  const { id, serverId, volumeId, attachmentId, target, tag, deleteOnTermination } = device;
  return { id: volumeId, serverId, volumeId, device: `/dev/${target}`, tag, delete_on_termination: deleteOnTermination, attachment_id: attachmentId, bdm_uuid: id };
}

/** What attaching answers: it has kept the old form. */
export function newAttachmentView(device: BlockDevice): Exclude<OutputOf<typeof attachVolume>, void | Reply<unknown>>['volumeAttachment'] {
  const { serverId, volumeId, target, tag, deleteOnTermination } = device;
  return { id: volumeId, serverId, volumeId, device: `/dev/${target}`, tag, delete_on_termination: deleteOnTermination };
}

/** The part of a list that `limit` and `offset` ask for; of repeated parameters the last counts. */
export function pageOf<Entry>(entries: readonly Entry[], { limit, offset }: QueryOf<typeof listVolumeAttachments>): Entry[] {
  const first = [offset ?? 0].flat().at(-1) ?? 0;
  const count = Math.min([limit ?? MAX_PAGE].flat().at(-1) || MAX_PAGE, MAX_PAGE);
  return entries.slice(first, first + count);
}

export function attachmentWish({ volumeAttachment: wish }: BodyOf<typeof attachVolume>, version: VersionNumber): AttachmentWish {
  return {
    volumeId: wish.volumeId, device: wish.device ?? null, tag: wish.tag ?? null, deleteOnTermination: isTrue(wish.delete_on_termination) ?? false,
    allowsMultiattach: version >= serverVersions.multiattach,
  };
}

export function attachmentEdit({ volumeAttachment: edit }: BodyOf<typeof updateVolumeAttachment>, version: VersionNumber): AttachmentEdit {
  const { id, serverId, device, tag } = edit;
  return {
    volumeId: edit.volumeId, isSwapOnly: version < volumeVersions.update, deleteOnTermination: isTrue(edit.delete_on_termination),
    same: { ...(id !== undefined && { id }), ...(serverId !== undefined && { serverId }), ...(device !== undefined && { device }), ...(tag !== undefined && { tag }) },
  };
}
