/** The error of a command that was called the wrong way. The command line prints the command's usage below it. */
export class WrongCall extends Error {}
