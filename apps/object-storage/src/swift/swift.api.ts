import { Injectable } from '@nestjs/common';
import { NotFound } from '@virga/kernel';
import type { FrontReply, FrontRequest, ObjectApi } from '../front/index.js';

/** Stands here until Swift's own is merged. */
@Injectable()
export class SwiftApi implements ObjectApi {
  async answer(request: FrontRequest): Promise<FrontReply> {
    throw new NotFound('object-storage.swift.missing', `Nothing answers ${request.rawPath} yet.`);
  }

  fault(): FrontReply {
    return { status: 404, headers: {} };
  }
}
