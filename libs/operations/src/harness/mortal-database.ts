import { Database, type Reader, type RowClass, type SqlValue, type Tx } from '@virga/persistence';

/** Decides when the process dies: asked at every commit, before it (which then does not happen) and after it. */
export interface Fate {
  readonly isDead: boolean;
  /** Counts a commit that is about to happen; true kills the process first. */
  diesBeforeCommit(label: string): boolean;
  /** True kills the process right after the commit that was counted last by the same writer. */
  diesAfterCommit(commit: number): boolean;
  readonly commits: number;
}

/** What a dead process waits for. */
const never = <T>(): Promise<T> => new Promise(() => undefined);

class Death extends Error {
  override readonly name = 'Death';
}

/**
 * The database as a process sees it that may be killed at any commit.
 *
 * After its death nothing it asked for is answered: no error, no clean-up, as after `kill -9`. What was open is rolled back.
 */
export class MortalDatabase extends Database {
  constructor(private readonly database: Database, private readonly fate: Fate) {
    super();
  }

  override from<Row extends object>(row: RowClass<Row>, alias: string): ReturnType<Reader['from']> & never {
    if (this.fate.isDead) throw new Death();
    return this.database.from(row, alias) as never;
  }

  override async sql<Row extends object>(text: TemplateStringsArray, ...values: SqlValue[]): Promise<Row[]> {
    if (this.fate.isDead) return never();
    if (isWrite(text.raw.join('?'))) return this.transaction((tx) => tx.sql<Row>(text, ...values), firstWords(text.raw[0] ?? ''), isEmpty);
    const rows = await this.database.sql<Row>(text, ...values);
    return this.fate.isDead ? never() : rows;
  }

  override async transaction<T>(work: (tx: Tx) => Promise<T>, label = 'transaction', isNothing: (result: T) => boolean = () => false): Promise<T> {
    if (this.fate.isDead) return never();
    try {
      const result = await this.database.transaction((tx) => this.attempt(tx, work, { label, isNothing }));
      return this.fate.isDead ? await never<T>() : result;
    } catch (error) {
      if (this.fate.isDead) return never();
      throw error;
    }
  }

  private async attempt<T>(tx: Tx, work: (tx: Tx) => Promise<T>, about: { label: string; isNothing: (result: T) => boolean }): Promise<T> {
    let commit = 0;
    tx.afterCommit(() => void (commit > 0 && this.fate.diesAfterCommit(commit)));
    const result = await work(this.guarded(tx));
    // A claim that found nothing changes nothing: dying there is dying a moment earlier.
    if (about.isNothing(result)) return result;
    if (this.fate.isDead || this.fate.diesBeforeCommit(about.label)) throw new Death();
    commit = this.fate.commits;
    return result;
  }

  /** What runs in another branch when the process dies stops at its next word to the database. */
  private guarded(tx: Tx): Tx {
    const { fate } = this;
    return new Proxy(tx, {
      get(target, property) {
        if (fate.isDead) throw new Death();
        const value: unknown = Reflect.get(target, property, target);
        if (property === 'afterCommit') return (later: () => void | Promise<void>) => target.afterCommit(() => (fate.isDead ? undefined : later()));
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

function isWrite(statement: string): boolean {
  return /^\s*(WITH|INSERT|UPDATE|DELETE)\b/i.test(statement) && /\b(INSERT|UPDATE|DELETE)\b/i.test(statement);
}

function firstWords(statement: string): string {
  return statement.trim().split(/\s+/).slice(0, 4).join(' ');
}

function isEmpty(rows: readonly unknown[]): boolean {
  return rows.length === 0;
}
