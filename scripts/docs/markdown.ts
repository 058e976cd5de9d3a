// The few pieces of Markdown that generated pages are made of.

/** A table; cells may hold inline Markdown, and `|` or line ends in them are made harmless. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** Blocks with an empty line between them, ending with a newline. */
export function page(blocks: readonly string[]): string {
  return `${blocks.join('\n\n')}\n`;
}
