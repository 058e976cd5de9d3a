// What a profile is: a store's export declared as data. Which columns it has, by all their spellings, and how each contract column
// is computed from them in DuckDB SQL. A profile never reads a file; `files/` does, with what is declared here.
import type { LineColumn } from '../../model/contract.ts';

/** One column of an export, by all the names that it is known to carry. */
export interface ColumnSpec {
  /** Spellings as they appear in headers, the usual one first. Case, accents and punctuation do not matter. */
  readonly names: readonly string[];
  /** The file is refused without it. */
  readonly isRequired?: boolean;
}

export interface Profile {
  readonly name: string;
  /** What the user would call it. */
  readonly title: string;
  /** Columns of the export by a short key, used in `select` as `{key}`. */
  readonly columns: Readonly<Record<string, ColumnSpec>>;
  /** Keys that tell this export from all others: the profile is recognised when all of them are in the header. */
  readonly recognisedBy: readonly string[];
  /** At least one of each group must be there, besides the required ones. */
  readonly oneOf?: readonly (readonly string[])[];
  /**
   * DuckDB SQL per contract column. `{key}` stands for the cell as text, cleaned, NULL when blank or when the file has no such column.
   * A contract column not listed is NULL. A function is told which columns the file has.
   */
  readonly select: Readonly<Partial<Record<LineColumn, string | ((has: (key: string) => boolean) => string)>>>;
  /** The export does not say which store it is of: `loja` must be given. */
  readonly requiresStore: boolean;
  /** The header may repeat a name; its first occurrence counts. */
  readonly mayRepeatNames?: boolean;
  /** Records that are not orders (summary rows): skipped and counted when the cell of `key` matches. */
  readonly ignoredWhen?: { readonly key: string; readonly matches: RegExp };
}

/** One word of the source -> one of ours, in DuckDB SQL: compared without case and accents; NULL stays NULL, an unknown word stays as it is. */
export function translated(cell: string, words: readonly (readonly [pattern: string, ours: string])[]): string {
  const plain = `strip_accents(lower(${cell}))`;
  return `CASE ${words.map(([pattern, ours]) => `WHEN regexp_full_match(${plain}, '${pattern}') THEN '${ours}'`).join(' ')} ELSE ${cell} END`;
}

/** Contract columns that tell where an order goes: a source with none of them has no addresses at all. */
export const ADDRESS_COLUMNS = ['cep', 'cidade', 'uf'] as const satisfies readonly LineColumn[];
