import { Injectable } from '@nestjs/common';
import type { BootImage } from '@virga/contracts-image';
import { Invalid, NotFound, raise } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { BackendsRepository } from '../backends/index.js';
import { ImageCalls } from '../images/index.js';
import { ChosenTypesRepository, isMultiattachType, requireEncryptable, VolumeTypeUnknown, type VolumeType } from '../volume-types/index.js';
import { BackupUnknownHere, VolumeRestorations } from './restorations.js';
import { VolumeSourcesRepository, type SourceSnapshot } from './volume-sources.repository.js';
import type { VolumeWish, WishedSource } from './volume-wish.js';
import { GIBIBYTE, isMoving, requireStatus, VolumeState, VolumeUnknown } from './volume.js';
import { VolumesRepository } from './volumes.repository.js';

/** In whose name a volume is made. */
export interface Asker {
  projectId: string;
  userId: string;
  isAdmin: boolean;
}

/** The source as the storage host is told of it, less what is only known when it is told. */
export type BuildSource =
  | { kind: 'empty' } | { kind: 'snapshot'; snapshotId: string } | { kind: 'volume'; volumeId: string }
  | { kind: 'image'; imageId: string; format: 'qcow2' | 'raw'; sizeBytes: number };

/** A wish of which everything is known to be possible. */
export interface CheckedWish {
  wish: VolumeWish;
  type: VolumeType;
  sizeGibibytes: number;
  source: BuildSource;
  /** The backend that it must be on: its source's. */
  sourceBackend: string | undefined;
  keyId: string | null;
  isBootable: boolean;
  isMultiattach: boolean;
  imageMetadata: Record<string, string> | null;
  snapshotId: string | null;
  sourceVolumeId: string | null;
}

/** What the source of a volume says of it. */
interface Origin extends Pick<CheckedWish, 'source' | 'sourceBackend' | 'keyId' | 'isBootable' | 'imageMetadata' | 'snapshotId' | 'sourceVolumeId'> {
  /** The smallest size that will do, and the size where none was asked for. */
  sizeGibibytes: number | undefined;
  typeId: string | undefined;
  /** Why a smaller size will not do. */
  tooSmall: (size: number) => string;
}

class SizeWrong extends Invalid {
  constructor(message: string) {
    super('block-storage.volume.size', `Invalid input received: ${message}`);
  }
}

class ImageUnusable extends Invalid {
  constructor(message: string) {
    super('block-storage.image.unusable', message);
  }
}

/** What volumes are made from. */
@Injectable()
export class OriginRows {
  constructor(readonly sources: VolumeSourcesRepository, readonly restorations: VolumeRestorations) {}
}

/** Looks up everything that a wish names, and whether it fits together; changes nothing. */
@Injectable()
export class WishCheck {
  constructor(
    private readonly db: Database,
    private readonly volumes: VolumesRepository,
    private readonly origins: OriginRows,
    private readonly types: ChosenTypesRepository,
    private readonly backends: BackendsRepository,
    private readonly images: ImageCalls,
  ) {}

  async check(asker: Asker, wish: VolumeWish, signal: AbortSignal): Promise<CheckedWish> {
    const origin = await this.origin(asker, wish.source, signal);
    const sizeGibibytes = sizeFor(wish, origin);
    const type = await this.type(asker, wish, origin);
    if (type.isEncrypted !== (origin.keyId !== null) && wish.source.kind !== 'blank' && wish.source.kind !== 'image') {
      throw new Invalid('block-storage.volume-type.incompatible', `Invalid volume_type: ${type.name} (requested type is not compatible; recommend omitting the type argument).`);
    }
    if (type.encryption !== null) requireEncryptable(type.encryption);
    await this.requireZone(wish);
    const { source, sourceBackend, keyId, isBootable, imageMetadata, snapshotId, sourceVolumeId } = origin;
    return {
      wish, type, sizeGibibytes, source, sourceBackend, keyId, isBootable, imageMetadata, snapshotId, sourceVolumeId,
      isMultiattach: wish.isMultiattach || isMultiattachType(type.extraSpecs),
    };
  }

  private async type(asker: Asker, { volumeType }: VolumeWish, { typeId }: Origin): Promise<VolumeType> {
    if (volumeType !== undefined) return (await this.types.choose(this.db, volumeType, asker)) ?? raise(new VolumeTypeUnknown(volumeType));
    const type = typeId === undefined ? await this.types.defaultOf(this.db, asker.projectId) : await this.types.find(this.db, typeId);
    return type ?? raise(new VolumeTypeUnknown('__DEFAULT__'));
  }

  private async requireZone({ zone }: VolumeWish): Promise<void> {
    if (zone === undefined || (await this.backends.isZone(this.db, zone))) return;
    throw new Invalid('block-storage.zone.unknown', `Invalid input received: Availability zone '${zone.slice(0, 64)}' is invalid.`);
  }

  private async origin(asker: Asker, source: WishedSource, signal: AbortSignal): Promise<Origin> {
    if (source.kind === 'image') return imageOrigin(await this.images.describe(asker, source.imageId, signal));
    if (source.kind === 'snapshot') return this.snapshotOrigin(asker, source.snapshotId);
    if (source.kind === 'volume') return this.volumeOrigin(asker, source.volumeId);
    if (source.kind === 'backup') return this.backupOrigin(asker, source.backupId);
    return { ...NOTHING, source: { kind: 'empty' } };
  }

