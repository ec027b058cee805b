export {
  DriverUnavailable, Refused, Outdated,
} from './failures.js';
export { hostCredentialsKey, openCredentials, sealCredentials, type StoreCredentials } from './sealed-credentials.js';
export { CommandTurns, type GenerationalCommand } from './command-turns.js';
export type {
  Hypervisor, GuestSpec, GuestDisk, GuestNic, GuestPower, GuestReport, ObservedGuest, HostResources, PowerRequest, SeedDisk,
  GuestVolume, DiskConnection, DiskImage, DiskLimits, DiskSwap,
} from './hypervisor.js';
export type { HostNetwork, HostNic, MetadataNetwork, ObservedNic } from './host-network.js';
export type {
  NetworkBackend, NetworkModel, NetworkSpec, SubnetSpec, PortSpec, RouterSpec, RouterInterfaceSpec, RouterGatewaySpec,
  FloatingIpSpec, SecurityGroupSpec, SecurityGroupRuleSpec, LogicalKind, LogicalRef, LogicalDrift, ReadModel, PortBinding, ChassisState,
} from './network-backend.js';
export type { ImageStore, StoredBlob, ByteRange } from './image-store.js';
export type { ObjectStore, KeptBytes, SegmentUse, Verdict } from './object-store.js';
export { purposeOf } from './volume-backend.js';
export type {
  VolumeBackend, VolumeSpec, VolumeSource, VolumeKey, VolumeCapabilities, VolumeCapacity, SnapshotRequest, RevertRequest, ResizeRequest, WriteRequest,
  ExportRequest, ExportAddress, RbdAddress, ObservedVolume, ObservedSnapshot, ObservedExport, ObservedStore, Extent, VolumeBlock, ReadableVolume, ReadableSnapshot,
} from './volume-backend.js';
