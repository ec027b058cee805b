import { Module, type DynamicModule } from '@nestjs/common';
import { AccessKeys, type KnownAccessKey } from '@virga/identity-client';
import { personaAuthentication, personas, type Persona } from '@virga/testing';

/** The access key of a persona: its name, and a secret that everybody knows. */
export function personaKey(persona: Persona): { accessKeyId: string; secretAccessKey: string } {
  return { accessKeyId: persona, secretAccessKey: `secret of ${persona}` };
}

class PersonaKeys {
  async find(access: string, requestId: string): Promise<KnownAccessKey | undefined> {
    const caller = Object.entries(personas).find(([name]) => name === access)?.[1];
    return caller && { secret: Buffer.from(personaKey(access as Persona).secretAccessKey), caller: { ...caller, token: '', requestId } };
  }
}

@Module({})
class PersonaKeysModule {}

/** What `IdentityModule` provides, for the personas of libs/testing: tokens that are their names (or what `tokens` takes), and their access keys. */
export function personaIdentity(tokens: DynamicModule = personaAuthentication): DynamicModule {
  return {
    module: PersonaKeysModule, global: true, imports: [tokens],
    providers: [{ provide: AccessKeys, useClass: PersonaKeys }], exports: [AccessKeys],
  };
}
