import { Module, type DynamicModule } from '@nestjs/common';
import type { ListenAddress } from '@virga/http';
import { BlobsModule } from '../blobs/index.js';
import { OperatorServer, OPERATORS } from './operator-server.js';

@Module({})
export class OperatorsModule {
  static forRoot(listen: ListenAddress | undefined): DynamicModule {
    return { module: OperatorsModule, imports: [BlobsModule], providers: [{ provide: OPERATORS, useValue: listen }, OperatorServer], exports: [OperatorServer] };
  }
}
