// Instants as people here read them. JSON and logs keep UTC.
import { formatTimestamp } from '../../pipeline/format/number-formats.ts';

// the Swedish locale writes times as ISO 8601
const SAO_PAULO = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'America/Sao_Paulo',
  dateStyle: 'short',
  timeStyle: 'medium',
});

/** `23/11/2026 20:11`, in São Paulo. */
export function localTime(instant: Date): string {
  return formatTimestamp(SAO_PAULO.format(instant).replace(' ', 'T'));
}
