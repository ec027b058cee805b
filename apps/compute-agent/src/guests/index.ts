export { GuestCommands } from './guest-commands.js';
export { guestSpec, guestNic, guestVolume } from './guest-spec.js';
export { ImageSource } from './image-source.js';
