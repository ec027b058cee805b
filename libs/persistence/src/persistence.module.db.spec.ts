import 'reflect-metadata';
import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createDatabase } from '@virga/testing';
import { Database, PersistenceModule } from './index.js';

@Injectable()
class Notes {
  constructor(@Inject(Database) private readonly db: Database) {}

  write(text: string): Promise<{ text: string }[]> {
    return this.db.transaction((tx) => tx.sql`INSERT INTO note (text) VALUES (${text}) RETURNING text`);
  }
}

it('gives a service its migrated database by its class, and closes it at the end', async () => {
  const made = await createDatabase({ schema: 'notes', migrations: [] });
  const options = {
    url: made.url, schema: 'notes', applicationName: 'notes', rows: [],
    migrations: [{ name: '0001-create-note', up: 'CREATE TABLE note (text text NOT NULL)' }],
  };
  @Module({ imports: [PersistenceModule.forRoot(options)], providers: [Notes] })
  class Service {}

  const service = await NestFactory.createApplicationContext(Service, { logger: false });
  expect(await service.get(Notes).write('hello')).toEqual([{ text: 'hello' }]);

  await service.close();
  await expect(service.get(Notes).write('late')).rejects.toMatchObject({ code: 'database.unavailable' });
  await made.drop();
});
