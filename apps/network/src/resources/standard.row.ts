import { Column, PrimaryColumn } from 'typeorm';

/** The columns that every resource has. */
export abstract class StandardRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') project_id!: string;
  @Column('text') description!: string;
  @Column('text', { array: true }) tags!: string[];
  @Column('bigint') revision_number!: number;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz') updated_at!: Date;
}
