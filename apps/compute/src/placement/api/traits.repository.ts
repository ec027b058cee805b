import { Injectable } from '@nestjs/common';
import { Conflict, NotFound } from '@virga/kernel';
import { onForeignKey, type Reader, type Tx } from '@virga/persistence';

export class TraitUnknown extends NotFound {
  constructor(name: string) {
    super('placement.trait.unknown', `No such trait(s): ${name.slice(0, 255)}.`);
  }
}

export class TraitInUse extends Conflict {
  constructor(name: string) {
    super('placement.trait.in-use', `The trait ${name} is in use by a resource provider.`);
  }
}

@Injectable()
export class TraitsRepository {
  /** Names that were made or reported; standard ones need not be among them. */
  async names(db: Reader): Promise<string[]> {
    return (await db.sql<{ name: string }>`SELECT name FROM trait ORDER BY name`).map(({ name }) => name);
  }

  /** Names that some provider has. */
  async associated(db: Reader): Promise<string[]> {
    return (await db.sql<{ trait: string }>`SELECT DISTINCT trait FROM provider_trait ORDER BY trait`).map(({ trait }) => trait);
  }

  async exists(db: Reader, name: string): Promise<boolean> {
    return (await db.sql`SELECT FROM trait WHERE name = ${name}`).length > 0;
  }

  /** Answers whether it is new. */
  async ensure(tx: Tx, names: readonly string[]): Promise<boolean> {
    return (await tx.sql`INSERT INTO trait (name) SELECT unnest(${names}::text[]) ON CONFLICT DO NOTHING RETURNING name`).length > 0;
  }

  async delete(tx: Tx, name: string): Promise<void> {
    const rows = await tx.sql`DELETE FROM trait WHERE name = ${name} RETURNING name`.catch(onForeignKey('provider_trait_trait', () => new TraitInUse(name)));
    if (rows.length === 0) throw new TraitUnknown(name);
  }

  async ofProvider(db: Reader, provider: string): Promise<string[]> {
    return (await db.sql<{ trait: string }>`SELECT trait FROM provider_trait WHERE provider_uuid = ${provider} ORDER BY trait`).map(({ trait }) => trait);
  }

  /** Gives the provider exactly these traits, which must exist; answers whether that changed anything. */
  async setOfProvider(tx: Tx, provider: string, names: readonly string[]): Promise<boolean> {
    const removed = await tx.sql`DELETE FROM provider_trait WHERE provider_uuid = ${provider} AND trait <> ALL(${names}::text[]) RETURNING trait`;
    const added = await tx.sql`
      INSERT INTO provider_trait (provider_uuid, trait) SELECT ${provider}, unnest(${names}::text[]) ON CONFLICT DO NOTHING RETURNING trait`;
    return removed.length + added.length > 0;
  }
}
