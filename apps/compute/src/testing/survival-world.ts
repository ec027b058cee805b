import type { ProcessTools, ProcessUnderTest, World } from '@virga/operations/harness';
import type { PostgresDatabase } from '@virga/persistence';
import { ManualClock } from '@virga/testing';
import { computeQuotas } from '../quota.js';
import { ComputeProcess, ComputeWorld, type Connect } from './compute-world.js';

/**
 * The compute service's world for the crash harness. Requests are taken by a process that outlives the trials; the operations that they
 * begin are left to the process under test, which is driven by `settled` alone, and dies without a word.
 */
export class SurvivalWorld extends ComputeWorld implements World {
  /** A world with flavors and two hosts, and nothing that a former trial has left. */
  static async open(database: PostgresDatabase, connect?: Connect): Promise<SurvivalWorld> {
    const world = new SurvivalWorld(database, new ManualClock(), connect);
    await world.enter();
    await world.furnish();
    world.cloud.addHost('node-2');
    await world.settled();
    return world;
  }

  /** Starts a process with nothing in its memory; the one before is dead. */
  async boot(tools: ProcessTools): Promise<ProcessUnderTest> {
    const { database, tap, aroundStep, random } = tools;
    const parts = { database, tap, peers: this.peerUrls, operations: { aroundStep, random }, servesApi: false };
    const process = await ComputeProcess.start(this.cloud, database, this.clock, parts);
    return { settled: () => process.settled(), kill: async () => undefined };
  }

  /** Nothing transitional, nothing without an owner, and usage as a recount has it. */
  async assertSound(): Promise<void> {
    const problems = [...await this.transitional(), ...await this.ownerless(), ...await this.miscounted()];
    if (problems.length > 0) throw new Error(problems.join('; '));
  }

  /** The next one clears the database. */
  async close(): Promise<void> {}

  private async transitional(): Promise<string[]> {
    const rows = await this.database.sql<{ id: string; state: string; task: string | null }>`
      SELECT id, state, task FROM server WHERE state = 'building' OR task IS NOT NULL`;
    return rows.map(({ id, state, task }) => `server ${id} is left ${state} ${task ?? ''}`);
  }

  private async ownerless(): Promise<string[]> {
    const rows = await this.database.sql<{ id: string; host: string | null; state: string; owed: string[] | null }>`
      SELECT s.id, s.host, s.state, (SELECT array_agg(backend) FROM debt d WHERE d.resource_id = s.id::text AND d.paid_at IS NULL) AS owed FROM server s`;
    const servers = new Map(rows.map((row) => [row.id, row]));
    const isOwed = (id: string, backend: string): boolean => servers.get(id)?.owed?.includes(backend) === true;
    const livesOn = (id: string, host?: string): boolean => {
      const server = servers.get(id);
      return server !== undefined && server.state !== 'deleted' && server.host !== null && (host === undefined || server.host === host);
    };
    const guests = this.cloud.guests().filter(({ id, host }) => !livesOn(id, host) && !isOwed(id, `host:${host}`));
    const ports = [...this.cloud.network.ports.values()].filter(({ serverId }) => !livesOn(serverId) && !isOwed(serverId, 'network'));
    const consumers = await this.database.sql<{ uuid: string }>`SELECT uuid FROM consumer`;
    const rooms = consumers.filter(({ uuid }) => !livesOn(uuid) && !(servers.get(uuid)?.owed ?? []).some((backend) => backend.startsWith('host:')));
    return [
      ...guests.map(({ id, host }) => `guest ${id} on ${host} has no owner`),
      ...ports.map(({ portId, serverId }) => `port ${portId} of server ${serverId} has no owner`),
      ...rooms.map(({ uuid }) => `the room of server ${uuid} has no owner`),
      ...await this.withoutRoom(), ...await this.looseVolumes(isOwed),
    ];
  }

  /** Attachments that no server of ours has, devices on their way with nobody at work on them, and volumes that nobody waits for. */
  private async looseVolumes(isOwed: (id: string, backend: string) => boolean): Promise<string[]> {
    const devices = await this.database.sql<{ id: string; server_id: string; attachment_id: string; volume_id: string; state: string }>`SELECT * FROM block_device`;
    const attachments = [...this.cloud.storage.attachments.values()]
      .filter(({ id, serverId }) => !devices.some((device) => device.attachment_id === id) && !isOwed(serverId, 'block-storage'));
    const unsettled = devices.filter(({ server_id: server, state }) => state !== 'attached' && !isOwed(server, 'block-storage'));
    const volumes = [...this.cloud.storage.volumes.values()].filter(({ id, name }) => name === '' && !devices.some((device) => device.volume_id === id));
    return [
      ...attachments.map(({ id, serverId }) => `attachment ${id} of server ${serverId} has no device`),
      ...unsettled.map(({ id, state }) => `device ${id} is left ${state}`),
      ...volumes.map(({ id }) => `volume ${id} was made for a server that does not have it`),
    ];
  }

  private async withoutRoom(): Promise<string[]> {
    const rows = await this.database.sql<{ id: string }>`
      SELECT id FROM server s WHERE host IS NOT NULL AND state NOT IN ('deleted', 'error')
        AND (SELECT count(*) FROM allocation a JOIN host h ON h.id = a.provider_uuid WHERE a.consumer_uuid = s.id AND h.name = s.host) <> CASE WHEN s.is_volume_backed THEN 2 ELSE 3 END`;
    return rows.map(({ id }) => `server ${id} runs without room`);
  }

  private async miscounted(): Promise<string[]> {
    const projects = await this.database.sql<{ project_id: string; servers: number; cores: number; ram: number }>`
      SELECT project_id, count(*)::integer AS servers, sum((flavor ->> 'vcpus')::integer)::integer AS cores, sum((flavor ->> 'memoryMebibytes')::integer)::integer AS ram
      FROM server WHERE state <> 'deleted' GROUP BY project_id`;
    const problems = await Promise.all(projects.map(async ({ project_id: project, servers, cores, ram }) => {
      const usage = await computeQuotas.usage(this.database, { project });
      const isRight = usage['instances'] === servers && usage['cores'] === cores && usage['ram'] === ram;
      return isRight ? [] : [`project ${project} counts ${JSON.stringify(usage)} and has ${servers} servers`];
    }));
    return problems.flat();
  }
}
