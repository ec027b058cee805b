import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('image_member')
export class MemberRow {
  @PrimaryColumn('text') image_id!: string;
  @PrimaryColumn('text') member_id!: string;
  @Column('text') status!: string;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz') updated_at!: Date;
}
