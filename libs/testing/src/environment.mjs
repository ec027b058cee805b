import { TestEnvironment } from 'jest-environment-node';

// Jest gives a worker half a second to end after its last test. One that has nothing left to do needs longer than that on a busy machine,
// because it gives back a heap full of modules piece by piece, and is then taken for one that leaks: so it ends at once. What a suite
// really left open still keeps it from coming here, and is still reported.
if (process.send !== undefined) process.once('beforeExit', () => process.exit());

/** Node's environment, in a process that ends when it is done. */
export default TestEnvironment;
