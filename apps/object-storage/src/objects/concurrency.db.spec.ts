import { randomInt } from 'node:crypto';
import { hours, mapLimit } from '@virga/kernel';
import { BlobCollector } from '../blobs/index.js';
import type { Container } from '../containers/index.js';
import { useObjectStorage } from '../testing/index.js';
import { Expirer, Objects, type StoredObject } from './index.js';

const signal = new AbortController().signal;

describe('objects under many hands', () => {
  const storage = useObjectStorage();
  const NAMES = 6;

  async function anyObject(objects: Objects, container: Container): Promise<StoredObject | undefined> {
    const versions = (await objects.versions(container, { limit: 50 })) as StoredObject[];
    return versions.length === 0 ? undefined : versions[randomInt(versions.length)];
  }

  const put = async (objects: Objects, container: Container, name: string): Promise<unknown> => objects.commit(container, {
    name, staged: await objects.stage(container, Buffer.alloc(randomInt(5_000), 1), { maxBytes: 1e9, signal }), contentType: 'text/plain', metadata: {},
    ...(randomInt(6) === 0 && { expiresAt: Math.floor(storage.clock.now() / 1000) - 1 }), ...(randomInt(6) === 0 && { require: { ifNoneMatch: '*' as const } }),
  });

  async function anything(objects: Objects, expirer: Expirer, containers: readonly Container[]): Promise<unknown> {
    const container = containers[randomInt(containers.length)] as Container;
    const name = `n${randomInt(NAMES)}`;
    const choice = randomInt(20);
    if (choice < 9) return put(objects, container, name);
    if (choice < 12) return objects.remove(container, name);
    if (choice === 18) return storage.containers.change(container.id, { settings: { versioning: randomInt(2) === 0 ? 'enabled' : 'suspended' } });
    if (choice === 19) return expirer.expire(signal);
    const object = await anyObject(objects, container);
    if (object === undefined) return undefined;
    if (choice < 14) return objects.remove(container, object.name, { version: object.version });
    if (choice < 16) return objects.change(container, object, { metadata: { a: `${randomInt(9)}` }, expiresAt: null });
    return object.isDeleteMarker ? undefined : objects.copy(object, containers[randomInt(containers.length)] as Container, { name, contentType: 'text/plain', metadata: {} });
  }

  /** What a request may well be told while others do as they please. */
  const EXPECTED = new Set(['object-storage.precondition-failed', 'object-storage.object.not-found']);

  it('are counted exactly, have one current version each, and never lose bytes that are named, whatever two processes do at once', async () => {
    const replica = await storage.startReplica();
    const containers = await Promise.all([{}, { versioning: 'enabled' as const }, { versioning: 'suspended' as const }].map(async (settings, index) =>
      (await storage.containers.create('AUTH_p', `c${index}`, { metadata: {}, settings })).container));
    const hands = [storage.app, replica].map((app) => ({ objects: app.get(Objects), expirer: app.get(Expirer) }));
    await mapLimit(Array.from({ length: 600 }), 24, async (_, index) => {
      const hand = hands[index % 2] as (typeof hands)[number];
      await anything(hand.objects, hand.expirer, containers).catch((error: { code?: string }) => {
        if (!EXPECTED.has(error.code ?? '')) throw error;
      });
    });

    const recount = await storage.database.sql`
      SELECT c.name FROM container c LEFT JOIN object o ON o.container_id = c.id GROUP BY c.id
      HAVING c.object_count <> count(o.id) FILTER (WHERE o.is_current AND NOT o.is_delete_marker) OR c.bytes_used <> coalesce(sum(o.size_bytes), 0)`;
    expect(recount).toEqual([]);
    const current = await storage.database.sql`
      SELECT name FROM (SELECT *, row_number() OVER (PARTITION BY container_id, name ORDER BY version DESC) AS rank FROM object) o WHERE is_current <> (rank = 1)`;
    expect(current).toEqual([]);
    const nulls = await storage.database.sql`SELECT name FROM object WHERE is_null_version GROUP BY container_id, name HAVING count(*) > 1`;
    expect(nulls).toEqual([]);

    storage.clock.advance(hours(2));
    await Promise.all([storage.app, replica].map((app) => app.get(BlobCollector).collectReleased(signal)));
    const unnamed = await storage.database.sql`SELECT id FROM blob b WHERE NOT EXISTS (SELECT FROM object o WHERE o.blob_id = b.id)`;
    expect(unnamed).toEqual([]);
    for (const container of containers) {
      for (const object of await storage.objects.versions(container, { limit: 1_000 }) as StoredObject[]) {
        expect(await storage.objects.open(object, undefined, signal)).toHaveLength(object.sizeBytes);
      }
    }
  }, 120_000);
});
