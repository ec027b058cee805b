import { Module } from '@nestjs/common';
import { PasswordHasher } from './password-hasher.js';
import { PasswordsRepository } from './passwords.repository.js';

@Module({ providers: [PasswordHasher, PasswordsRepository], exports: [PasswordHasher, PasswordsRepository] })
export class PasswordsModule {}
