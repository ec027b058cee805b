import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('block_device')
export class BlockDeviceRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') server_id!: string;
  @Column('uuid') attachment_id!: string;
  @Column('uuid') volume_id!: string;
  @Column('text') target!: string;
  @Column('integer', { nullable: true }) boot_index!: number | null;
  @Column('text', { nullable: true }) tag!: string | null;
  @Column('boolean') delete_on_termination!: boolean;
  @Column('text') state!: string;
  @Column('boolean') is_aside!: boolean;
  @Column('jsonb', { nullable: true }) wish!: object | null;
  @Column('jsonb', { nullable: true }) attachment!: object | null;
  @Column('bigint', { nullable: true }) size_bytes!: number | null;
  @Column('jsonb', { nullable: true }) told!: object | null;
  @Column('bigint') position!: number;
  @Column('text', { nullable: true }) worker!: string | null;
  @Column('timestamptz') created_at!: Date;
}
