import type { LogicalRef, NetworkModel } from '@virga/ports';
import { compileNetwork } from './networks.js';
import { rowUuid } from './names.js';
import { compilePort } from './ports.js';
import { compileRouter, type RouterContext } from './routers.js';
import { compileSecurityGroup } from './security-groups.js';
import { compileSubnet, subnetContext, type SubnetContext } from './subnets.js';
import { MissingReference, type Unit } from './unit.js';

/** What a part of the model depends on that is not in it. */
export interface CompileContext extends RouterContext {
  /** A subnet that is in the backend, for ports whose subnet is not given. */
  knownSubnet(subnetId: string): SubnetContext | undefined;
}

/** The rows that must be there for (a part of) the model. Pure. Throws `MissingReference` for a port without its subnet. */
export function desired(model: Partial<NetworkModel>, context: CompileContext): Unit[] {
  const subnets = (model.subnets ?? []).map(compileSubnet);
  const given = new Map(subnets.map(({ anchor }) => [anchor.uuid, subnetContext(anchor.uuid, anchor.columns as SubnetColumns)]));
  const subnetFor = (port: LogicalRef) => (subnetId: string): SubnetContext => {
    const found = given.get(rowUuid(subnetId)) ?? context.knownSubnet(subnetId);
    if (found === undefined) throw new MissingReference(port, { kind: 'subnet', id: subnetId });
    return found;
  };
  return [
    ...(model.networks ?? []).map(compileNetwork),
    ...subnets,
    ...(model.securityGroups ?? []).map(compileSecurityGroup),
    ...(model.ports ?? []).map((port) => compilePort(port, { subnet: subnetFor({ kind: 'port', id: port.id }) })),
    ...(model.routers ?? []).map((router) => compileRouter(router, context)),
  ];
}

type SubnetColumns = Parameters<typeof subnetContext>[1];
