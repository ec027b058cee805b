import { Conflict, Forbidden, NotFound } from '@virga/kernel';

export type MemberStatus = 'pending' | 'accepted' | 'rejected';

/** A project that an image is shared with. */
export interface Member {
  imageId: string;
  memberId: string;
  status: MemberStatus;
  createdAt: Date;
  updatedAt: Date;
}

export class MemberExists extends Conflict {
  constructor(imageId: string, memberId: string) {
    super('image.member.exists', `Member ${memberId} is already associated with image ${imageId}.`);
  }
}

export class MemberNotFound extends NotFound {
  constructor(imageId: string, memberId: string) {
    super('image.member.not-found', `${memberId.slice(0, 80)} is not a member of image ${imageId}.`);
  }
}

export class NotShared extends Forbidden {
  constructor() {
    super('image.not-shared', 'Only images whose visibility is shared have members.');
  }
}
