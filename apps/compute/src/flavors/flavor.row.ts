import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('flavor')
export class FlavorRow {
  @PrimaryColumn('text') flavor_id!: string;
  @Column('text') name!: string;
  @Column('integer') vcpus!: number;
  @Column('integer') memory_mebibytes!: number;
  @Column('integer') root_gibibytes!: number;
  @Column('integer') ephemeral_gibibytes!: number;
  @Column('integer') swap_mebibytes!: number;
  @Column('double precision') rxtx_factor!: number;
  @Column('boolean') is_public!: boolean;
  @Column('boolean') is_disabled!: boolean;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('jsonb') extra_specs!: Record<string, string>;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
}

@Entity('flavor_access')
export class FlavorAccessRow {
  @PrimaryColumn('text') flavor_id!: string;
  @PrimaryColumn('text') project_id!: string;
}
