import { hours, systemClock, type Clock, type Instant, type PortId } from '@virga/kernel';
import {
  DriverUnavailable, Refused, type ChassisState, type LogicalDrift, type LogicalKind, type LogicalRef, type NetworkBackend, type NetworkModel,
  type PortBinding, type PortSpec, type ReadModel,
} from '@virga/ports';
import { requireExpressible } from '../compile/security-groups.js';
import { SimulatedBindings } from './simulated-bindings.js';

const TOMBSTONE_LIFE = hours(1);

type Spec = { id: string; revision: number };
interface Stored {
  ref: LogicalRef;
  spec: Spec;
  /** The number of the change that wrote it. */
  changedAt: number;
}

export interface SimulatedNetworkOptions {
  clock?: Clock;
  /** Which ports a host wires at once when they are ensured; none where it is not given. */
  bindsAtOnce?: (port: PortSpec) => boolean;
  chassis?: ChassisState[];
}

/**
 * A network backend in memory that keeps the port's promises and nothing else: what it holds are the specs. It can fail, freeze
 * and be tampered with on demand. One conformance suite runs against it and against OVN.
 */
export class SimulatedNetworkBackend implements NetworkBackend {
  private readonly things = new Map<string, Stored>();
  private readonly tombstones = new Map<string, { at: Instant; changedAt: number }>();
  private readonly bound = new SimulatedBindings();
  private readonly clock: Clock;
  private changes = 0;
  private failures = 0;
  private failsAfterCommit = false;
  private frozen: PromiseWithResolvers<void> | undefined;
  private hosts: ChassisState[];

  constructor(private readonly options: SimulatedNetworkOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.hosts = options.chassis ?? [];
  }

  /** The next `times` calls fail with `DriverUnavailable`: before anything happened, or after it was committed. */
  fail(times = Number.POSITIVE_INFINITY, { afterCommit = false } = {}): void {
    this.failures = times;
    this.failsAfterCommit = afterCommit;
  }

  /** Calls wait until `thaw`, or until their signal aborts. */
  freeze(): void {
    this.frozen ??= Promise.withResolvers();
  }

  /** Ends `freeze` and `fail`. */
  thaw(): void {
    this.failures = 0;
    this.frozen?.resolve();
    this.frozen = undefined;
  }

  /** A host has wired the port, or no longer has. */
  bind(portId: PortId, isUp = true): void {
    if (this.things.has(keyOf({ kind: 'port', id: portId }))) this.bound.set(portId, isUp);
  }

  setChassis(chassis: ChassisState[]): void {
    this.hosts = chassis;
  }

  /** The spec that is held, for tests. */
  find(ref: LogicalRef): unknown {
    return this.things.get(keyOf(ref))?.spec;
  }

  /** Everything that is held, for tests. */
  all(): LogicalRef[] {
    return [...this.things.values()].map(({ ref }) => ref);
  }

  /** Somebody changes a thing by hand, or makes one that nobody asked for. */
  tamper(ref: LogicalRef): void {
    const held = this.things.get(keyOf(ref))?.spec ?? { id: ref.id, revision: 1 };
    this.put(ref, { ...held, tampered: true } as Spec);
  }

  /** Somebody removes a thing by hand. */
  remove(ref: LogicalRef): void {
    this.drop(ref);
  }

  async ensure(wanted: Partial<NetworkModel>, gone: LogicalRef[], signal: AbortSignal): Promise<void> {
    const groups = wanted.securityGroups ?? [];
    for (const group of groups) requireExpressible(group);
    await this.call(signal, () => {
      const fresh = specsOf(wanted).filter(({ ref, spec }) => !this.isLate(ref, spec));
      this.requireReferences(fresh);
      for (const ref of gone) this.bury(ref);
      for (const { ref, spec } of fresh) this.put(ref, spec);
    });
  }

  async drift(read: ReadModel, signal: AbortSignal): Promise<LogicalDrift[]> {
    return this.call(signal, () => this.changes).then(async (since) => this.compare(await read(signal), since));
  }

  async repair(read: ReadModel, signal: AbortSignal): Promise<LogicalDrift[]> {
    const since = await this.call(signal, () => this.changes);
    const model = await read(signal);
    const found = this.compare(model, since);
    const specs = new Map(specsOf(model).map(({ ref, spec }) => [keyOf(ref), spec]));
    for (const { kind, id } of found) {
      const spec = specs.get(keyOf({ kind, id }));
      if (spec === undefined) this.drop({ kind, id });
      else this.put({ kind, id }, spec);
    }
    return found;
  }

  bindings(signal: AbortSignal): AsyncIterable<PortBinding> {
    return this.bound.follow(signal);
  }

  async chassis(signal: AbortSignal): Promise<ChassisState[]> {
    return this.call(signal, () => [...this.hosts]);
  }

