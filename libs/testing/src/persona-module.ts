import { Module } from '@nestjs/common';
import { Authenticator } from '@virga/http';
import { PersonaAuthenticator } from './personas.js';

/** Lets personas in by name: the authentication of a service under test. */
@Module({ providers: [{ provide: Authenticator, useClass: PersonaAuthenticator }], exports: [Authenticator] })
class PersonaAuthentication {}

export const personaAuthentication = { module: PersonaAuthentication, global: true };
