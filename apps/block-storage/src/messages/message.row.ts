import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('message')
export class MessageRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') project_id!: string;
  @Column('text') request_id!: string;
  @Column('text') resource_type!: string;
  @Column('uuid', { nullable: true }) resource_uuid!: string | null;
  @Column('text') event_id!: string;
  @Column('text') level!: string;
  @Column('text') text!: string;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz') expires_at!: Date;
}
