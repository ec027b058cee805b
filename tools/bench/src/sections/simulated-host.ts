import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedChassis } from '@virga/driver-ovn/sim';
import { ServiceBus } from '@virga/messaging';
import { silentLogger } from '@virga/observability';
import { CHECKOUT } from '../cloud.js';
import type { Session } from '../session.js';

export const SIMULATED_ZONE = 'simulated';
const host = 'simulated-1';

interface ComputeService {
  id: string | number;
  host: string;
  state: string;
}

/** A host whose guests and wires exist only in memory, joined to the cloud while it is open. */
export class SimulatedHost {
  private chassis: SimulatedChassis | undefined;

  private constructor(private readonly session: Session, private readonly agent: ChildProcess, private readonly directory: string) {}

  static async join(session: Session): Promise<SimulatedHost> {
    const { cloud } = session;
    const directory = mkdtempSync(join(tmpdir(), 'virga-bench-'));
    const bus = new ServiceBus({ service: 'bench', url: cloud.brokerUrl, logger: silentLogger });
    await bus.start();
    await bus.declareAgent({ host, agent: 'compute-agent' });
    await bus.close(AbortSignal.timeout(5_000));
    const file = join(directory, 'agent.json');
    writeFileSync(file, JSON.stringify(agentConfig(cloud.stateDirectory, directory, host, cloud.brokerUrl)), { mode: 0o600 });
    const agent = spawn(process.execPath, [join(CHECKOUT, 'apps/compute-agent/dist/simulated.js')], { env: { ...process.env, VIRGA_CONFIG: file }, stdio: 'ignore' });
    const joined = new SimulatedHost(session, agent, directory);
    try {
      await joined.begin();
    } catch (error) {
      await joined.leave();
      throw error;
    }
    return joined;
  }

  private async begin(): Promise<void> {
    const { ovn } = JSON.parse(readFileSync(join(this.session.cloud.stateDirectory, 'config/network.json'), 'utf8')) as { ovn: { southbound: string } };
    this.chassis = await SimulatedChassis.join({ southbound: ovn.southbound, name: host, signal: new AbortController().signal });
    await this.untilUp();
  }

  /** Ends it and has compute forget it, so that no host stays behind that is down for ever. */
  async leave(): Promise<void> {
    const ended = once(this.agent, 'exit');
    // One that has ended by itself, since another bench runs, says so no more.
    if (this.agent.kill('SIGTERM')) await ended;
    await this.chassis?.leave(AbortSignal.timeout(5_000));
    rmSync(this.directory, { recursive: true });
    const service = await this.service();
    if (service !== undefined) await this.session.client.demand({ method: 'DELETE', url: `${this.session.url('compute')}/os-services/${service.id}` });
  }

  private async service(): Promise<ComputeService | undefined> {
    const { services } = await this.session.client.demand<{ services: ComputeService[] }>({ method: 'GET', url: `${this.session.url('compute')}/os-services` });
    return services.find((service) => service.host === host);
  }

  private async untilUp(): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt++) {
      if (this.agent.exitCode !== null) throw new Error(`The simulated host ended with ${this.agent.exitCode}: does another bench run?`);
      if ((await this.service())?.state === 'up') return;
      await new Promise((resolve) => { setTimeout(resolve, 500); });
    }
    throw new Error(`The simulated host ${host} did not join within 30 s.`);
  }
}

function agentConfig(stateDirectory: string, directory: string, host: string, brokerUrl: string): unknown {
  const real = JSON.parse(readFileSync(join(stateDirectory, 'config/compute-agent.json'), 'utf8')) as { agent: Record<string, unknown> };
  return {
    ...real, broker: { url: brokerUrl }, logLevel: 'error',
    agent: {
      ...real.agent, host, availabilityZone: SIMULATED_ZONE, healthPort: 18791,
      instancesDirectory: join(directory, 'instances'), imageCacheDirectory: join(directory, 'images'), metadataSocket: join(directory, 'metadata.sock'),
    },
  };
}
