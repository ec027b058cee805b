import { newId, type PortId } from '@virga/kernel';
import { DriverUnavailable, Refused, type LogicalDrift, type LogicalRef, type NetworkBackend, type NetworkModel, type PortBinding } from '@virga/ports';
import { aModel, aNetwork, aPort, aRule, aSecurityGroup, aSmallCloud, aSubnet, refsOf } from './testing/model.js';

/** A backend, and hands that reach into it without going through it. */
export interface BackendUnderTest {
  backend: NetworkBackend;
  /** A second process on the same backend, where there can be one. */
  other: NetworkBackend;
  /** Whether the backend holds anything that belongs to the thing. */
  holds(ref: LogicalRef): Promise<boolean>;
  tamper(ref: LogicalRef): Promise<void>;
  remove(ref: LogicalRef): Promise<void>;
  /** Makes something with our marks that nobody asked for. */
  plant(ref: LogicalRef): Promise<void>;
  wire(portId: PortId, isUp: boolean): Promise<void>;
  /** Takes the backend away, and brings it back. */
  vanish(): Promise<void>;
  comeBack(): Promise<void>;
  end(): Promise<void>;
}

const soon = (): AbortSignal => AbortSignal.timeout(15_000);
const brief = (drifts: LogicalDrift[]): string[] => drifts.map(({ kind, id, problem }) => `${problem} ${kind} ${id}`).sort();

