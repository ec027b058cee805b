import type { MessageBody, MessageContract } from '@virga/contract';
import {
  consoleOutput, ensureDisk, ensureDiskCopied, ensureDiskImage, ensureDiskSize, ensureDiskSwapped, ensureGuest, ensureNic, ensureNoDisk, ensureNoDiskImage, ensureNoGuest, ensureNoNic, ensurePower, uploadDiskImage, type GuestCommand,
} from '@virga/contracts-compute';
import { Fault, hours, minutes, Unavailable, type AttachmentId, type Duration, type PortId, type ServerId } from '@virga/kernel';
import { answer, on, type Answerer, type Delivery, type Handler } from '@virga/messaging';
import type { Logger } from '@virga/observability';
import { Outdated, type Hypervisor } from '@virga/ports';
import type { MetadataNetworks } from '../metadata/index.js';
import type { HostReporter } from '../reports/index.js';
import { diskSwap, guestNic, guestSpec, guestVolume } from './guest-spec.js';
import type { ImageSource } from './image-source.js';

/**
 * The longest that one command may take before it is given up and reported; compute decides whether to send it again.
 *
 * Too low: a big image on a slow link is never fetched. Too high: a hung libvirt holds the guest's later commands so long.
 */
const COMMAND_DEADLINE = minutes(20);
/** The same for one that waits until a volume is copied; the copying does not depend on anybody waiting. */
const COPY_DEADLINE = hours(6);

/**
 * How often a command is tried before its failure is reported. Libvirt and Open vSwitch are back a second after they died; with the
 * bus's pauses, this waits for about five.
 *
 * Too low: what a restart disturbs waits until compute sends it again. Too high: compute learns late that a host is in trouble.
 */
const TRIES = 5;

interface GuestCommandBody {
  id: string;
  generation: number;
}

interface Parts {
  hypervisor: Hypervisor;
  metadata: MetadataNetworks;
  images: ImageSource;
  reporter: HostReporter;
  logger: Logger;
}

/**
 * What compute tells this host to make true.
 *
 * Theory of operation. A command is carried out by the hypervisor driver, which refuses old generations and may be asked
 * again. What cannot be reached right now is tried a few times more, by the bus, which lets later commands pass meanwhile. The
 * outcome is always reported: success by the guest's new state (the driver's reports), failure by `command-failed`. Only then is
 * the message acknowledged, so a command that this process dies in comes again; one that failed does not, because compute, who
 * knows what is still wanted, sends it again itself.
 */
export class GuestCommands {
  constructor(private readonly parts: Parts) {}

  get handlers(): Handler[] {
    const { hypervisor, metadata } = this.parts;
    return [
      this.on(ensureGuest, (command, signal) => this.ensureGuest(command, signal)),
      this.on(ensurePower, async ({ id, generation, power, restart, graceSeconds, guest }, signal) => {
        if (guest !== null) await this.prepare(guest, signal);
        await hypervisor.ensurePower({
          id: id as ServerId, generation, power, ...(restart !== null && { restart }), ...(graceSeconds !== null && { graceSeconds }),
        }, signal);
      }),
      this.on(ensureNoGuest, async ({ id, generation }, signal) => {
        await hypervisor.ensureNoGuest(id as ServerId, generation, signal);
        await metadata.forget(id, signal);
      }),
      this.on(ensureNic, async ({ id, generation, nic }, signal) => {
        await metadata.add(id, nic, signal);
        await hypervisor.ensureNic(id as ServerId, generation, guestNic(nic), signal);
      }),
      this.on(ensureNoNic, ({ id, generation, portId }, signal) => hypervisor.ensureNoNic(id as ServerId, generation, portId as PortId, signal)),
      ...this.diskHandlers(), ...this.imageHandlers(),
    ];
  }

