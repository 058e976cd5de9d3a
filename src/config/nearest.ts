// The name somebody probably meant. It never guesses on its own: it only fills a "did you mean" line.

/**
 * The candidate at the smallest edit distance, if it is close enough to be a slip of the fingers: at most half of the shorter word differs.
 * Where just half of it does (XP: AP, SP), only a candidate without a rival is suggested.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(name.length / 3));
  const measured = candidates.map((candidate) => {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    return { candidate, distance, half: Math.min(name.length, candidate.length) / 2 };
  });
  const near = measured.filter(({ distance, half }) => distance <= limit && distance <= half);
  const least = Math.min(...near.map(({ distance }) => distance));
  const [best, rival] = near.filter(({ distance }) => distance === least);
  return best === undefined || (best.distance === best.half && rival !== undefined) ? undefined : best.candidate;
}

/** Levenshtein distance: insertions, deletions and replacements each cost 1. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
