import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@virga/kernel';
import { onForeignKey, type Tx } from '@virga/persistence';
import type { LogicalRef } from '@virga/ports';
import { NicEvents, type LostNic } from '../nic-events/index.js';
import { RealizationRepository, units } from '../realization/index.js';
import { lookAgain } from '../contention/index.js';
import { isRouterPort } from './port.js';

/** Removes ports with everything that hangs on them, whoever asks: users, compute, or the service itself. */
@Injectable()
export class PortDeletion {
  constructor(private readonly realizations: RealizationRepository, private readonly events: NicEvents, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Deletes the ports; floating IPs that led to them lead nowhere. Answers the units that changed. Already gone is fine. */
  async remove(tx: Tx, portIds: readonly string[]): Promise<LogicalRef[]> {
    if (portIds.length === 0) return [];
    const routers = await this.disassociate(tx, portIds);
    const ports = await tx.sql<LostNic>`DELETE FROM port WHERE id = ANY(${portIds}) RETURNING id, device_id, device_owner, revision_number`
      .catch(onForeignKey('floatingip_port', lookAgain)).catch(onForeignKey('router_port_port', lookAgain));
    await this.events.lost(tx, ports);
    const gone = units('port', ports.filter((port) => !isRouterPort(port.device_owner)).map((port) => port.id));
    const changed = units('router', routers);
    await this.realizations.gone(tx, gone);
    await this.realizations.changed(tx, changed);
    return [...gone, ...changed];
  }

  /** Ends the association of floating IPs with these ports (only with `ips` of them, where given); answers the routers that led there. */
  async disassociate(tx: Tx, portIds: readonly string[], ips?: readonly string[]): Promise<string[]> {
    const rows = await tx.sql<{ router_id: string }>`
      WITH associated AS (
        SELECT id, router_id FROM floatingip WHERE port_id = ANY(${portIds}) AND (${ips === undefined} OR host(fixed_ip) = ANY(${ips ?? []}::text[])) ORDER BY id FOR NO KEY UPDATE)
      UPDATE floatingip f SET port_id = NULL, fixed_ip = NULL, router_id = NULL, status = 'DOWN',
        revision_number = f.revision_number + 1, updated_at = ${new Date(this.clock.now())}
      FROM associated WHERE f.id = associated.id RETURNING associated.router_id`;
    return [...new Set(rows.map((row) => row.router_id))];
  }
}
