import { join } from 'node:path';
import { appSettings, type AppName, type ConfigOf, type ServiceConfig } from '@virga/config';
import { SERVICE_USERS, type Cloud } from './cloud.js';
import { GUEST_USER, libvirtSocket } from './engines/libvirt.js';
import { northboundRemote, southboundRemote, type Datapath } from './engines/ovn.js';
import { databaseUrl } from './engines/postgresql.js';
import { agentBrokerUrl, brokerUrl } from './engines/rabbitmq.js';
import { exportAddress } from './engines/storage.js';
import { hostNameServers } from './name-servers.js';
import { secretOf, writePrivately } from './secrets.js';

/** Writes each app's configuration, readable by root only, and answers where it lies. */
export function writeAppConfigs(cloud: Cloud, datapath: Datapath): Map<string, string> {
  const configs: { [App in AppName]: ConfigOf<App> } = {
    'identity': identityConfig(cloud),
    'compute': { ...serviceConfig(cloud), serviceCredentials: credentials(cloud, 'nova'), metadataSecretFile: cloud.secret('metadata-secret'), historyDays: cloud.settings.historyDays },
    'network': { ...serviceConfig(cloud), serviceCredentials: credentials(cloud, 'neutron'), ovn: ovnConfig(cloud) },
    'image': { ...serviceConfig(cloud), serviceCredentials: credentials(cloud, 'glance'), image: { storeDirectory: cloud.directories.images } },
    'block-storage': {
      ...serviceConfig(cloud), serviceCredentials: credentials(cloud, 'cinder'), storageSecretFile: cloud.secret('storage-secret'),
      historyDays: cloud.settings.historyDays, backupPlace: cloud.settings.backupPlace, defaultGroupType: cloud.settings.defaultGroupType,
    },
    'object-storage': { ...serviceConfig(cloud), objectStorage: objectStorageConfig(cloud) },
    'compute-agent': agentConfig(cloud, datapath),
    'storage-agent': storageAgentConfig(cloud),
  };
  const files = new Map<string, string>();
  for (const app of Object.keys(appSettings) as AppName[]) {
    const file = join(cloud.directories.config, `${app}.json`);
    writePrivately(file, `${JSON.stringify(configs[app], undefined, 2)}\n`);
    files.set(app, file);
  }
  return files;
}

function serviceConfig({ settings, ...cloud }: Cloud): ServiceConfig {
  const { region, logLevel, publicHost, bindAddress, ports } = settings;
  const whole = { settings, ...cloud };
  return {
    region, logLevel, publicHost, bindAddress, ports,
    stateDirectory: settings.stateDirectory,
    database: { url: databaseUrl(whole) },
    broker: { url: brokerUrl(whole) },
    masterKeyFile: cloud.secret('master-key'),
  };
}

function identityConfig(cloud: Cloud): ConfigOf<'identity'> {
  return {
    ...serviceConfig(cloud),
    bootstrap: {
      adminPasswordFile: cloud.secret('admin-password'),
      servicePasswordFiles: Object.fromEntries(SERVICE_USERS.map((user) => [user, cloud.secret(`${user}-password`)])),
    },
  };
}

const credentials = (cloud: Cloud, userName: (typeof SERVICE_USERS)[number]) =>
  ({ userName, password: secretOf(cloud, `${userName}-password`), projectName: 'service' });

function ovnConfig(cloud: Cloud): ConfigOf<'network'>['ovn'] {
  const { dnsServers } = cloud.settings;
  return {
    northbound: northboundRemote(cloud), southbound: southboundRemote(cloud), physicalNetworks: ['physnet1'],
    dnsServers: dnsServers.length > 0 ? dnsServers : hostNameServers(),
  };
}

function objectStorageConfig({ settings, directories }: Cloud): ConfigOf<'object-storage'>['objectStorage'] {
  return { storageDirectory: directories.objects, ...settings.objectStorage, operatorPort: settings.enginePorts.objectOperators };
}

function agentConfig(cloud: Cloud, datapath: Datapath): ConfigOf<'compute-agent'> {
  const { settings, directories } = cloud;
  const { region, logLevel, publicHost, ports, host, enginePorts } = settings;
  return {
    region, logLevel,
    broker: { url: agentBrokerUrl(cloud, 'compute-agent') },
    agent: {
      host: host.name, availabilityZone: host.availabilityZone, datapath, healthPort: enginePorts.agentHealth,
      libvirtSocket: libvirtSocket(cloud),
      instancesDirectory: directories.instances,
      imageCacheDirectory: directories.imageCache,
      ovsRunDirectory: directories.ovs,
      metadataSocket: join(directories.run, 'metadata.sock'),
      metadataKeyFile: cloud.secret('host-metadata-key'),
      volumeCredentialsKeyFile: cloud.secret('host-volume-credentials-key'),
      imageUrl: `http://${publicHost}:${ports.image}`,
      computeUrl: `http://${publicHost}:${ports.metadata}`,
    },
  };
}

function storageAgentConfig(cloud: Cloud): ConfigOf<'storage-agent'> {
  const { settings, directories } = cloud;
  const { region, logLevel, publicHost, ports, host, enginePorts, storage } = settings;
  return {
    region, logLevel,
    broker: { url: agentBrokerUrl(cloud, 'storage-agent') },
    agent: {
      host: host.name, availabilityZone: host.availabilityZone, healthPort: enginePorts.storageHealth,
      backends: [
        {
          name: 'file', kind: 'file', directory: directories.volumes, runDirectory: directories.volumesRun,
          reservedPercentage: storage.reservedPercentage, maxOverSubscriptionRatio: storage.maxOverSubscriptionRatio,
        },
        // Before those that need no ports, so that adding one of those changes nobody's ports.
        ...storage.directories.map((place) => ({ ...place, kind: 'file' as const, runDirectory: join(directories.run, `volumes-${place.name}`) })),
        ...storage.ceph.map(({ name, reservedPercentage, maxOverSubscriptionRatio, ...ceph }) => ({
          name, kind: 'rbd' as const, reservedPercentage, maxOverSubscriptionRatio, directory: join(directories.cephWork, name), runDirectory: join(directories.run, name), ceph,
        })),
      ],
      volumeCredentialsSecretFile: cloud.secret('volume-credentials-secret'),
      tasksDirectory: directories.storageTasks, backupDirectory: directories.backups,
      guestGroup: GUEST_USER,
      exports: { address: exportAddress(cloud), pkiDirectory: directories.storagePki, firstPort: storage.firstExportPort, portsPerBackend: storage.exportPorts },
      imageUrl: `http://${publicHost}:${ports.image}`,
      blockStorageUrl: `http://${publicHost}:${ports.blockStorage}`,
      storageKeyFile: cloud.secret('host-storage-key'),
    },
  };
}
