/** A step that could not be done: what happened, and what the reader can do about it. */
export class StepFailed extends Error {
  constructor(why, remedy, options) {
    super(why, options);
    this.name = 'StepFailed';
    this.remedy = remedy;
  }
}

const terminal = process.stdout.isTTY === true;
const paint = (code, text) => (terminal ? `\u001b[${code}m${text}\u001b[0m` : text);
const elapsed = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`.padStart(8);

/**
 * Runs one step and prints its name, its time and, where `work` answers a text, what it did.
 * A failure is printed at once with its reason, and thrown on with `reported` set.
 */
export async function step(name, work) {
  const since = performance.now();
  try {
    const note = await work();
    const remark = typeof note === 'string' ? paint(2, `  ${note}`) : '';
    console.log(`${paint(32, '✓')} ${elapsed(since)}  ${name}${remark}`);
  } catch (error) {
    if (error.reported !== true) explainFailure(name, since, error);
    error.reported = true;
    throw error;
  }
}

/** Runs steps side by side and fails, after all have ended, with the first failure. */
export async function together(...steps) {
  const outcomes = await Promise.allSettled(steps);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function explainFailure(name, since, error) {
  console.error(`${paint(31, '✗')} ${elapsed(since)}  ${name}`);
  console.error(`  why:         ${indented(error instanceof StepFailed ? error.message : (error.stack ?? String(error)))}`);
  console.error(`  what to do:  ${indented(error.remedy ?? 'This is a defect of the setup: please report it with the lines above.')}`);
}

const indented = (text) => text.trim().split('\n').join('\n               ');
