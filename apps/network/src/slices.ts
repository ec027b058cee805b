import type { Provider, Type } from '@nestjs/common';
import { Access } from './access/index.js';
import { AddressesRepository } from './addresses/index.js';
import { AgentsController } from './agents/index.js';
import { AvailabilityController, IpAvailabilityRepository, IpAvailabilityService } from './availability/index.js';
import { DiscoveryController } from './extensions/index.js';
import { FloatingIPNotFound, FloatingIpAssociation, FloatingIpParts, FloatingIpsController, FloatingIpsRepository, FloatingIpsService, FloatingPorts } from './floatingips/index.js';
import { MetadataPorts } from './metadata-ports/index.js';
import { NetworkNotFound, NetworkParts, NetworksController, NetworksRepository, NetworksService } from './networks/index.js';
import { NicEvents, NicFactsRepository } from './nic-events/index.js';
import {
  AddressAssignment, PortCreation, PortDeletion, PortNotFound, PortParts, PortStatus, PortWork, PortsController, PortsRepository, PortsService,
} from './ports/index.js';
import { QuotasController, QuotasService } from './quotas/index.js';
import { BackendRepair, ModelRepository, RealizationRepository, RealizationWorker, Realizer } from './realization/index.js';
import {
  InterfaceSources, RouterGateway, RouterInterfacesService, RouterNotFound, RouterParts, RouterPorts, RoutersController, RoutersRepository, RoutersService,
} from './routers/index.js';
import {
  DefaultGroup, SecurityGroupNotFound, SecurityGroupParts, SecurityGroupRulesService, SecurityGroupsController, SecurityGroupsRepository, SecurityGroupsService,
} from './security-groups/index.js';
import { NicResolution, ServerGroups, ServerPortParts, ServerPortsCalls, ServerPortsRepository, ServerPortsService } from './server-ports/index.js';
import { SubnetPoolNotFound, SubnetPoolsController, SubnetPoolsRepository, SubnetPoolsService, SubnetPrefixes } from './subnetpools/index.js';
import { SubnetCreation, SubnetNotFound, SubnetParts, SubnetsController, SubnetsRepository, SubnetsService } from './subnets/index.js';
import { TagsService, tagsController } from './tags/index.js';

const tagControllers = [
  tagsController('networks', { table: 'network', notFound: (id) => new NetworkNotFound(id) }),
  tagsController('subnets', { table: 'subnet', notFound: (id) => new SubnetNotFound(id) }),
  tagsController('subnetpools', { table: 'subnetpool', notFound: (id) => new SubnetPoolNotFound(id) }),
  tagsController('ports', { table: 'port', notFound: (id) => new PortNotFound(id) }),
  tagsController('routers', { table: 'router', notFound: (id) => new RouterNotFound(id) }),
  tagsController('floatingips', { table: 'floatingip', notFound: (id) => new FloatingIPNotFound(id) }),
  tagsController('security-groups', { table: 'security_group', notFound: (id) => new SecurityGroupNotFound(id) }),
];

/** Everything that answers requests. */
export const controllers: Type<object>[] = [
  DiscoveryController, NetworksController, SubnetsController, SubnetPoolsController, PortsController, RoutersController, FloatingIpsController,
  SecurityGroupsController, QuotasController, AgentsController, AvailabilityController, ...tagControllers,
];

/** Everything that does the work. */
export const providers: Provider[] = [
  Access, AddressesRepository, QuotasService, TagsService, IpAvailabilityRepository, IpAvailabilityService, NicEvents, NicFactsRepository, MetadataPorts,
  RealizationRepository, ModelRepository, Realizer, RealizationWorker, BackendRepair,
  NetworkParts, NetworksRepository, NetworksService,
  SubnetParts, SubnetsRepository, SubnetsService, SubnetCreation, SubnetPoolsRepository, SubnetPoolsService, SubnetPrefixes,
  PortParts, PortWork, PortsRepository, PortsService, PortCreation, PortDeletion, PortStatus, AddressAssignment,
  RouterParts, RouterPorts, RoutersRepository, RoutersService, RouterGateway, RouterInterfacesService, InterfaceSources,
  FloatingIpParts, FloatingPorts, FloatingIpsRepository, FloatingIpsService, FloatingIpAssociation,
  SecurityGroupParts, SecurityGroupsRepository, SecurityGroupsService, SecurityGroupRulesService, DefaultGroup,
  ServerPortParts, ServerPortsRepository, ServerPortsService, ServerPortsCalls, NicResolution, ServerGroups,
];
