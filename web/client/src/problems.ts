/** The ways in which a call can fail. */

import type { problems } from './generated/problems';

/** An operation of the API, by its id in the description. */
export type Operation = keyof problems;

/** The codes with which an operation may refuse; without one, those of all. */
export type ProblemCode<O extends Operation = Operation> = problems[O];

/** An error document (RFC 9457), as far as it was one. Some codes come with more members, such as `current`. */
export type Problem = {
  status: number;
  /** One of `ProblemCode`, one that a newer server knows, or `status-…` if a gateway answered with another body. */
  code: string;
  title?: string;
  detail?: string;
  request_id?: string;
  [member: string]: unknown;
};

/** The server answered, and said no. */
export class ProblemError extends Error {
  constructor(
    readonly problem: Problem,
    /** When the server wants to be asked again, if it said so. */
    readonly retryAfterSeconds?: number,
  ) {
    super(problem.code);
  }

  /** Whether the very same request may do better later. */
  get isTransient(): boolean {
    return isTransient(this.problem.status);
  }
}

/** No answer came: there is no network, or it took too long. What was asked for may have happened. */
export class UnreachableError extends Error {}

/** Whether a call failed with one of the codes, all of which the operation must be able to refuse with. */
export function isProblem<O extends Operation = Operation>(
  error: unknown,
  ...codes: ProblemCode<O>[]
): error is ProblemError {
  return error instanceof ProblemError && codes.some((code) => code === error.problem.code);
}

/** Whether the same request, sent again, may get another answer. */
export function isTransient(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

/** Reads what the server said. A gateway may answer with other bodies than the service does. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => null);
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const { title, detail, request_id, code, ...more } = fields;
  const problem: Problem = {
    ...more,
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof detail === 'string' ? { detail } : {}),
    ...(typeof request_id === 'string' ? { request_id } : {}),
    status: response.status,
    code: typeof code === 'string' ? code : `status-${response.status}`,
  };
  return new ProblemError(problem, retryAfterSeconds(response));
}

/** When the server wants to be asked again, if it says so in seconds. */
export function retryAfterSeconds(response: Response): number | undefined {
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
