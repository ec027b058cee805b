import { openPassphrase, VOLUME_KEY_HEADERS, volumeKeyPath, volumeKeySignature } from '@virga/contracts-block-storage';
import { seconds, type Clock } from '@virga/kernel';
import { DriverUnavailable, Refused, type VolumeKey } from '@virga/ports';

/** Too low: a busy service is taken for a dead one. Too high: a command waits for so long before it is given back. */
const ANSWER_WITHIN = seconds(15);

export interface VolumeKeySourceOptions {
  /** The block storage service. */
  url: string;
  host: string;
  /** This host's own key, by which the service knows it. */
  hostKey: string;
  clock: Clock;
}

/** Asks block storage for passphrases, in this host's name; keeps none of them. */
export class VolumeKeySource {
  constructor(private readonly options: VolumeKeySourceOptions) {}

  /** Undefined for no id. `Refused` where this host may not have the key, or there is none; `DriverUnavailable` where nobody answers. */
  async get(keyId: string | null, signal: AbortSignal): Promise<VolumeKey | undefined> {
    if (keyId === null) return undefined;
    const { url, host, hostKey, clock } = this.options;
    const request = { host, keyId, time: clock.now() };
    const headers = {
      [VOLUME_KEY_HEADERS.host]: host, [VOLUME_KEY_HEADERS.time]: String(request.time), [VOLUME_KEY_HEADERS.signature]: volumeKeySignature(hostKey, request),
    };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN)]);
    try {
      const answer = await fetch(`${url}${volumeKeyPath(keyId)}`, { headers, signal: limit });
      if (answer.status === 404) throw new Refused('volume-keys', `there is no key ${keyId} for this host`);
      if (answer.status !== 200) throw new Error(`block storage answered ${answer.status}`);
      const { sealed } = await answer.json() as { sealed?: unknown };
      return { id: keyId, passphrase: openPassphrase(hostKey, request, String(sealed)) };
    } catch (cause) {
      signal.throwIfAborted();
      throw cause instanceof Refused ? cause : new DriverUnavailable('volume-keys', { cause });
    }
  }
}
