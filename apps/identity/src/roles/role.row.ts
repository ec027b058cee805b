import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('role')
export class RoleRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') name!: string;
  @Column('text', { nullable: true }) domain_id!: string | null;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('jsonb') options!: Record<string, unknown>;
  @Column('jsonb') extra!: Record<string, unknown>;
}
