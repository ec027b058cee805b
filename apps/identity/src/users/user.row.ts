import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('user')
export class UserRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') domain_id!: string;
  @Column('text') name!: string;
  @Column('boolean') enabled!: boolean;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('text', { nullable: true }) email!: string | null;
  @Column('text', { nullable: true }) default_project_id!: string | null;
  @Column('jsonb') options!: Record<string, unknown>;
  @Column('jsonb') extra!: Record<string, unknown>;
  @Column('integer') token_epoch!: number;
}