/** What every network backend promises; run against OVN and against its simulated twin. */
export function itIsANetworkBackend(start: () => Promise<BackendUnderTest>): void {
  let under: BackendUnderTest;
  let backend: NetworkBackend;
  beforeAll(async () => {
    under = await start();
    backend = under.backend;
  });
  afterAll(async () => under.end());

  const given = async (model: NetworkModel): Promise<NetworkModel> => {
    await backend.ensure(model, [], soon());
    return model;
  };
  const driftFrom = async (model: NetworkModel): Promise<LogicalDrift[]> => backend.drift(async () => model, soon());
  afterEach(async () => { await backend.repair(async () => aModel(), soon()); });

  describe('ensure', () => {
    it('makes everything that it is given', async () => {
      const model = await given(aSmallCloud());
      for (const ref of refsOf(model)) expect([ref, await under.holds(ref)]).toEqual([ref, true]);
      expect(await driftFrom(model)).toEqual([]);
    });

    it('may be repeated', async () => {
      const model = await given(aSmallCloud());
      await given(model);
      expect(await driftFrom(model)).toEqual([]);
    });

    it('replaces what an older revision said', async () => {
      const model = await given(aSmallCloud());
      const changed: NetworkModel = {
        networks: model.networks.map((each) => ({ ...each, revision: 2, isAdminUp: false })),
        subnets: model.subnets.map((each) => ({ ...each, revision: 2, dnsNameservers: ['9.9.9.9'], isDhcpEnabled: !each.isDhcpEnabled })),
        ports: model.ports.map((each) => ({ ...each, revision: 2, securityGroupIds: [], dnsName: 'other' })),
        routers: model.routers.map((each) => ({ ...each, revision: 2, gateway: undefined, floatingIps: [] })),
        securityGroups: model.securityGroups.map((each) => ({ ...each, revision: 2, rules: [aRule({ protocol: 'icmp' })] })),
      };
      await given(changed);
      expect(await driftFrom(changed)).toEqual([]);
    });

    it('skips a spec that is older than what is there', async () => {
      const model = await given(aSmallCloud());
      const [port] = model.ports;
      const newer = { ...port!, revision: 3, securityGroupIds: [] };
      await backend.ensure({ ports: [newer] }, [], soon());
      await backend.ensure({ ports: [{ ...port!, revision: 2 }], networks: model.networks }, [], soon());
      expect(await driftFrom({ ...model, ports: [newer, ...model.ports.slice(1)] })).toEqual([]);
    });

    it('takes a port alone once its network, subnets and groups are there', async () => {
      const model = await given(aSmallCloud());
      const port = aPort(model.networks[0]!, [[model.subnets[0]!, '10.0.0.77']], { securityGroupIds: [model.securityGroups[0]!.id], dnsName: 'late' });
      await backend.ensure({ ports: [port] }, [], soon());
      expect(await driftFrom({ ...model, ports: [...model.ports, port] })).toEqual([]);
    });

    it.each(['network', 'subnet', 'security group'])('refuses a port whose %s is neither given nor there, and writes nothing', async (missing) => {
      const [network, group] = [aNetwork(), aSecurityGroup()];
      const subnet = aSubnet(network);
      await backend.ensure({
        networks: missing === 'network' ? [] : [network],
        subnets: missing === 'subnet' ? [] : [subnet],
        securityGroups: missing === 'security group' ? [] : [group],
      }, [], soon());
      const port = aPort(network, [[subnet, '10.0.0.5']], { securityGroupIds: [group.id] });
      await expect(backend.ensure({ ports: [port] }, [], soon())).rejects.toBeInstanceOf(Refused);
      expect(await under.holds({ kind: 'port', id: port.id })).toBe(false);
    });

    it('refuses a rule that it could not enforce', async () => {
      const group = aSecurityGroup({ rules: [aRule({ protocol: 'udplite', portRangeMin: 5, portRangeMax: 5 })] });
      await expect(backend.ensure({ securityGroups: [group] }, [], soon())).rejects.toBeInstanceOf(Refused);
      expect(await under.holds({ kind: 'security-group', id: group.id })).toBe(false);
    });

    it('takes a hundred ports at once', async () => {
      const network = aNetwork();
      const subnet = aSubnet(network);
      const group = aSecurityGroup();
      const base = await given(aModel({ networks: [network], subnets: [subnet], securityGroups: [group] }));
      const ports = Array.from({ length: 100 }, (_, index) => aPort(network, [[subnet, `10.0.0.${index + 10}`]], { securityGroupIds: [group.id], dnsName: `vm-${index}` }));
      await Promise.all(ports.map((port, index) => (index % 2 === 0 ? backend : under.other).ensure({ ports: [port] }, [], soon())));
      // What the other process wrote has been seen once nothing is left to do.
      expect(await driftFrom(await given({ ...base, ports }))).toEqual([]);
    });

    it('lets the newest revision win, whoever writes when', async () => {
      const model = await given(aSmallCloud());
      const revisions = [7, 3, 9, 5, 8, 2, 6, 4].map((revision) => ({ ...model.ports[0]!, revision, dnsName: `name-${revision}` }));
      await Promise.all(revisions.map((port, index) => (index % 2 === 0 ? backend : under.other).ensure({ ports: [port] }, [], soon())));
      const newest = revisions.find(({ revision }) => revision === 9)!;
      // Both processes have seen everything once both have written something more.
      await backend.ensure({ ports: [newest] }, [], soon());
      expect(await driftFrom({ ...model, ports: [newest, ...model.ports.slice(1)] })).toEqual([]);
    });
  });

  describe('ensure of what is gone', () => {
    it('leaves nothing behind, and may be repeated', async () => {
      const model = await given(aSmallCloud());
      await backend.ensure({}, refsOf(model), soon());
      await backend.ensure({}, refsOf(model), soon());
      for (const ref of refsOf(model)) expect([ref, await under.holds(ref)]).toEqual([ref, false]);
      expect(await driftFrom(aModel())).toEqual([]);
    });

    it('removes each kind alone', async () => {
      const model = await given(aSmallCloud());
      for (const ref of [...refsOf(model)].reverse()) {
        await backend.ensure({}, [ref], soon());
        expect([ref, await under.holds(ref)]).toEqual([ref, false]);
      }
      expect(await driftFrom(aModel())).toEqual([]);
    });

    it('removes the ports of a network that goes', async () => {
      const model = await given(aSmallCloud());
      await backend.ensure({}, [{ kind: 'network', id: model.networks[0]!.id }], soon());
      for (const port of model.ports) expect(await under.holds({ kind: 'port', id: port.id })).toBe(false);
    });

    it('stops a caller that comes too late from bringing it back', async () => {
      const model = await given(aSmallCloud());
      const refs = refsOf(model);
      await backend.ensure({}, refs, soon());
      await backend.ensure(model, [], soon());
      await under.other.ensure(model, [], soon());
      for (const ref of refs) expect([ref, await under.holds(ref)]).toEqual([ref, false]);
    });

    it('takes what is gone and what is wanted in one call', async () => {
      const model = await given(aSmallCloud());
      const [old, ...others] = model.ports;
      const port = aPort(model.networks[0]!, [[model.subnets[0]!, old!.fixedIps[0]!.ip]]);
      await backend.ensure({ ports: [port] }, [{ kind: 'port', id: old!.id }], soon());
      expect(await driftFrom({ ...model, ports: [...others, port] })).toEqual([]);
    });
  });

  describe('drift and repair', () => {
    it('find what was removed, changed or planted by hand; drift changes nothing, repair all', async () => {
      const model = await given(aSmallCloud());
      const [removed, changed, ...rest] = refsOf(model);
      const planted: LogicalRef = { kind: 'security-group', id: newId() };
      await under.remove({ kind: 'router', id: model.routers[0]!.id });
      for (const ref of rest.filter(({ kind }) => kind !== 'router')) await under.tamper(ref);
      await under.tamper(removed!);
      await under.tamper(changed!);
      await under.plant(planted);

      const expected = [
        ...refsOf(model).map(({ kind, id }) => `${kind === 'router' ? 'missing' : 'changed'} ${kind} ${id}`), `unexpected security-group ${planted.id}`,
      ].sort();
      expect(brief(await driftFrom(model))).toEqual(expected);
      expect(brief(await driftFrom(model))).toEqual(expected);
      expect(brief(await backend.repair(async () => model, soon()))).toEqual(expected);
      expect(await driftFrom(model)).toEqual([]);
      expect(await under.holds(planted)).toBe(false);
    });

    it('bring everything back after it was lost', async () => {
      const model = await given(aSmallCloud());
      for (const ref of refsOf(model)) await under.remove(ref);
      await backend.repair(async () => model, soon());
      expect(await driftFrom(model)).toEqual([]);
    });

    it('leave alone what came or went while the model was read', async () => {
      const model = await given(aSmallCloud());
      const port = aPort(model.networks[0]!, [[model.subnets[0]!, '10.0.0.88']]);
      const [going] = model.ports;
      const meanwhile = async (): Promise<NetworkModel> => {
        await backend.ensure({ ports: [port, { ...model.ports[1]!, revision: 2, dnsName: 'renamed' }] }, [{ kind: 'port', id: going!.id }], soon());
        return model;
      };
      expect(await backend.repair(meanwhile, soon())).toEqual([]);
      expect(await under.holds({ kind: 'port', id: port.id })).toBe(true);
      expect(await under.holds({ kind: 'port', id: going!.id })).toBe(false);
    });

    it('pass over what is newer than the part of the model that it refers to', async () => {
      const model = await given(aSmallCloud());
      const network = aNetwork();
      const torn = { ...model, ports: [...model.ports, aPort(network, [[aSubnet(network), '10.0.0.5']]), aPort(network, [[model.subnets[0]!, '10.0.0.66']])] };
      await under.tamper({ kind: 'router', id: model.routers[0]!.id });
      expect(brief(await backend.repair(async () => torn, soon()))).toEqual([`changed router ${model.routers[0]!.id}`]);
    });

    it('believe a model that was restored from a backup, with lower revisions and things that were gone', async () => {
      const model = await given(aSmallCloud());
      await backend.ensure({ ports: [{ ...model.ports[0]!, revision: 9, dnsName: 'newer' }] }, [{ kind: 'port', id: model.ports[1]!.id }], soon());
      const repaired = await backend.repair(async () => model, soon());
      expect(brief(repaired)).toEqual([`changed port ${model.ports[0]!.id}`, `missing port ${model.ports[1]!.id}`].sort());
      expect(await driftFrom(model)).toEqual([]);
    });
  });

  describe('bindings', () => {
    it('tells the current state of every port, then every change, and ends with its signal', async () => {
      const model = await given(aSmallCloud());
      const [first, second] = model.ports.map(({ id }) => id);
      const stop = new AbortController();
      const seen = new Map<PortId, boolean>();
      const follow = watch(backend.bindings(stop.signal), ({ portId, isUp }) => seen.set(portId, isUp));
      await follow.until(() => seen.has(first!) && seen.has(second!));
      expect([seen.get(first!), seen.get(second!)]).toEqual([false, false]);

      await under.wire(first!, true);
      await follow.until(() => seen.get(first!) === true);
      await under.wire(first!, false);
      await follow.until(() => seen.get(first!) === false);
      await under.wire(second!, true);
      await follow.until(() => seen.get(second!) === true);
      await backend.ensure({}, [{ kind: 'port', id: second! }], soon());
      await follow.until(() => seen.get(second!) === false);

      stop.abort();
      await follow.ended;
    });
  });

  describe('a backend that is away', () => {
    it('makes calls fail as unavailable, and works again when it is back', async () => {
      const model = await given(aSmallCloud());
      await under.vanish();
      await expect(backend.ensure({}, refsOf(model), soon())).rejects.toBeInstanceOf(DriverUnavailable);
      await expect(driftFrom(model)).rejects.toBeInstanceOf(DriverUnavailable);
      await under.comeBack();
      await backend.ensure({ ports: [{ ...model.ports[0]!, revision: 2 }] }, [], soon());
      expect(await driftFrom({ ...model, ports: [{ ...model.ports[0]!, revision: 2 }, ...model.ports.slice(1)] })).toEqual([]);
    });

    it('does not hold a caller longer than its signal', async () => {
      const stop = new AbortController();
      await under.vanish();
      const call = backend.ensure({ networks: [aNetwork()] }, [], stop.signal);
      stop.abort();
      await expect(call).rejects.toBeInstanceOf(DriverUnavailable);
      await under.comeBack();
    });
  });
}

/** Reads an iterable in the background; `until` resolves when its condition holds after an entry. */
function watch(source: AsyncIterable<PortBinding>, note: (binding: PortBinding) => void): { until(condition: () => boolean): Promise<void>; ended: Promise<void> } {
  const waiting = new Set<() => void>();
  const ended = (async () => {
    for await (const entry of source) {
      note(entry);
      for (const check of [...waiting]) check();
    }
  })();
  return {
    ended,
    until: async (condition) => new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    }),
  };
}