  private diskHandlers(): Handler[] {
    const { hypervisor } = this.parts;
    return [
      this.on(ensureDisk, ({ id, generation, volume }, signal) => hypervisor.ensureDisk(id as ServerId, generation, guestVolume(volume), signal)),
      this.on(ensureNoDisk, ({ id, generation, attachmentId }, signal) => hypervisor.ensureNoDisk(id as ServerId, generation, attachmentId as AttachmentId, signal)),
      this.on(ensureDiskSize, ({ id, generation, attachmentId, sizeBytes }, signal) =>
        hypervisor.ensureDiskSize(id as ServerId, generation, { attachmentId: attachmentId as AttachmentId, sizeBytes }, signal)),
      this.on(ensureDiskCopied, (command, signal) => hypervisor.ensureDiskCopied(command.id as ServerId, command.generation, diskSwap(command), signal), COPY_DEADLINE),
      this.on(ensureDiskSwapped, (command, signal) => hypervisor.ensureDiskSwapped(command.id as ServerId, command.generation, diskSwap(command), signal)),
    ];
  }

  private imageHandlers(): Handler[] {
    const { hypervisor, images } = this.parts;
    return [
      this.on(ensureDiskImage, ({ id, generation, imageId }, signal) => hypervisor.ensureDiskImage(id as ServerId, generation, imageId, signal), COPY_DEADLINE),
      this.on(uploadDiskImage, ({ id, generation, imageId, ticket }, caller) =>
        hypervisor.useDiskImage(id as ServerId, generation, imageId, (image, signal) => images.write({ imageId, ticket }, image, signal), caller), COPY_DEADLINE),
      this.on(ensureNoDiskImage, ({ id, generation, imageId }, signal) => hypervisor.ensureNoDiskImage(id as ServerId, generation, imageId, signal)),
    ];
  }

  get answers(): Answerer[] {
    return [answer(consoleOutput, async ({ id, maxBytes }, { signal }) => ({
      output: await this.parts.hypervisor.consoleOutput(id as ServerId, maxBytes, signal),
    }))];
  }

  private async ensureGuest(command: GuestCommand, signal: AbortSignal): Promise<void> {
    await this.prepare(command, signal);
    await this.parts.hypervisor.ensureGuest(guestSpec(command), signal);
  }

  /** What a guest needs around it before it runs: tickets for its images, and its networks' metadata service. */
  private async prepare(command: GuestCommand, signal: AbortSignal): Promise<void> {
    this.parts.images.remember(command);
    await this.parts.metadata.ensure(command.id, command.nics, signal);
  }

  private on<Contract extends MessageContract>(
    contract: Contract, work: (command: MessageBody<Contract> & GuestCommandBody, signal: AbortSignal) => Promise<void>, deadline: Duration = COMMAND_DEADLINE,
  ): Handler {
    const name = contract.type.replace('compute.agent.', '');
    return on(contract, async (body, delivery) => {
      const command = body as MessageBody<Contract> & GuestCommandBody;
      try {
        await work(command, AbortSignal.timeout(deadline));
        this.parts.logger.info('command carried out', { command: name, id: command.id, generation: command.generation });
      } catch (error) {
        this.failed(name, command, delivery, error);
      }
    });
  }

  /** Throws what the bus is to try again. */
  private failed(name: string, { id, generation }: GuestCommandBody, { earlierTries }: Delivery, error: unknown): void {
    if (error instanceof Outdated) {
      this.parts.logger.info('command outdated', { command: name, id, generation });
      return;
    }
    if (error instanceof Unavailable && earlierTries + 1 < TRIES) throw error;
    this.parts.logger.error('command failed', { command: name, id, generation, error });
    const isFinal = error instanceof Fault && (error.kind === 'invalid' || error.kind === 'not-found');
    const { code, message } = error instanceof Fault ? error : { code: 'agent.failed', message: 'The host could not carry out the command.' };
    this.parts.reporter.commandFailed({ id, generation, command: name, code, message, isFinal });
  }
}
