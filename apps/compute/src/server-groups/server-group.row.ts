import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('server_group')
export class ServerGroupRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') project_id!: string;
  @Column('text') user_id!: string;
  @Column('text') name!: string;
  @Column('text') policy!: string;
  @Column('integer', { nullable: true }) max_server_per_host!: number | null;
  @Column('timestamptz') created_at!: Date;
}
