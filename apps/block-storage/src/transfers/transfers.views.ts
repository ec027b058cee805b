import type { RequestFacts } from '@virga/contract';
import type { Caller } from '@virga/kernel';
import { bareTime, linksTo, type Link } from '../wire/index.js';
import type { Transfer } from './transfer.js';

interface Asked {
  caller: Caller;
  request: RequestFacts;
}

export interface ReferenceView {
  id: string;
  volume_id: string;
  name: string | null;
  links: Link[];
}

export interface TransferView extends ReferenceView {
  created_at: string;
  no_snapshots: boolean;
  source_project_id: string | null;
  destination_project_id: string | null;
  accepted: boolean;
}

/** Both addresses of the resource show links to the older one, as Cinder does. */
export function referenceView({ id, volumeId, name }: Transfer, { caller, request }: Asked): ReferenceView {
  return { id, volume_id: volumeId, name, links: linksTo('os-volume-transfer', id, request, caller) };
}

export function transferView(transfer: Transfer, asked: Asked): TransferView {
  return {
    ...referenceView(transfer, asked), created_at: bareTime(transfer.createdAt), no_snapshots: transfer.leavesSnapshots,
    source_project_id: transfer.sourceProjectId, destination_project_id: transfer.destinationProjectId, accepted: transfer.isAccepted,
  };
}
