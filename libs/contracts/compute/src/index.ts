export {
  GuestCommand, GuestNicSpec, GuestVolumeSpec, ensureGuest, ensurePower, ensureNoGuest, ensureNic, ensureNoNic, ensureDisk, ensureNoDisk, ensureDiskCopied, ensureDiskSize, ensureDiskSwapped, ensureDiskImage, uploadDiskImage, ensureNoDiskImage,
  consoleOutput, moveDisk,
  guestReport, commandFailed, hostReport,
} from './messages.js';
export { computeEndpoints, computeRules } from './endpoints.js';
export { COMPUTE_VERSIONS, listComputeVersions, showComputeVersion, showComputeVersion2 } from './versions.contract.js';
export {
  createAttachNetwork, createAttachVolume, createForcedHost, createRequestedDestination, createServer, createTrustedCertificates, createZeroDiskFlavor,
} from './server-create.contract.js';
export {
  deleteServer, listAllFilters, listAllProjects, listAllProjectsDetails, listServerDetails, listServers, serverVersions, showExtendedAttributes,
  showFlavorExtraSpecs, showHostStatus, showHostStatusUnknown, showPlacementExplanation, showServer, updateServer,
} from './servers.contract.js';
export {
  changeServerPassword, confirmServerResize, createServerImage, createVolumeBackedImage, forceDeleteServer, lockServer, pauseServer, rebootServer, rebuildServer, resetServerState, resizeServer,
  revertServerResize, showConsoleOutput, startServer, stopServer,
  unlockOverride, unlockServer, unpauseServer,
} from './server-actions.contract.js';
export {
  addServerMetadata, deleteServerMetadataEntry, listServerMetadata, replaceServerMetadata, setServerMetadataEntry, showServerMetadataEntry,
} from './server-metadata.contract.js';
export { addServerTag, checkServerTag, deleteServerTag, deleteServerTags, listServerTags, replaceServerTags } from './server-tags.contract.js';
export { listServerAddresses, showServerAddresses } from './server-addresses.contract.js';
export { attachServerInterface, detachServerInterface, listServerInterfaces, showServerInterface } from './server-interfaces.contract.js';
export {
  attachVolume, detachVolume, listVolumeAttachments, showVolumeAttachment, swapVolume, updateVolumeAttachment, volumeVersions,
} from './server-volumes.contract.js';
export { listServerActions, showActionEventDetails, showActionEvents, showServerAction } from './server-history.contract.js';
export { createServerGroup, deleteServerGroup, listAllServerGroups, listServerGroups, showServerGroup } from './server-groups.contract.js';
export * as aggregates from './aggregates.contract.js';
export * as extensions from './extensions.contract.js';
export * as flavors from './flavors.contract.js';
export * as hypervisors from './hypervisors.contract.js';
export * as keypairs from './keypairs.contract.js';
export * as migrations from './migrations.contract.js';
export * as quotas from './quotas.contract.js';
export * as services from './services.contract.js';
export * as usage from './usage.contract.js';
export * as placement from './placement/index.js';
export * as guestMetadata from './guest-metadata.contract.js';
export * as serverPassword from './server-password.contract.js';
export * as volumeProxies from './volume-proxies.contract.js';
export * as proxies from './network-proxies.contract.js';
export * as externalEvents from './external-events.contract.js';
export * as usageAudit from './usage-audit.contract.js';
export { addFixedIp, removeFixedIp } from './fixed-ips.contract.js';
