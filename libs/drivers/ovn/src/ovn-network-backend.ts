import { setTimeout as sleep } from 'node:timers/promises';
import { minutes, seconds, systemClock, type Clock, type Duration, type Instant } from '@virga/kernel';
import type {
  ChassisState, LogicalDrift, LogicalRef, NetworkBackend, NetworkModel, PortBinding, PortSpec, ReadModel,
} from '@virga/ports';
import { portBindings } from './bindings.js';
import { commitPlanned, isConflict, translated, whenConnected } from './commit.js';
import { desired, type CompileContext } from './compile/desired.js';
import { rowUuid } from './compile/names.js';
import { compileDropGroup, requireExpressible } from './compile/security-groups.js';
import { subnetContext } from './compile/subnets.js';
import type { Unit } from './compile/unit.js';
import { ChassisLiveness } from './liveness.js';
import { northbound, type Northbound } from './northbound.js';
import { OvsdbDatabase } from './ovsdb/database.js';
import type { Operation } from './ovsdb/operations.js';
import { isOutdated, planUnit } from './plan/diff.js';
import { GatewayChooser } from './plan/gateways.js';
import { anchorOf, NorthboundView } from './plan/northbound-view.js';
import { Plan } from './plan/plan.js';
import { expiredTombstones, planGone } from './plan/removal.js';
import { survey, type Finding } from './plan/survey.js';
import { southbound, type Southbound } from './southbound.js';

/** How often expired tombstones are looked for; each look passes over all of them. */
const TOMBSTONE_ROUND = minutes(5);
/** How many things one repairing transaction covers. Too low: many commits; too high: one concurrent change fails many repairs. */
const REPAIR_BATCH = 100;

/** The pause after a failed choice of gateway hosts: short enough that a new cloud's first router works soon, long enough not to busy a database in trouble. */
const CHOICE_PAUSE = seconds(2);

export interface OvnOptions {
  /** `unix:/path` or `tcp:host:port`; several of a cluster separated by commas. */
  northbound: string;
  southbound: string;
  /** Ends both connections and everything that waits on them. */
  signal: AbortSignal;
  clock?: Clock;
  /** Whether a floating IP is handled on its guest's host: faster, but every such host needs the external network. */
  areFloatingIpsDistributed?: boolean;
  /** How long `chassis` waits for hosts that do not answer; see `ANSWER_LIMIT`. */
  answerLimit?: Duration;
}

/**
 * The network model in OVN.
 *
 * Theory of operation. Rows have ids that follow from the model's: a network's switch has the network's UUID, a derived row one
 * made from its parts. So there is nothing to remember, and writing twice fails instead of doubling. `ensure` compiles what it is
 * given into rows, compares them with the copy of the northbound database, and commits the difference in one transaction whose
 * guards name everything that the comparison rested on: each thing's anchor row with its revision, the sets that it owns, what it
 * refers to. If any of that has changed, nothing is written and the plan is made anew. Shared sets (a switch's ports, a group's
 * members) are changed element by element, so that writers of different ports never meet.
 * Dying anywhere leaves either all of a transaction or none. Whoever comes late is stopped by the revision, or by the tombstone
 * that a removal leaves. It relies on ovsdb-server for atomicity and on northd and ovn-controller to follow.
 * Which hosts serve a router's gateway is not in the model: it is chosen here, at `ensure` and whenever hosts come or go, by every
 * process alike.
 */
export class OvnNetworkBackend implements NetworkBackend {
  private readonly northbound: OvsdbDatabase<Northbound>;
  private readonly southbound: OvsdbDatabase<Southbound>;
  private readonly view: NorthboundView;
  private readonly liveness: ChassisLiveness;
  private readonly gateways: GatewayChooser;
  private readonly clock: Clock;
  private tombstonesSeenAt: Instant = 0;
  private isChoosing = false;
  private isChoiceDue = false;

