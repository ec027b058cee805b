import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('attachment')
export class AttachmentRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') volume_id!: string;
  @Column('text') project_id!: string;
  @Column('text') user_id!: string;
  @Column('uuid', { nullable: true }) server_id!: string | null;
  @Column('text') owner!: string;
  @Column('text') state!: string;
  @Column('boolean') is_leaving!: boolean;
  @Column('text', { nullable: true }) host!: string | null;
  @Column('text', { nullable: true }) hostname!: string | null;
  @Column('text', { nullable: true }) mountpoint!: string | null;
  @Column('text') mode!: string;
  @Column('jsonb', { nullable: true }) connector!: object | null;
  @Column('jsonb', { nullable: true }) address!: object | null;
  @Column('text', { nullable: true }) backend!: string | null;
  @Column('integer') generation!: number;
  @Column('integer') revision!: number;
  @Column('jsonb', { nullable: true }) fault!: object | null;
  @Column('timestamptz', { nullable: true }) attached_at!: Date | null;
  @Column('timestamptz', { nullable: true }) detached_at!: Date | null;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
}
