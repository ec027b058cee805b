import type { ProjectId } from '@virga/kernel';
import type { Reader } from '@virga/persistence';

export interface ProjectEntry {
  id: string;
  name: string;
  isDomain: boolean;
  isEnabled: boolean;
  /** Absent for a domain. */
  domainId: string | undefined;
}

export interface ProjectUser {
  projectId: string;
  userId: string;
}

/** What other services look up in the identity schema. */
export class Directory {
  constructor(private readonly db: Reader) {}

  /** Whether there is such a project that is enabled (domains do not count). */
  async hasProject(id: ProjectId | string): Promise<boolean> {
    const rows = await this.db.sql`SELECT FROM identity.project WHERE id = ${id} AND NOT is_domain AND enabled`;
    return rows.length > 0;
  }

  /** The projects and domains that exist of the given ids, by id, in one statement. */
  async projects(ids: readonly string[]): Promise<ReadonlyMap<string, ProjectEntry>> {
    const rows = await this.db.sql<{ id: string; name: string; is_domain: boolean; enabled: boolean; domain_id: string | null }>`
      SELECT id, name, is_domain, enabled, domain_id FROM identity.project WHERE id = ANY (${[...new Set(ids)]}::text[])`;
    return new Map(rows.map((row) => [row.id, {
      id: row.id, name: row.name, isDomain: row.is_domain, isEnabled: row.enabled, domainId: row.domain_id ?? undefined,
    }]));
  }

  /** The names of the users that exist of the given ids, by id, in one statement. */
  async userNames(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.db.sql<{ id: string; name: string }>`
      SELECT id, name FROM identity."user" WHERE id = ANY (${[...new Set(ids)]}::text[])`;
    return new Map(rows.map((row) => [row.id, row.name]));
  }

  /** The id of a project by its name and its domain's; undefined where there is none. */
  async findProjectId(name: string, domainName: string): Promise<string | undefined> {
    const [row] = await this.db.sql<{ id: string }>`
      SELECT p.id FROM identity.project p JOIN identity.project d ON d.id = p.domain_id WHERE p.name = ${name} AND d.name = ${domainName} AND d.is_domain`;
    return row?.id;
  }

  /**
   * The user in the project that the name `project:user` stands for, as S3 shows it: both bare in the default domain, else as `domain/name`.
   * Undefined where there is none, and where it could be more than one.
   */
  async findProjectUser(shown: string): Promise<ProjectUser | undefined> {
    const cuts = [...shown].flatMap((_, at) => (shown[at] === ':' ? [[shown.slice(0, at), shown.slice(at + 1)] as const] : []));
    const [projects, users] = [cuts.flatMap(([project]) => unqualified(project)), cuts.flatMap(([, user]) => unqualified(user))];
    if (cuts.length === 0) return undefined;
    const rows = await this.db.sql<{ project_id: string; user_id: string }>`
      SELECT p.id AS project_id, u.id AS user_id
      FROM identity.project p JOIN identity.project pd ON pd.id = p.domain_id, identity."user" u JOIN identity.project ud ON ud.id = u.domain_id
      WHERE NOT p.is_domain AND p.name = ANY (${projects}::text[]) AND u.name = ANY (${users}::text[])
        AND (CASE WHEN pd.id = 'default' THEN '' ELSE pd.name || '/' END) || p.name || ':' || (CASE WHEN ud.id = 'default' THEN '' ELSE ud.name || '/' END) || u.name = ${shown}
      LIMIT 2`;
    const [only, another] = rows;
    return only === undefined || another !== undefined ? undefined : { projectId: only.project_id, userId: only.user_id };
  }
}

/** The names that a shown one may be: as it is, or what follows the name of a domain. */
function unqualified(shown: string): string[] {
  return [shown, ...[...shown].flatMap((_, at) => (shown[at] === '/' ? [shown.slice(at + 1)] : []))];
}
