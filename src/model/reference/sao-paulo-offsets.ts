// The UTC offsets of America/Sao_Paulo since 1995, as one table that every engine reads, so that all of them agree on
// local days. Never asks the machine's own time zone data. Generated from the IANA tz database (2026); the test beside
// this file compares it with the ICU data inside Node.

/** From this instant (UTC, ISO 8601) on, local time is UTC plus this many minutes. */
export type OffsetTransition = readonly [utcInstant: string, offsetMinutes: number];

/** Ascending; the first row says what held at the start of 1995, the last row holds until further notice (Decreto 9.772/2019 ended summer time). */
export const SAO_PAULO_OFFSETS: readonly OffsetTransition[] = [
  ['1995-01-01T00:00:00Z', -120],
  ['1995-02-19T02:00:00Z', -180],
  ['1995-10-15T03:00:00Z', -120],
  ['1996-02-11T02:00:00Z', -180],
  ['1996-10-06T03:00:00Z', -120],
  ['1997-02-16T02:00:00Z', -180],
  ['1997-10-06T03:00:00Z', -120],
  ['1998-03-01T02:00:00Z', -180],
  ['1998-10-11T03:00:00Z', -120],
  ['1999-02-21T02:00:00Z', -180],
  ['1999-10-03T03:00:00Z', -120],
  ['2000-02-27T02:00:00Z', -180],
  ['2000-10-08T03:00:00Z', -120],
  ['2001-02-18T02:00:00Z', -180],
  ['2001-10-14T03:00:00Z', -120],
  ['2002-02-17T02:00:00Z', -180],
  ['2002-11-03T03:00:00Z', -120],
  ['2003-02-16T02:00:00Z', -180],
  ['2003-10-19T03:00:00Z', -120],
  ['2004-02-15T02:00:00Z', -180],
  ['2004-11-02T03:00:00Z', -120],
  ['2005-02-20T02:00:00Z', -180],
  ['2005-10-16T03:00:00Z', -120],
  ['2006-02-19T02:00:00Z', -180],
  ['2006-11-05T03:00:00Z', -120],
  ['2007-02-25T02:00:00Z', -180],
  ['2007-10-14T03:00:00Z', -120],
  ['2008-02-17T02:00:00Z', -180],
  ['2008-10-19T03:00:00Z', -120],
  ['2009-02-15T02:00:00Z', -180],
  ['2009-10-18T03:00:00Z', -120],
  ['2010-02-21T02:00:00Z', -180],
  ['2010-10-17T03:00:00Z', -120],
  ['2011-02-20T02:00:00Z', -180],
  ['2011-10-16T03:00:00Z', -120],
  ['2012-02-26T02:00:00Z', -180],
  ['2012-10-21T03:00:00Z', -120],
  ['2013-02-17T02:00:00Z', -180],
  ['2013-10-20T03:00:00Z', -120],
  ['2014-02-16T02:00:00Z', -180],
  ['2014-10-19T03:00:00Z', -120],
  ['2015-02-22T02:00:00Z', -180],
  ['2015-10-18T03:00:00Z', -120],
  ['2016-02-21T02:00:00Z', -180],
  ['2016-10-16T03:00:00Z', -120],
  ['2017-02-19T02:00:00Z', -180],
  ['2017-10-15T03:00:00Z', -120],
  ['2018-02-18T02:00:00Z', -180],
  ['2018-11-04T03:00:00Z', -120],
  ['2019-02-17T02:00:00Z', -180],
];

const transitions = SAO_PAULO_OFFSETS.map(([utcInstant, offsetMinutes]) => ({
  fromMs: Date.parse(utcInstant),
  offsetMinutes,
}));

/** Minutes to add to UTC for local time at an instant (milliseconds since 1970); instants before 1995 get the offset of 1995-01-01. */
export function saoPauloOffsetMinutes(instantMs: number): number {
  const found = transitions.findLast((transition) => transition.fromMs <= instantMs) ?? transitions[0];
  return found?.offsetMinutes ?? -180;
}
