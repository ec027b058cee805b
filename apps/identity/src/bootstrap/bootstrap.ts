import type { PostgresDatabase } from '@virga/persistence';
import { PasswordHasher, PasswordsRepository } from '../passwords/index.js';
import type { CloudPlan } from './cloud-plan.js';
import { DEFAULT_DOMAIN, seed, type SeededUser } from './seed.js';

export interface BootstrapOptions {
  plan: CloudPlan;
  adminPassword: string;
  /** By the names of the service users. */
  servicePasswords: Readonly<Record<string, string>>;
}

/**
 * Makes a migrated identity schema a usable cloud; may be repeated, and repairs what is missing.
 *
 * The admin gets the given password only when it has none: an operator who changed it keeps the change. Service users always get
 * theirs, because the services read the same files.
 */
export async function bootstrap(db: PostgresDatabase, { plan, adminPassword, servicePasswords }: BootstrapOptions): Promise<void> {
  const passwords = new SeedPasswords(db);
  const admin = { name: 'admin', hash: await passwords.ifMissing('admin', adminPassword) };
  const services: SeededUser[] = [];
  for (const [name, password] of Object.entries(servicePasswords)) services.push({ name, hash: await passwords.ifOther(name, password) });
  await db.transaction((tx) => seed(tx, plan, admin, services));
}

class SeedPasswords {
  private readonly hasher = new PasswordHasher();
  private readonly repository = new PasswordsRepository();

  constructor(private readonly db: PostgresDatabase) {}

  async ifMissing(userName: string, password: string): Promise<string | undefined> {
    return await this.stored(userName) === undefined ? this.hasher.hash(password) : undefined;
  }

  async ifOther(userName: string, password: string): Promise<string | undefined> {
    const stored = await this.stored(userName);
    return stored !== undefined && await this.hasher.verify(stored, password) ? undefined : this.hasher.hash(password);
  }

  private async stored(userName: string): Promise<string | undefined> {
    const [user] = await this.db.sql<{ id: string }>`SELECT id FROM "user" WHERE domain_id = ${DEFAULT_DOMAIN} AND name = ${userName}`;
    return user && (await this.repository.find(this.db, user.id))?.hash;
  }
}