  private constructor(private readonly options: OvnOptions) {
    this.clock = options.clock ?? systemClock;
    this.northbound = new OvsdbDatabase({ remotes: options.northbound, database: 'OVN_Northbound', tables: northbound });
    this.southbound = new OvsdbDatabase({ remotes: options.southbound, database: 'OVN_Southbound', tables: southbound });
    this.view = new NorthboundView(this.northbound.replica);
    this.liveness = new ChassisLiveness(this.northbound, this.southbound, this.clock, options);
    this.gateways = new GatewayChooser(this.view, this.southbound.replica, () => this.southbound.isConnected);
    this.southbound.replica.subscribe((changes) => {
      if (changes.some(({ table }) => table === 'Chassis')) void this.chooseGateways();
    });
  }

  /**
   * Starts to connect, and keeps connecting for ever; answers at once, whether or not OVN is there. Calls wait for the connection
   * for a moment and then throw `DriverUnavailable`.
   */
  static async connect(options: OvnOptions): Promise<OvnNetworkBackend> {
    options.signal.throwIfAborted();
    const backend = new OvnNetworkBackend(options);
    options.signal.addEventListener('abort', () => void backend.close(), { once: true });
    return backend;
  }

  /** Whether both databases are followed right now; for health checks. */
  get isConnected(): boolean {
    return this.northbound.isConnected && this.southbound.isConnected;
  }

  /** Resolves once both databases are followed, or throws the signal's reason. */
  async whenConnected(signal: AbortSignal): Promise<void> {
    await this.northbound.whenConnected(signal, Number.POSITIVE_INFINITY);
    await this.southbound.whenConnected(signal, Number.POSITIVE_INFINITY);
  }

  /** Ends the connections; resolves when they are closed. The same happens when `options.signal` aborts. */
  async close(): Promise<void> {
    await Promise.all([this.northbound.close(), this.southbound.close()]);
  }

  async ensure(wanted: Partial<NetworkModel>, gone: LogicalRef[], signal: AbortSignal): Promise<void> {
    for (const group of wanted.securityGroups ?? []) requireExpressible(group);
    await commitPlanned(this.northbound, () => this.planEnsure(wanted, gone), signal);
  }

  async drift(read: ReadModel, signal: AbortSignal): Promise<LogicalDrift[]> {
    return (await this.findings(read, signal)).map(({ drift }) => drift);
  }

  async repair(read: ReadModel, signal: AbortSignal): Promise<LogicalDrift[]> {
    const findings = await this.findings(read, signal);
    const repaired: LogicalDrift[] = [];
    for (let at = 0; at < findings.length; at += REPAIR_BATCH) {
      repaired.push(...await this.repairBatch(findings.slice(at, at + REPAIR_BATCH), signal));
    }
    return repaired;
  }

  async* bindings(signal: AbortSignal): AsyncGenerator<PortBinding> {
    const ends = AbortSignal.any([signal, this.options.signal]);
    await this.northbound.whenConnected(ends, Number.POSITIVE_INFINITY).catch((error: unknown) => {
      if (!ends.aborted) throw translated(error);
    });
    if (!ends.aborted) yield* portBindings(this.northbound.replica, ends);
  }

  async chassis(signal: AbortSignal): Promise<ChassisState[]> {
    try {
      return await this.liveness.chassis(signal);
    } catch (error) {
      throw translated(error);
    }
  }

  private planEnsure(wanted: Partial<NetworkModel>, gone: LogicalRef[]): Operation[] {
    const plan = new Plan();
    const now = this.clock.now();
    for (const ref of gone) planGone(ref, now, this.view, plan);
    const model = this.withoutLate(wanted);
    const units = desired(model, this.context(model));
    for (const unit of (model.ports ?? []).length > 0 ? [compileDropGroup(), ...units] : units) {
      if (!isOutdated(unit.anchor, unit.revision, this.view)) planUnit(unit, this.view, plan);
    }
    if (gone.length > 0) this.forgetExpired(now, plan);
    return plan.operations('virga: ensure');
  }

