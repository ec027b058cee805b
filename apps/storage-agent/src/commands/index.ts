export { CommandRunner } from './command-runner.js';
export { VolumeCommands } from './volume-commands.js';
export { TaskCommands } from './task-commands.js';
