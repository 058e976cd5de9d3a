// Says which columns of a file in our own form were not used: a misspelt one would lose money without a word. It changes nothing.
import { nearest } from '../config/nearest.ts';
import { LINE_COLUMNS } from '../model/contract.ts';
import type { StagedFile } from '../sources/files/index.ts';

/** Names that are told; a file with more is another kind of file. */
const MOST_NAMED = 8;

/** A warning, or none. Exports of other programs have columns of no meaning here: only those of our own form are looked at. */
export function unusedColumns({
  profile,
  extraColumns,
  header,
}: Pick<StagedFile, 'profile' | 'extraColumns' | 'header'>): string[] {
  if (profile !== 'esteira' || extraColumns.length === 0) return [];
  const written = new Set(
    (header ?? '')
      .toLowerCase()
      .split(/[,;\t|]/)
      .map((name) => name.replaceAll('"', '').trim()),
  );
  const absent = LINE_COLUMNS.filter((name) => !written.has(name));
  const named = extraColumns.slice(0, MOST_NAMED).map((name) => {
    const meant = nearest(name, absent);
    return meant === undefined ? name : `${name} (did you mean ${meant}?)`;
  });
  const more = extraColumns.length > MOST_NAMED ? ` and ${extraColumns.length - MOST_NAMED} more` : '';
  const verb = extraColumns.length === 1 ? 'this column is' : 'these columns are';
  return [`${verb} not used: ${named.join(', ')}${more}`];
}
