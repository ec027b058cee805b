import { copyVolume as copyVolumeCommand, removeBackup as removeBackupCommand, restoreBackup as restoreBackupCommand, uploadVolume as uploadVolumeCommand, writeBackup } from '@virga/contracts-block-storage';
import { on, type Delivery, type Handler } from '@virga/messaging';
import type { Backends } from '../backends/index.js';
import { BackupWriter, placeOf, removeBackup, restoreBackup } from '../backups/index.js';
import { copyVolume, type SourceDisks } from '../copies/index.js';
import { uploadVolume, type ImageService } from '../images/index.js';
import type { VolumeKeySource } from '../keys/index.js';
import type { DurableDirectory, TaskCommand, Tasks, TaskWork } from '../tasks/index.js';
import type { CommandRunner } from './command-runner.js';

interface Parts {
  backends: Backends;
  keys: VolumeKeySource;
  images: ImageService;
  tasks: Tasks;
  directory: DurableDirectory;
  runner: CommandRunner;
  /** Where backups are that go to no object store. */
  backupDirectory: string;
  /** Volumes of other backends. */
  sources: SourceDisks;
}

/** The long work that block storage asks for. */
export class TaskCommands {
  constructor(private readonly parts: Parts) {}

  get handlers(): Handler[] {
    const { backends, keys, images, directory, sources } = this.parts;
    const place = (where: Parameters<typeof placeOf>[0]) => placeOf(where, this.parts.backupDirectory);
    return [
      on(uploadVolumeCommand, (command, delivery) => this.start(uploadVolumeCommand.type, command, delivery, async (context) =>
        uploadVolume(backends.get(command.backend), images, { ...command, key: await keys.get(command.keyId, context.signal) }, context))),
      on(writeBackup, (command, delivery) => this.start(writeBackup.type, command, delivery, async (context) =>
        new BackupWriter(backends.get(command.backend), directory)
          .write({ ...command, place: place(command.place), key: await keys.get(command.keyId, context.signal) }, context))),
      on(restoreBackupCommand, (command, delivery) => this.start(restoreBackupCommand.type, command, delivery, async (context) => restoreBackup(backends.get(command.backend), {
        ...command, key: await keys.get(command.keyId, context.signal), keyOf: (keyId, signal) => keys.get(keyId, signal),
        chain: command.chain.map((link) => ({ backupId: link.backupId, place: place(link.place) })),
      }, context))),
      on(removeBackupCommand, (command, delivery) => this.start(removeBackupCommand.type, command, delivery, (context) => removeBackup(place(command.place), context))),
      on(copyVolumeCommand, (command, delivery) => this.start(copyVolumeCommand.type, command, delivery, async (context) =>
        copyVolume(backends.get(command.backend), sources, { ...command, key: await keys.get(command.keyId, context.signal) }, context))),
    ];
  }

  private start(name: string, command: TaskCommand, delivery: Delivery, work: TaskWork): Promise<void> {
    const { backend, taskId, generation } = command;
    return this.parts.runner.run(name, { backend, id: taskId, generation }, delivery, () => this.parts.tasks.start(name, { backend, taskId, generation }, work));
  }
}