  private async call<Result>(signal: AbortSignal, work: () => Result): Promise<Result> {
    if (this.frozen !== undefined) await this.thawed(signal);
    if (signal.aborted) throw new DriverUnavailable('ovn', { cause: signal.reason });
    const isFailing = this.failures > 0;
    if (isFailing) this.failures--;
    if (isFailing && !this.failsAfterCommit) throw new DriverUnavailable('ovn', { cause: new Error('simulated failure') });
    const result = work();
    if (isFailing) throw new DriverUnavailable('ovn', { cause: new Error('simulated failure after the commit') });
    return result;
  }

  private async thawed(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    if (!signal.aborted) await Promise.race([this.frozen?.promise, aborted]);
  }

  private isLate(ref: LogicalRef, spec: Spec): boolean {
    const tombstone = this.tombstones.get(keyOf(ref));
    if (tombstone !== undefined && this.clock.now() - tombstone.at <= TOMBSTONE_LIFE) return true;
    const held = this.things.get(keyOf(ref));
    return held !== undefined && held.spec.revision > spec.revision;
  }

  private requireReferences(specs: { ref: LogicalRef; spec: Spec }[]): void {
    const given = new Set(specs.map(({ ref }) => keyOf(ref)));
    for (const { ref, spec } of specs) {
      const missing = referencesOf(ref.kind, spec).find((to) => !given.has(keyOf(to)) && !this.things.has(keyOf(to)));
      if (missing !== undefined) throw new Refused('ovn', `${keyOf(ref)} refers to ${keyOf(missing)}, which is neither given nor there`);
    }
  }

  private put(ref: LogicalRef, spec: Spec): void {
    const key = keyOf(ref);
    this.tombstones.delete(key);
    if (isSame(this.things.get(key)?.spec, spec)) return;
    this.things.set(key, { ref, spec, changedAt: ++this.changes });
    if (ref.kind !== 'port') return;
    this.bound.add(ref.id as PortId);
    if (this.options.bindsAtOnce?.(spec as PortSpec) === true) this.bound.set(ref.id as PortId, true);
  }

  private bury(ref: LogicalRef): void {
    this.drop(ref);
    this.tombstones.set(keyOf(ref), { at: this.clock.now(), changedAt: ++this.changes });
  }

  private drop(ref: LogicalRef): void {
    this.things.delete(keyOf(ref));
    if (ref.kind === 'port') this.bound.delete(ref.id as PortId);
    if (ref.kind !== 'network') return;
    for (const { ref: port, spec } of [...this.things.values()]) {
      if (port.kind === 'port' && (spec as PortSpec).networkId === ref.id) this.drop(port);
    }
  }

  private compare(model: NetworkModel, since: number): LogicalDrift[] {
    const specs = specsOf(model);
    const known = new Set(specs.map(({ ref }) => keyOf(ref)));
    const isNewer = (ref: LogicalRef): boolean =>
      (this.things.get(keyOf(ref))?.changedAt ?? 0) > since || (this.tombstones.get(keyOf(ref))?.changedAt ?? 0) > since;
    const found: LogicalDrift[] = [];
    for (const { ref, spec } of specs) {
      const held = this.things.get(keyOf(ref));
      // What refers to something newer than that part of the model is newer itself.
      if (referencesOf(ref.kind, spec).some((to) => !known.has(keyOf(to)) && !this.things.has(keyOf(to)))) continue;
      if (isNewer(ref) || isSame(held?.spec, spec)) continue;
      found.push({ ...ref, problem: held === undefined ? 'missing' : 'changed', detail: 'the simulated backend holds something else' });
    }
    const unexpected = this.all().filter((ref) => !known.has(keyOf(ref)) && !isNewer(ref));
    return [...found, ...unexpected.map((ref): LogicalDrift => ({ ...ref, problem: 'unexpected', detail: 'not in the model' }))];
  }
}

const keyOf = (ref: LogicalRef): string => `${ref.kind}/${ref.id}`;

/** Lists in specs are sets, and the order of keys means nothing. */
const isSame = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return `{${entries.map(([key, entry]) => `${key}:${canonical(entry)}`).sort().join()}}`;
}

function specsOf(model: Partial<NetworkModel>): { ref: LogicalRef; spec: Spec }[] {
  const of = (kind: LogicalKind, specs: Spec[] = []) => specs.map((spec) => ({ ref: { kind, id: spec.id }, spec }));
  return [
    ...of('network', model.networks), ...of('subnet', model.subnets), ...of('security-group', model.securityGroups), ...of('port', model.ports),
    ...of('router', model.routers),
  ];
}

function referencesOf(kind: LogicalKind, spec: Spec): LogicalRef[] {
  if (kind === 'port') {
    const port = spec as PortSpec;
    const groups = port.hasPortSecurity ? port.securityGroupIds : [];
    return [
      { kind: 'network', id: port.networkId },
      ...port.fixedIps.map(({ subnetId }): LogicalRef => ({ kind: 'subnet', id: subnetId })),
      ...groups.map((id): LogicalRef => ({ kind: 'security-group', id })),
    ];
  }
  if (kind !== 'router') return [];
  const { interfaces, gateway } = spec as NetworkModel['routers'][number];
  return [...interfaces, ...(gateway === undefined ? [] : [gateway])].map(({ networkId }) => ({ kind: 'network', id: networkId }));
}
