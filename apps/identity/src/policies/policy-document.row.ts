import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('policy')
export class PolicyDocumentRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') type!: string;
  /** JSON. */
  @Column('text') blob!: string;
  @Column('jsonb') extra!: Record<string, unknown>;
}
