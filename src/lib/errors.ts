// The one error class for things that are wrong outside our code: the environment, a setting, a file that must be refused.
// Bad orders are never errors (they are quarantined values), and anything that is not an EsteiraError is a bug.

/** Process exit status an error leads to. 1 bug, 2 usage or configuration, 3 a service is down, 4 data refused, 99 nothing to do, 130 Ctrl-C. */
export type ExitCode = 1 | 2 | 3 | 4 | 99 | 130;

/** What is fixed about an error code, wherever it is raised. `docs/errors.md` is generated from these. */
export interface ErrorKind {
  readonly exit: ExitCode;
  /** True when the same call may succeed later with nothing changed by the user. */
  readonly retryable: boolean;
  /** One sentence: when this code appears. */
  readonly meaning: string;
}

/** The three lines a user reads, and the error underneath. Never put personal data or secrets in them. */
export interface ErrorText {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  readonly cause?: unknown;
}

/** A failure that the user or the operator can do something about. */
export class EsteiraError extends Error {
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  readonly exit: ExitCode;
  readonly retryable: boolean;

  constructor(code: string, kind: ErrorKind, text: ErrorText) {
    super(`${code}: ${text.what}`, text.cause === undefined ? undefined : { cause: text.cause });
    this.name = 'EsteiraError';
    this.code = code;
    this.what = text.what;
    this.why = text.why;
    this.fix = text.fix;
    this.exit = kind.exit;
    this.retryable = kind.retryable;
  }
}

/** The message of anything that was thrown, for use inside a `why` line. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
