import { moveDisk } from '@virga/contracts-compute';
import { survival } from '@virga/operations/harness';
import { demoProject } from '@virga/testing';
import { SurvivalWorld, useComputeDatabase } from '../../testing/index.js';
import { AttachVolume } from './attach-volume.operation.js';
import { DetachVolume } from './detach-volume.operation.js';
import { GrowVolume } from './grow-volume.operation.js';
import { SwapVolume } from './swap-volume.operation.js';

interface Subject {
  server: string;
  volume: string;
}

const disasters = {
  'its host vanishes': async (world: SurvivalWorld) => {
    for (const host of world.cloud.hosts.values()) host.isGone = true;
  },
  'block storage vanishes': async (world: SurvivalWorld) => {
    world.cloud.storage.isGone = true;
  },
  'the storage host vanishes': async (world: SurvivalWorld) => {
    world.cloud.storage.isStuck = true;
  },
};

describe('operations of volumes of servers', () => {
  const database = useComputeDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database));

  itSurvives(AttachVolume, { given: attaching, whenItCompletes: expectAttached, whenItFails: expectDetached, disasters });

  itSurvives(DetachVolume, {
    given: async (world) => {
      const subject = await attaching(world);
      await world.settled();
      await asked(world, 'DELETE', `${subject.server}/os-volume_attachments/${subject.volume}`);
      return subject;
    },
    whenItCompletes: expectDetached,
    // Until the guest has let go the server keeps the volume; afterwards there is no way back.
    whenItFails: (world, subject) => (world.cloud.storage.attachments.size > 0 ? expectAttached(world, subject) : expectDetached(world, subject)),
    disasters,
  });

  itSurvives(SwapVolume, {
    given: async (world) => {
      const subject = await attaching(world);
      await world.settled();
      const { id: next } = world.cloud.storage.addVolume({ projectId: demoProject });
      await asked(world, 'PUT', `${subject.server}/os-volume_attachments/${subject.volume}`, { volumeAttachment: { volumeId: next } }, 'admin');
      return { ...subject, next };
    },
    whenItCompletes: expectSwapped,
    // One of the two is the server's, and the other is free.
    whenItFails: (world, subject) => (has(world, subject.next) ? expectSwapped(world, subject) : expectAttached(world, subject).then(() => expectFree(world, subject.next))),
    disasters,
  });

  describe('for moves of volumes', () => itSurvives(SwapVolume, {
    given: async (world) => {
      const subject = await attaching(world);
      await world.settled();
      return { ...subject, next: await moving(world, subject) };
    },
    whenItCompletes: async (world, subject) => {
      await expectAttached(world, subject);
      expectLed(world, subject, true);
    },
    // The guest uses the volume through the one of the two attachments that is left.
    whenItFails: async (world, subject) => {
      await expectAttached(world, subject);
      expectLed(world, subject, world.cloud.storage.attachments.has(subject.next));
    },
    disasters,
  }));

  itSurvives(GrowVolume, {
    given: async (world) => {
      const subject = await attaching(world);
      await world.settled();
      world.cloud.storage.grow(subject.volume, 2);
      // The event comes before anything else: it begins the operation, which has not run yet.
      await world.running.tell();
      return subject;
    },
    whenItCompletes: async (world, subject) => {
      await expectAttached(world, subject);
      expect(Object.values(guestOf(world, subject)?.diskSizes ?? {})).toEqual([2 * 1024 ** 3]);
    },
    // The guest sees the old size until it boots; it keeps the volume.
    whenItFails: expectAttached,
    disasters,
  });
});

async function attaching(world: SurvivalWorld): Promise<Subject> {
  const server = await world.activeServer();
  const { id: volume } = world.cloud.storage.addVolume({ projectId: demoProject });
  await asked(world, 'POST', `${server}/os-volume_attachments`, { volumeAttachment: { volumeId: volume } });
  return { server, volume };
}

async function asked(world: SurvivalWorld, method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, as = 'alice'): Promise<void> {
  const answer = await world.request({ as, method, url: `/v2.1/servers/${path}`, ...(body !== undefined && { body }) });
  if (answer.status > 299) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
}

/** Block storage moves the volume: its server is to go on with the copy. */
async function moving(world: SurvivalWorld, { server }: Subject): Promise<string> {
  const attachmentId = [...world.cloud.storage.attachments.keys()][0] ?? '';
  const nextAttachmentId = world.cloud.storage.prepareMove(attachmentId);
  await world.ask(moveDisk, { serverId: server, attachmentId, nextAttachmentId });
  return nextAttachmentId;
}

function expectLed(world: SurvivalWorld, subject: Subject & { next: string }, isMoved: boolean): void {
  const left = [...world.cloud.storage.attachments.keys()];
  expect(left).toHaveLength(1);
  expect(left[0] === subject.next).toBe(isMoved);
  expect(guestOf(world, subject)?.volumes).toMatchObject([{ attachmentId: left[0] }]);
}

const guestOf = (world: SurvivalWorld, { server }: Subject) => [...world.cloud.hosts.values()].flatMap(({ guests }) => guests.get(server) ?? [])[0];

async function expectAttached(world: SurvivalWorld, subject: Subject): Promise<void> {
  expect(guestOf(world, subject)?.volumes).toMatchObject([{ volumeId: subject.volume }]);
  expect(world.cloud.storage.volumes.get(subject.volume)?.status).toBe('in-use');
  expect(await world.server(subject.server)).toMatchObject({ 'os-extended-volumes:volumes_attached': [{ id: subject.volume }] });
}

async function expectDetached(world: SurvivalWorld, subject: Subject): Promise<void> {
  expect(guestOf(world, subject)?.volumes).toEqual([]);
  expect(world.cloud.storage.attachments.size).toBe(0);
  expect(world.cloud.storage.volumes.get(subject.volume)?.status).toBe('available');
  expect(await world.server(subject.server)).toMatchObject({ status: 'ACTIVE', 'os-extended-volumes:volumes_attached': [] });
}

async function expectSwapped(world: SurvivalWorld, subject: Subject & { next: string }): Promise<void> {
  await expectAttached(world, { server: subject.server, volume: subject.next });
  expectFree(world, subject.volume);
}

const has = (world: SurvivalWorld, volume: string): boolean => [...world.cloud.storage.attachments.values()].some(({ volumeId }) => volumeId === volume);

function expectFree({ cloud: { storage } }: SurvivalWorld, volume: string): void {
  expect(storage.volumes.get(volume)?.status).toBe('available');
  expect([...storage.attachments.values()].filter(({ volumeId }) => volumeId === volume)).toEqual([]);
}
