// The difference between two texts, line by line, for people to read.

/** Changed lines with `-` and `+`, each run headed by its line number in `before`; empty when equal. Quadratic only in the part that differs. */
export function lineDiff(before: string, after: string): string {
  const old = before.split('\n');
  const now = after.split('\n');
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail++;
  return changes(old.slice(head, old.length - tail), now.slice(head, now.length - tail), head + 1).join('\n');
}

function changes(old: readonly string[], now: readonly string[], firstLine: number): string[] {
  // common[i][j]: length of the longest common subsequence of old[i..] and now[j..]
  const common = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const row = common[i] as Uint32Array;
      row[j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let isInRun = false;
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      isInRun = false;
      i++;
      j++;
      continue;
    }
    if (!isInRun) lines.push(`@@ line ${firstLine + i}`);
    isInRun = true;
    if (j >= now.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`- ${old[i++]}`);
    else lines.push(`+ ${now[j++]}`);
  }
  return lines;
}
