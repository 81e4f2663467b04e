/** The ways in which a call can fail. */

export { type Problem, ProblemError, problemOf, UnreachableError } from 'scrip-client/problems';

/** The server does not know (any more) who calls. */
export class SignInNeededError extends Error {}
