import type { WantedNic } from '@virga/contracts-network';
import type { HostId, ProjectId, ServerId, UserId } from '@virga/kernel';
import type { NewBlockDevice } from '../block-devices/index.js';
import type { Flavor } from '../flavors/index.js';
import type { SeedImage } from '../images/index.js';

/** Where a server's creator wants it, beside its size. */
export interface PlacementHints {
  sameHost?: string[];
  differentHost?: string[];
  /** What the image that the boot volume was made of says of guests. */
  properties?: Record<string, string>;
}

/** What a server's creator asked for and only building it (or its metadata) needs again. */
export interface ServerRequest {
  /** Base64, as it came. */
  userData: string | null;
  publicKey: string | null;
  files: { path: string; contents: string }[];
  nics: WantedNic[];
  securityGroupIds: string[];
  hints: PlacementHints;
  /** Tags of its disks that are no volumes, by target. */
  localDiskTags: Record<string, string>;
  /** A host that alone will do. */
  host: HostId | null;
  /** A hypervisor (by its own name) that alone will do. */
  node: string | null;
}

/** A server before it is written. */
export interface NewServer {
  id: ServerId;
  projectId: ProjectId;
  userId: UserId;
  name: string;
  description: string | null;
  hostname: string;
  flavor: Flavor;
  image: SeedImage | null;
  /** It has no root disk of its own: it boots from one of its volumes. */
  isVolumeBacked: boolean;
  keyName: string | null;
  metadata: Record<string, string>;
  tags: string[];
  requestedZone: string | null;
  accessIpV4: string;
  accessIpV6: string;
  diskConfig: 'AUTO' | 'MANUAL';
  hasConfigDrive: boolean;
  trustedCertificates: string[] | null;
  reservationId: string;
  launchIndex: number;
  groupId: string | null;
  request: ServerRequest;
  devices: NewBlockDevice[];
}
