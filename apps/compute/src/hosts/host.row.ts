import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('host')
export class HostRow {
  @PrimaryColumn('text') name!: string;
  @Column('uuid') id!: string;
  @Column('uuid') service_id!: string;
  @Column('bigint') number!: number;
  @Column('bigint') sequence!: number;
  @Column('text') availability_zone!: string;
  @Column('text') agent_version!: string;
  @Column('jsonb') resources!: object;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz') last_seen_at!: Date;
}

@Entity('host_setting')
export class HostSettingRow {
  @PrimaryColumn('text') host!: string;
  @Column('boolean') is_disabled!: boolean;
  @Column('text', { nullable: true }) disabled_reason!: string | null;
  @Column('boolean') is_forced_down!: boolean;
  @Column('timestamptz') updated_at!: Date;
}

@Entity('aggregate')
export class AggregateRow {
  @PrimaryColumn('integer') id!: number;
  @Column('uuid') uuid!: string;
  @Column('text') name!: string;
  @Column('jsonb') metadata!: Record<string, string>;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
}

@Entity('aggregate_host')
export class AggregateHostRow {
  @PrimaryColumn('integer') aggregate_id!: number;
  @PrimaryColumn('text') host!: string;
}