  /** Without what the backend has newer, and what is gone: a port is then compiled from the newer subnet, too. */
  private withoutLate(wanted: Partial<NetworkModel>): Partial<NetworkModel> {
    const fresh = <Spec extends { id: string; revision: number }>(kind: LogicalRef['kind'], specs: Spec[] = []): Spec[] => specs.filter((spec) => {
      const ref = { kind, id: spec.id };
      return !this.view.hasTombstone(ref) && !isOutdated(anchorOf(ref), spec.revision, this.view);
    });
    return {
      networks: fresh('network', wanted.networks),
      subnets: fresh('subnet', wanted.subnets),
      ports: fresh('port', wanted.ports),
      routers: fresh('router', wanted.routers),
      securityGroups: fresh('security-group', wanted.securityGroups),
    };
  }

  private context(model: Partial<NetworkModel>): CompileContext {
    const physical = new Map((model.networks ?? []).map((network) => [network.id, network.provider?.physicalNetwork]));
    return {
      areFloatingIpsDistributed: this.options.areFloatingIpsDistributed ?? false,
      gatewayChassis: (port, networkId) => this.gateways.choose(port, networkId, physical.get(networkId)),
      isProvider: (networkId) => (physical.get(networkId) ?? this.gateways.physicalNetwork(networkId)) !== undefined,
      knownSubnet: (subnetId) => {
        const uuid = rowUuid(subnetId);
        const row = this.view.row('DHCP_Options', uuid);
        return row && subnetContext(uuid, row);
      },
    };
  }

  private forgetExpired(now: Instant, plan: Plan): void {
    if (now - this.tombstonesSeenAt < TOMBSTONE_ROUND) return;
    this.tombstonesSeenAt = now;
    for (const tombstone of expiredTombstones(now, this.view)) plan.delete(tombstone);
  }

  private async findings(read: ReadModel, signal: AbortSignal): Promise<Finding[]> {
    await whenConnected(this.northbound, signal);
    const since = this.northbound.replica.position;
    const model = await read(signal);
    try {
      const context = this.context(model);
      const units: Unit[] = [compileDropGroup(), ...desired({ ...model, ports: resolvable(model, context) }, context)];
      return await survey(units, this.view, since);
    } catch (error) {
      throw translated(error);
    }
  }

  /** Repairs together, or one by one where something in between has changed; what conflicts then is left to the next pass. */
  private async repairBatch(findings: Finding[], signal: AbortSignal): Promise<LogicalDrift[]> {
    const plan = new Plan();
    for (const finding of findings) plan.absorb(finding.plan);
    try {
      await this.northbound.transact(plan.operations('virga: repair'), signal);
      return findings.map(({ drift }) => drift);
    } catch (error) {
      if (!isConflict(error)) throw translated(error);
      if (findings.length === 1) return [];
    }
    const repaired: LogicalDrift[] = [];
    for (const finding of findings) repaired.push(...await this.repairBatch([finding], signal));
    return repaired;
  }

  /** Follows hosts that come and go, one plan at a time. */
  private async chooseGateways(): Promise<void> {
    this.isChoiceDue = true;
    if (this.isChoosing) return;
    this.isChoosing = true;
    while (this.isChoiceDue && !this.options.signal.aborted) {
      this.isChoiceDue = false;
      try {
        await commitPlanned(this.northbound, () => this.gateways.plan().operations('virga: gateways'), this.options.signal);
      } catch {
        // Nobody waits for this. Until it works, `drift` reports the routers whose hosts are not as chosen.
        this.isChoiceDue = true;
        await sleep(CHOICE_PAUSE, undefined, { signal: this.options.signal, ref: false }).catch(() => undefined);
      }
    }
    this.isChoosing = false;
  }
}

/**
 * The ports whose subnets are in the model or there. A model need not be read in one moment: a port that is newer than the
 * model's subnets is left to the next pass.
 */
function resolvable(model: NetworkModel, context: CompileContext): PortSpec[] {
  const given = new Set(model.subnets.map(({ id }) => id));
  return model.ports.filter(({ fixedIps }) => fixedIps.every(({ subnetId }) => given.has(subnetId) || context.knownSubnet(subnetId) !== undefined));
}
