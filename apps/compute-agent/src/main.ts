import { join } from 'node:path';
import { loadConfig, readSecret, systemGroupId } from '@virga/config';
import { ImageCache, LibvirtHypervisor } from '@virga/driver-libvirt';
import { OvsHostNetwork } from '@virga/driver-ovs';
import { systemClock } from '@virga/kernel';
import { runAgent } from './run-agent.js';

/** Images that no guest uses are kept up to so much: the next server of a popular image starts at once. */
const UNUSED_IMAGES_BYTES = 20 * 2 ** 30;

const config = loadConfig('compute-agent');
const { agent } = config;

await runAgent(config, async (logger, images) => {
  const hostNetwork = await OvsHostNetwork.open({
    stateDirectory: join(agent.instancesDirectory, '.networks'), metadataSocket: agent.metadataSocket, database: `unix:${agent.ovsRunDirectory}/db.sock`,
  }, AbortSignal.timeout(60_000));
  const imageCache = await ImageCache.open({
    directory: agent.imageCacheDirectory, fetch: (imageId, signal) => images.fetch(imageId, signal), unusedLimitBytes: UNUSED_IMAGES_BYTES, clock: systemClock,
  });
  const hypervisor = await LibvirtHypervisor.open({
    socketPath: agent.libvirtSocket, instancesDirectory: agent.instancesDirectory, imageCache, hostNetwork, clock: systemClock,
    ...(agent.volumeCredentialsKeyFile !== undefined && { credentialsKey: Buffer.from(readSecret(agent.volumeCredentialsKeyFile), 'hex') }),
  });
  const { isHardware, reason } = hypervisor.virtualization;
  if (isHardware) logger.info('guests run on hardware virtualization', { reason });
  else logger.warn('guests are emulated: slow', { reason });
  return { hypervisor, hostNetwork, proxyGroupId: await systemGroupId('haproxy', 'the package haproxy') };
});
