// Takes secrets out of text that people or logs will see. It never decides what is personal data: such data must not get here at all.

const MASK = '***';

/** Masks the password of every URL in a text, in the user part and in `password=` parameters. */
export function redactUrls(text: string): string {
  return text
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*):[^\s/?#]*@/gi, `$1:${MASK}@`)
    .replaceAll(/\b(password|sslpassword|token|secret)=[^\s&]+/gi, `$1=${MASK}`);
}
