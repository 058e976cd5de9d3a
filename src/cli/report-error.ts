// How an error looks: three lines a person can act on, or one line of JSON for a program. A bug shows its stack and asks for a report.
import { EsteiraError } from '../lib/errors.ts';
import { redactUrls } from '../lib/redact.ts';
import { harmless } from '../lib/harmless.ts';
import { version } from '../lib/version.ts';

/** Prints an error on stderr. */
export function reportError(error: unknown, asJson: boolean): void {
  if (error instanceof EsteiraError) {
    if (asJson) {
      process.stderr.write(
        `${JSON.stringify({ error: error.code, what: error.what, why: redactUrls(error.why), fix: error.fix, retryable: error.retryable })}\n`,
      );
      return;
    }
    const bold = process.stderr.isTTY && !process.env['NO_COLOR'] ? ['\u001b[1m', '\u001b[0m'] : ['', ''];
    process.stderr.write(
      `${bold[0]}${error.code}${bold[1]}  ${harmless(`${error.what}\n  Why: ${redactUrls(error.why)}\n  Fix: ${error.fix}`)}\n`,
    );
    return;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `BUG  Esteira ${version} made a mistake: this is our fault, not yours.\n${harmless(redactUrls(stack))}\n  Fix: report it with the lines above; nothing half-done was left in the warehouse.\n`,
  );
}
