import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('project')
export class ProjectRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') name!: string;
  @Column('boolean') is_domain!: boolean;
  @Column('text', { nullable: true }) domain_id!: string | null;
  @Column('text', { nullable: true }) parent_id!: string | null;
  @Column('text', { array: true }) ancestors!: string[];
  @Column('boolean') enabled!: boolean;
  @Column('text') description!: string;
  @Column('text', { array: true }) tags!: string[];
  @Column('jsonb') options!: Record<string, unknown>;
  @Column('jsonb') extra!: Record<string, unknown>;
  @Column('integer') token_epoch!: number;
}
