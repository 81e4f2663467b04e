/** The three ways in which a call can fail. */

/** An error document (RFC 9457), as far as it was one. */
export type Problem = {
  status: number;
  code: string;
  title?: string;
  detail?: string;
  request_id?: string;
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
    return this.problem.status >= 500 || this.problem.status === 429 || this.problem.status === 408;
  }
}

/** No answer came: there is no network, or it took too long. What was asked for may have happened. */
export class UnreachableError extends Error {}

/** The server does not know (any more) who calls. */
export class SignInNeededError extends Error {}

/** Reads what the server said. A gateway may answer with other bodies than the service does. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => null);
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (name: string) => (typeof fields[name] === 'string' ? { [name]: fields[name] } : {});
  const problem: Problem = {
    ...text('title'),
    ...text('detail'),
    ...text('request_id'),
    status: response.status,
    code: typeof fields.code === 'string' ? fields.code : `status-${response.status}`,
  };
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return new ProblemError(problem, Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined);
}
