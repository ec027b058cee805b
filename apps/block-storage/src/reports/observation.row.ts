import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('volume_observation')
export class VolumeObservationRow {
  @PrimaryColumn('uuid') volume_id!: string;
  @PrimaryColumn('text') backend!: string;
  @Column('integer') generation!: number;
  @Column('bigint', { nullable: true }) size_bytes!: number | null;
  @Column('bigint') sequence!: number;
}

@Entity('snapshot_observation')
export class SnapshotObservationRow {
  @PrimaryColumn('uuid') snapshot_id!: string;
  @PrimaryColumn('text') backend!: string;
  @Column('integer') generation!: number;
  @Column('uuid', { nullable: true }) volume_id!: string | null;
  @Column('bigint', { nullable: true }) size_bytes!: number | null;
  @Column('bigint') sequence!: number;
}

@Entity('export_observation')
export class ExportObservationRow {
  @PrimaryColumn('uuid') attachment_id!: string;
  @PrimaryColumn('text') backend!: string;
  @Column('integer') generation!: number;
  @Column('uuid', { nullable: true }) volume_id!: string | null;
  @Column('jsonb', { nullable: true }) address!: object | null;
  @Column('boolean') is_served!: boolean;
  @Column('bigint') sequence!: number;
}

@Entity('task_observation')
export class TaskObservationRow {
  @PrimaryColumn('uuid') task_id!: string;
  @Column('text') host!: string;
  @Column('integer') generation!: number;
  @Column('text') state!: string;
  @Column('integer') percent!: number;
  @Column('bigint', { nullable: true }) size_bytes!: number | null;
  @Column('integer', { nullable: true }) objects!: number | null;
  @Column('text', { nullable: true }) code!: string | null;
  @Column('text', { nullable: true }) message!: string | null;
  @Column('bigint') sequence!: number;
}

@Entity('storage_failure')
export class StorageFailureRow {
  @PrimaryColumn('uuid') id!: string;
  @PrimaryColumn('text') backend!: string;
  @Column('integer') generation!: number;
  @Column('text') command!: string;
  @Column('text') code!: string;
  @Column('text') message!: string;
  @Column('boolean') is_final!: boolean;
  @Column('bigint') sequence!: number;
  @Column('timestamptz') at!: Date;
}
