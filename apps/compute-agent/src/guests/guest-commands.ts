import {
  consoleOutput, ensureDisk, ensureDiskCopied, ensureDiskImage, ensureDiskSize, ensureDiskSwapped, ensureGuest, ensureNic, ensureNoDisk, ensureNoDiskImage, ensureNoGuest, ensureNoNic, ensurePower, uploadDiskImage, type GuestCommand,
} from '@virga/contracts-compute';
import { Fault, hours, minutes, type AttachmentId, type PortId, type ServerId } from '@virga/kernel';
import { answer, on, type Answerer, type Handler } from '@virga/messaging';
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
 * again. Its outcome is always reported: success by the guest's new state (the driver's reports), failure by
 * `command-failed`. Only then is the message acknowledged, so a command that this process dies in comes again; one that
 * failed does not, because compute, who knows what is still wanted, sends it again itself.
 */
export class GuestCommands {
  constructor(private readonly parts: Parts) {}

  get handlers(): Handler[] {
    const { hypervisor, metadata } = this.parts;
    return [
      on(ensureGuest, (command) => this.carryOut('ensure-guest', command, (signal) => this.ensureGuest(command, signal))),
      on(ensurePower, (command) => this.carryOut('ensure-power', command, async (signal) => {
        const { id, generation, power, restart, graceSeconds } = command;
        if (command.guest !== null) await this.prepare(command.guest, signal);
        await hypervisor.ensurePower({
          id: id as ServerId, generation, power, ...(restart !== null && { restart }), ...(graceSeconds !== null && { graceSeconds }),
        }, signal);
      })),
      on(ensureNoGuest, (command) => this.carryOut('ensure-no-guest', command, async (signal) => {
        await hypervisor.ensureNoGuest(command.id as ServerId, command.generation, signal);
        await metadata.forget(command.id, signal);
      })),
      on(ensureNic, (command) => this.carryOut('ensure-nic', command, async (signal) => {
        await metadata.add(command.id, command.nic, signal);
        await hypervisor.ensureNic(command.id as ServerId, command.generation, guestNic(command.nic), signal);
      })),
      on(ensureNoNic, (command) => this.carryOut('ensure-no-nic', command, (signal) =>
        hypervisor.ensureNoNic(command.id as ServerId, command.generation, command.portId as PortId, signal))),
      ...this.diskHandlers(), ...this.imageHandlers(),
    ];
  }

  private diskHandlers(): Handler[] {
    const { hypervisor } = this.parts;
    return [
      on(ensureDisk, (command) => this.carryOut('ensure-disk', command, (signal) =>
        hypervisor.ensureDisk(command.id as ServerId, command.generation, guestVolume(command.volume), signal))),
      on(ensureNoDisk, (command) => this.carryOut('ensure-no-disk', command, (signal) =>
        hypervisor.ensureNoDisk(command.id as ServerId, command.generation, command.attachmentId as AttachmentId, signal))),
      on(ensureDiskSize, (command) => this.carryOut('ensure-disk-size', command, (signal) => {
        const { id, generation, attachmentId, sizeBytes } = command;
        return hypervisor.ensureDiskSize(id as ServerId, generation, { attachmentId: attachmentId as AttachmentId, sizeBytes }, signal);
      })),
      on(ensureDiskCopied, (command) => this.carryOut('ensure-disk-copied', command, (signal) =>
        hypervisor.ensureDiskCopied(command.id as ServerId, command.generation, diskSwap(command), signal), COPY_DEADLINE)),
      on(ensureDiskSwapped, (command) => this.carryOut('ensure-disk-swapped', command, (signal) =>
        hypervisor.ensureDiskSwapped(command.id as ServerId, command.generation, diskSwap(command), signal))),
    ];
  }

  private imageHandlers(): Handler[] {
    const { hypervisor, images } = this.parts;
    return [
      on(ensureDiskImage, (command) => this.carryOut('ensure-disk-image', command, (signal) =>
        hypervisor.ensureDiskImage(command.id as ServerId, command.generation, command.imageId, signal), COPY_DEADLINE)),
      on(uploadDiskImage, ({ imageId, ticket, ...command }) => this.carryOut('upload-disk-image', command, (caller) =>
        hypervisor.useDiskImage(command.id as ServerId, command.generation, imageId, (image, signal) => images.write({ imageId, ticket }, image, signal), caller), COPY_DEADLINE)),
      on(ensureNoDiskImage, (command) => this.carryOut('ensure-no-disk-image', command, (signal) =>
        hypervisor.ensureNoDiskImage(command.id as ServerId, command.generation, command.imageId, signal))),
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

  private async carryOut(name: string, command: { id: string; generation: number }, work: (signal: AbortSignal) => Promise<void>, deadline = COMMAND_DEADLINE): Promise<void> {
    const { id, generation } = command;
    try {
      await work(AbortSignal.timeout(deadline));
      this.parts.logger.info('command carried out', { command: name, id, generation });
    } catch (error) {
      this.failed(name, command, error);
    }
  }

  private failed(name: string, { id, generation }: { id: string; generation: number }, error: unknown): void {
    if (error instanceof Outdated) {
      this.parts.logger.info('command outdated', { command: name, id, generation });
      return;
    }
    this.parts.logger.error('command failed', { command: name, id, generation, error });
    const isFinal = error instanceof Fault && (error.kind === 'invalid' || error.kind === 'not-found');
    const { code, message } = error instanceof Fault ? error : { code: 'agent.failed', message: 'The host could not carry out the command.' };
    this.parts.reporter.commandFailed({ id, generation, command: name, code, message, isFinal });
  }
}
