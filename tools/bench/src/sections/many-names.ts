import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PER_FOLDER = 100;

/** A million rows of empty objects in a container, written into the database: by the API they would take a quarter of an hour. */
export class ManyNames {
  private readonly databaseUrl: string;

  constructor(stateDirectory: string, private readonly container: string) {
    if (!/^[a-z0-9-]+$/.test(container)) throw new Error(`'${container}' is not a container of the bench.`);
    const config = JSON.parse(readFileSync(join(stateDirectory, 'config/object-storage.json'), 'utf8')) as { database: { url: string } };
    this.databaseUrl = config.database.url;
  }

  /** The name of one of them, as it goes into a URL. */
  static nth(index: number): string {
    const padded = (number: number): string => String(number).padStart(6, '0');
    return `${padded(Math.floor(index / PER_FOLDER))}%2F${padded(index % PER_FOLDER)}`;
  }

  async insert(count: number): Promise<void> {
    await this.psql(`
      INSERT INTO object_storage.object (id, container_id, name, version, is_null_version, is_current, is_delete_marker, size_bytes, etag, content_type, metadata, settings, modified_at)
      SELECT gen_random_uuid(), c.id, lpad((n / ${PER_FOLDER})::text, 6, '0') || '/' || lpad((n % ${PER_FOLDER})::text, 6, '0'), 1700000000000000, true, true, false, 0,
        'd41d8cd98f00b204e9800998ecf8427e', 'application/octet-stream', '{}', '{}', 1700000000000000
      FROM object_storage.container c, generate_series(0, ${count - 1}) n WHERE c.name = '${this.container}';
      UPDATE object_storage.container SET object_count = ${count} WHERE name = '${this.container}';`);
  }

  async remove(): Promise<void> {
    await this.psql(`
      DELETE FROM object_storage.object o USING object_storage.container c WHERE c.id = o.container_id AND c.name = '${this.container}';
      UPDATE object_storage.container SET object_count = 0 WHERE name = '${this.container}';`);
  }

  /** The password goes through the environment: arguments can be seen by every user of the machine. */
  private async psql(sql: string): Promise<void> {
    const url = new URL(this.databaseUrl);
    const password = decodeURIComponent(url.password);
    url.password = '';
    await run('psql', ['-qX', '-v', 'ON_ERROR_STOP=1', url.href, '-c', sql], { env: { ...process.env, PGPASSWORD: password } });
  }
}
