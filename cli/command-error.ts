/** What ends a command with exit code 1: a message for its user, without a stack. */
export class CommandError extends Error {}
