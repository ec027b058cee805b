import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('backend')
export class BackendRow {
  @PrimaryColumn('text') name!: string;
  @Column('uuid') id!: string;
  @Column('text') host!: string;
  @Column('text') backend!: string;
  @Column('text') kind!: string;
  @Column('text') availability_zone!: string;
  @Column('text') agent_version!: string;
  @Column('boolean') is_enabled!: boolean;
  @Column('text', { nullable: true }) disabled_reason!: string | null;
  @Column('boolean') is_frozen!: boolean;
  @Column('text') replication_status!: string;
  @Column('text', { nullable: true }) active_backend_id!: string | null;
  @Column('bigint') total_bytes!: number;
  @Column('bigint') free_bytes!: number;
  @Column('bigint') provisioned_bytes!: number;
  @Column('boolean') is_available!: boolean;
  @Column('jsonb') capabilities!: object;
  @Column('integer') reserved_percentage!: number;
  @Column('double precision') max_over_subscription_ratio!: number;
  @Column('bigint') sequence!: number;
  @Column('timestamptz') seen_at!: Date;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz') updated_at!: Date;
}
