import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('transfer')
export class TransferRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') volume_id!: string;
  @Column('text', { nullable: true }) name!: string | null;
  @Column('bytea') salt!: Buffer;
  @Column('bytea') key_hash!: Buffer;
  @Column('boolean') leaves_snapshots!: boolean;
  @Column('text') source_project_id!: string;
  @Column('text', { nullable: true }) destination_project_id!: string | null;
  @Column('boolean') is_accepted!: boolean;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) ended_at!: Date | null;
}
