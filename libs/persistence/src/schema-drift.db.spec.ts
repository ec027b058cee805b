import { useDatabase } from '@virga/testing';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { schemaDrift } from './index.js';

@Entity('good')
class GoodRow {
  @PrimaryColumn('uuid') id!: string;
  @PrimaryColumn('bigint') part!: number;
  @Column('varchar', { length: 64 }) name!: string;
  @Column('int', { nullable: true }) size!: number | null;
  @Column('numeric', { precision: 10, scale: 2 }) price!: number;
  @Column('text', { array: true }) labels!: string[];
  @Column('jsonb') tags!: unknown;
  @Column('inet') address!: string;
  @Column('boolean') is_new!: boolean;
  @Column('bytea') bytes!: Buffer;
  @Column('timestamptz') created_at!: Date;
}

@Entity('bad')
class BadRow {
  @PrimaryColumn('uuid') id!: string;
  @PrimaryColumn('text') kind!: string;
  @Column('text') missing!: string;
  @Column('integer') count!: number;
  @Column('varchar', { length: 64 }) name!: string;
  @Column('text', { nullable: true }) note!: string | null;
}

@Entity('absent')
class AbsentRow {
  @PrimaryColumn('uuid') id!: string;
}

const migrations = [{
  name: '0001-create',
  up: `
    CREATE TABLE good (
      id uuid, part bigint, name varchar(64) NOT NULL, size integer, price numeric(10,2) NOT NULL, labels text[] NOT NULL, tags jsonb NOT NULL,
      address inet NOT NULL, is_new boolean NOT NULL, bytes bytea NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (id, part));
    CREATE TABLE bad (
      id uuid PRIMARY KEY, kind text NOT NULL, count bigint NOT NULL, name varchar(255) NOT NULL, note text NOT NULL, forgotten text)`,
}];

describe('the drift between rows and tables', () => {
  const db = useDatabase({ schema: 'things', migrations, rows: [GoodRow, BadRow, AbsentRow] });

  it('is empty where they agree', async () => {
    expect(await schemaDrift(db, [GoodRow])).toEqual([]);
  });

  it('names every difference', async () => {
    expect(await schemaDrift(db, [BadRow, AbsentRow])).toEqual([
      'things.absent: there is no such table',
      'things.bad.count: is bigint, declared as integer',
      'things.bad.forgotten: no row class has it',
      'things.bad.kind: is not in the primary key, declared otherwise',
      'things.bad.missing: the table does not have it',
      'things.bad.name: is character varying(255), declared as character varying(64)',
      'things.bad.note: may not be null, declared otherwise',
    ]);
  });
});
