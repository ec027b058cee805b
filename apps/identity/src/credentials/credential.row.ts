import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('credential')
export class CredentialRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') user_id!: string;
  @Column('text', { nullable: true }) project_id!: string | null;
  @Column('text') type!: string;
  @Column('bytea') sealed_blob!: Buffer;
  @Column('jsonb') extra!: Record<string, unknown>;
}