  private async snapshotOrigin(asker: Asker, id: string): Promise<Origin> {
    const snapshot = await this.origins.sources.snapshot(this.db, id);
    if (snapshot === undefined || !isTheirs(asker, snapshot)) throw new NotFound('block-storage.snapshot.unknown', `Snapshot ${id} could not be found.`);
    if (!['available', 'backing-up'].includes(snapshot.status)) {
      throw new Invalid('block-storage.snapshot.status', 'Invalid snapshot: Originating snapshot status must be one of \'available, backing-up\' values');
    }
    return {
      ...descent(snapshot), source: { kind: 'snapshot', snapshotId: id }, snapshotId: id,
      tooSmall: (size) => `Volume size '${size}'GB cannot be smaller than the snapshot size ${snapshot.sizeGibibytes}GB. They must be >= original snapshot size.`,
    };
  }

  private async volumeOrigin(asker: Asker, id: string): Promise<Origin> {
    const volume = await this.volumes.find(this.db, id);
    if (volume === undefined || volume.status === 'deleted' || !isTheirs(asker, volume)) throw new VolumeUnknown(id);
    requireStatus(volume, ['available', 'in-use']);
    if (volume.backend === null) throw new VolumeState(`Volume ${id} is on no backend.`);
    if (isMoving(volume)) throw new VolumeState(`Volume ${id} is being migrated.`);
    return {
      ...descent(volume), source: { kind: 'volume', volumeId: id }, sourceVolumeId: id,
      tooSmall: (size) => `Volume size '${size}'GB cannot be smaller than original volume size ${volume.sizeGibibytes}GB. They must be >= original volume size.`,
    };
  }

  /** The volume is made empty, and written to once it is there. */
  private async backupOrigin(asker: Asker, id: string): Promise<Origin> {
    const backup = await this.origins.restorations.origin(this.db, id);
    if (backup === undefined || !isTheirs(asker, backup)) throw new BackupUnknownHere(id);
    if (backup.status !== 'available') throw new Invalid('block-storage.backup.status', `Invalid backup: Backup status must be available, but is ${backup.status}.`);
    return {
      ...NOTHING, source: { kind: 'empty' }, keyId: backup.keyId, sizeGibibytes: backup.sizeGibibytes, typeId: backup.typeId,
      tooSmall: (size) => `Volume size '${size}'GB cannot be smaller than the backup size ${backup.sizeGibibytes}GB. It must be >= backup size.`,
    };
  }
}

const NOTHING: Omit<Origin, 'source'> = {
  sourceBackend: undefined, keyId: null, isBootable: false, imageMetadata: null, snapshotId: null, sourceVolumeId: null, sizeGibibytes: undefined, typeId: undefined,
  tooSmall: () => '',
};

/** What a copy has from what it comes from. */
function descent(source: Pick<SourceSnapshot, 'sizeGibibytes' | 'backend' | 'keyId' | 'isBootable' | 'imageMetadata' | 'typeId'>): Omit<Origin, 'source' | 'tooSmall'> {
  return {
    ...NOTHING, sourceBackend: source.backend ?? undefined, keyId: source.keyId, isBootable: source.isBootable, imageMetadata: source.imageMetadata,
    sizeGibibytes: source.sizeGibibytes, typeId: source.typeId,
  };
}

function isTheirs({ projectId, isAdmin }: Asker, thing: { projectId: string }): boolean {
  return isAdmin || thing.projectId === projectId;
}

function sizeFor({ sizeGibibytes, source }: VolumeWish, origin: Origin): number {
  const size = sizeGibibytes ?? (source.kind === 'image' ? undefined : origin.sizeGibibytes);
  if (size === undefined) throw new SizeWrong('Volume size \'None\' must be an integer and greater than 0.');
  if (origin.sizeGibibytes !== undefined && size < origin.sizeGibibytes) throw new SizeWrong(origin.tooSmall(size));
  return size;
}

/** Throws `Invalid` where a volume cannot be made from the image. */
export function imageOrigin(image: BootImage): Origin {
  const { id, status, diskFormat, sizeBytes, virtualSizeBytes, minDiskGibibytes, minRamMebibytes, name, properties } = image;
  if (status !== 'active') throw new ImageUnusable(`Invalid input received: Image ${id} is not active.`);
  if (sizeBytes === null) throw new ImageUnusable(`Invalid input received: The content of image ${id} has not been inspected yet.`);
  if (diskFormat !== 'qcow2' && diskFormat !== 'raw') {
    throw new ImageUnusable(`Invalid input received: Image ${id} is of the disk format ${diskFormat ?? 'unknown'}; volumes are made from qcow2 and raw.`);
  }
  const virtualGibibytes = Math.ceil((virtualSizeBytes ?? sizeBytes) / GIBIBYTE);
  return {
    ...NOTHING, source: { kind: 'image', imageId: id, format: diskFormat, sizeBytes }, isBootable: true, sizeGibibytes: Math.max(virtualGibibytes, minDiskGibibytes, 1),
    imageMetadata: {
      ...properties, image_id: id, image_name: name ?? '', disk_format: diskFormat, container_format: 'bare', min_disk: String(minDiskGibibytes),
      min_ram: String(minRamMebibytes), size: String(sizeBytes),
    },
    tooSmall: (size) => (size < minDiskGibibytes
      ? `Volume size ${size}GB cannot be smaller than the image minDisk size ${minDiskGibibytes}GB.`
      : `Size of specified image ${virtualGibibytes}GB is larger than volume size ${size}GB.`),
  };
}
