import { OvsdbDatabase } from '../ovsdb/database.js';
import { Operations, type Operation } from '../ovsdb/operations.js';
import { derivedUuid } from '../ovsdb/uuid.js';

/** What a chassis writes into OVN_Southbound (ovn-sb(5)). */
const tables = {
  Chassis: { name: 'string', hostname: 'string', encaps: 'uuid*' },
  Encap: { type: 'string', ip: 'string', chassis_name: 'string' },
  Port_Binding: { logical_port: 'string', options: 'map', chassis: 'uuid?', up: 'boolean?' },
} as const;

export interface SimulatedChassisOptions {
  southbound: string;
  /** Its name and its host's. */
  name: string;
  signal: AbortSignal;
}

/**
 * A host of OVN without a data path: it claims every port that is asked for it and says that the port is wired, as
 * ovn-controller does for real ones. For scale runs against a real control plane.
 */
export class SimulatedChassis {
  private readonly operations = new Operations(tables);
  private readonly id: string;
  private readonly encapId: string;
  private claiming = Promise.resolve();

  private constructor(private readonly database: OvsdbDatabase<typeof tables>, private readonly name: string) {
    this.id = derivedUuid('simulated-chassis', name);
    this.encapId = derivedUuid('simulated-encap', name);
  }

  /** Joins OVN under this name, anew if it was there before. */
  static async join({ southbound, name, signal }: SimulatedChassisOptions): Promise<SimulatedChassis> {
    const database = new OvsdbDatabase({ remotes: southbound, database: 'OVN_Southbound', tables });
    await database.whenConnected(signal);
    const chassis = new SimulatedChassis(database, name);
    await chassis.register(signal);
    database.replica.subscribe((changes) => {
      if (changes.some(({ table, now }) => table === 'Port_Binding' && now !== undefined)) chassis.claim(signal);
    });
    chassis.claim(signal);
    return chassis;
  }

  /** Gives its ports up and leaves. */
  async leave(signal: AbortSignal): Promise<void> {
    await this.claiming;
    await this.database.transact([this.operations.delete('Chassis', this.id)], signal);
    await this.database.close();
  }

  private async register(signal: AbortSignal): Promise<void> {
    const { replica } = this.database;
    const old = replica.row('Chassis', this.id) === undefined ? [] : [this.operations.delete('Chassis', this.id)];
    if (old.length > 0) await this.database.transact(old, signal);
    await this.database.transact([
      // An address of this machine alone: nothing is ever sent there.
      this.operations.insert('Encap', this.encapId, { type: 'geneve', ip: '127.0.0.99', chassis_name: this.name }),
      this.operations.insert('Chassis', this.id, { name: this.name, hostname: this.name, encaps: new Set([this.encapId]) }),
    ], signal);
  }

  /** One transaction at a time takes all ports that wait: a burst of creations is a few transactions. */
  private claim(signal: AbortSignal): void {
    this.claiming = this.claiming.then(async () => {
      const claims = [...this.database.replica.table('Port_Binding')].flatMap(([uuid, port]): Operation[] => {
        const isMine = port.options.get('requested-chassis') === this.name;
        if (!isMine || (port.up === true && port.chassis === this.id)) return [];
        return [this.operations.update('Port_Binding', uuid, { chassis: this.id, up: true })];
      });
      if (claims.length > 0) await this.database.transact(claims, signal);
    }).catch(() => undefined); // A port that went in this moment; the next change claims what is left.
  }
}
