import type { Asked } from '@virga/http';
import type { Caller, Clock } from '@virga/kernel';
import type { Reader } from '@virga/persistence';
import { areRulesKept } from '../authorization/access-rules.js';
import type { Authorization } from '../authorization/authorization.js';
import { readAuthorizationFacts } from '../authorization/authorization-query.js';
import { judge } from '../authorization/judge.js';
import { LeastRecentMap } from '../authorization/least-recent-map.js';
import type { MasterKey, SecretBox } from '../secret-box.js';
import { authorizedCaller } from '../verification/token-authenticator.js';
import type { TokenVerifier } from '../verification/token-verifier.js';
import { ACCESS_KEY_TYPE, accessKeyId, accessKeyOf, accessKeyQuestion, credentialBox } from './access-key.js';

/** The secret half of an access key, to check a signature with, and who signs with it. The secret is shared: nobody writes into it. */
export interface KnownAccessKey {
  secret: Buffer;
  caller: Caller;
}

interface Entry {
  /** The revision that the older of its two statements saw. */
  revision: number;
  secret: Buffer;
  authorization: Authorization;
}

/** Keys remembered. Too low: active clients cost two statements per request. Too high: memory, about 2 KiB each. */
const REMEMBERED = 5_000;

/**
 * Finds access keys (EC2 credentials), for services whose requests are signed instead of carrying a token.
 *
 * Theory of operation. The sealed credential is read from the identity schema and opened with the master key; what its user may do in its
 * project is read and judged exactly as for a token, with the limits of the application credential or trust under which the key was made. Both are remembered with
 * the revision of the schema and used only while that, looked up at most 400 ms ago, is still the same: deleting a key, taking a role or disabling
 * a user, project or domain counts everywhere within a second (docs/adr/0003). A delegation's own end is looked at each time. Keys that are unknown or may do
 * nothing are not remembered, so memory holds only what somebody made. Without the database `DatabaseUnavailable` passes through.
 */
export class AccessKeys {
  private readonly entries = new LeastRecentMap<string, Entry>(REMEMBERED);
  private readonly loading = new Map<string, Promise<Entry | undefined>>();
  private readonly box: SecretBox;

  constructor(private readonly db: Reader, private readonly verifier: Pick<TokenVerifier, 'currentRevision'>, private readonly clock: Clock, masterKey: MasterKey) {
    this.box = credentialBox(masterKey);
  }

  /**
   * The secret of an access key and the caller for its user and project; undefined for a key that does not exist or may do nothing now.
   * A key of an application credential with access rules is found only for a request (`asked`) that they name.
   */
  async find(access: string, requestId: string, asked?: Asked): Promise<KnownAccessKey | undefined> {
    const revision = await this.verifier.currentRevision();
    const known = this.entries.get(access);
    const entry = known !== undefined && known.revision >= revision ? known : await this.reload(access);
    if (entry === undefined) return undefined;
    const { secret, authorization } = entry;
    const { endsAt = Number.MAX_SAFE_INTEGER, applicationCredential } = authorization;
    if (endsAt <= this.clock.now() || !areRulesKept(applicationCredential?.accessRules, asked)) return undefined;
    return { secret, caller: authorizedCaller(authorization, { token: '', auditIds: [], expiresAt: endsAt, requestId }) };
  }

  /** One look at a time for one key, however many requests are signed with it. */
  private reload(access: string): Promise<Entry | undefined> {
    const running = this.loading.get(access);
    if (running !== undefined) return running;
    const started = this.load(access).finally(() => this.loading.delete(access));
    this.loading.set(access, started);
    return started;
  }

  private async load(access: string): Promise<Entry | undefined> {
    const entry = await this.read(access);
    if (entry === undefined) this.entries.delete(access);
    else this.entries.set(access, entry);
    return entry;
  }

  private async read(access: string): Promise<Entry | undefined> {
    const id = accessKeyId(access);
    const [row] = await this.db.sql<{ user_id: string; project_id: string; sealed_blob: Buffer; revision: number }>`
      SELECT user_id, project_id, sealed_blob, (SELECT revision FROM identity.change) AS revision
      FROM identity.credential WHERE id = ${id} AND type = ${ACCESS_KEY_TYPE} AND project_id IS NOT NULL`;
    const key = row && accessKeyOf(this.box.open(row.sealed_blob, id).toString());
    // A blob changed later may name another access key than the one that the id was made of: that one is nobody's.
    if (row === undefined || key === undefined || key.access !== access || key.secret === '') return undefined;
    const question = accessKeyQuestion(key, row.user_id, row.project_id);
    const authorization = judge(question, await readAuthorizationFacts(this.db, question), this.clock.now());
    if (typeof authorization === 'string') return undefined;
    return { revision: Math.min(row.revision, authorization.revision), secret: Buffer.from(key.secret), authorization };
  }
}
