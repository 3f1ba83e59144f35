/** kubectl could not be run, or could not do what it was asked for; the message is for the person who typed the command. */
export class KubectlError extends Error {}
